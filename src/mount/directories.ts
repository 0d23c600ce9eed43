/** The directories that a disk is told about, checked before anything happens to them. */
import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { errorCode, messageOf } from './mount-errors.ts';
import { mountAt } from './mount-table.ts';
import { Refusal } from './refusal.ts';

export const controlSocketName = 'control.sock';

/** Makes the work folder, readable by its owner only. An earlier one is taken when it is ours; others are refused. */
export function prepareWorkDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const stat = lstatSync(directory);
  if (!stat.isDirectory()) throw new Refusal(`the work folder ${directory} is not a directory`);
  if (stat.uid !== process.getuid?.())
    throw new Refusal(`the work folder ${directory} belongs to another user`);
  if ((stat.mode & 0o077) === 0) return;
  if (readdirSync(directory).length > 0) {
    throw new Refusal(`the work folder ${directory} is open to other users: run "chmod 700 ${directory}"`);
  }
  chmodSync(directory, 0o700);
}

/** Throws a refusal unless `directory` can be mounted over without hiding anything. */
export async function checkMountPoint(directory: string, content: 'empty' | 'any' = 'empty'): Promise<void> {
  if (mountAt(directory) !== undefined) throw new Refusal(`${directory} is a mount already: umount it first`);
  if ((await entriesOf(directory)).length > 0 && content === 'empty') {
    throw new Refusal(`${directory} is not empty: mount on an empty directory, a mount would hide its files`);
  }
}

/** Makes the directory if need be, and throws a refusal unless it is empty and outside the mount. Returns its real path. */
export async function prepareExportDirectory(directory: string, mountPoint: string): Promise<string> {
  refuseInside(directory, mountPoint);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Refusal(`cannot make ${directory}: ${messageOf(error)}`);
  }
  const real = await realpath(directory);
  refuseInside(real, mountPoint);
  if ((await entriesOf(real)).length > 0)
    throw new Refusal(`${directory} is not empty: name an empty directory`);
  return real;
}

/** Throws a refusal unless it is a directory. Returns its real path. */
export async function checkImportDirectory(directory: string): Promise<string> {
  const found = await stat(directory).catch(() => undefined);
  if (found === undefined) throw new Refusal(`${directory} does not exist`);
  if (!found.isDirectory()) throw new Refusal(`${directory} is not a directory`);
  return realpath(directory);
}

/** The thread that serves the mount would wait for its own answer. */
function refuseInside(directory: string, mountPoint: string): void {
  if (directory === mountPoint || directory.startsWith(mountPoint + sep)) {
    throw new Refusal(`${directory} lies on the disk itself: name a directory outside ${mountPoint}`);
  }
}

async function entriesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') throw new Refusal(`${directory} does not exist: create it first`);
    if (code === 'ENOTDIR') throw new Refusal(`${directory} is not a directory`);
    throw new Refusal(`${directory} cannot be read: ${messageOf(error)}`);
  }
}
