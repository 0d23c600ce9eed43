/**
 * Loop devices of dead runs. A loop device belongs to the whole computer and no namespace takes it along; powercut's detach
 * themselves with their last user, but one that was killed between two system calls may have left one that was never used. They
 * are told by the name of the file behind them, which is that of a work directory (device/file-system-disk.ts). Where a run lives
 * that cannot be seen from here (another container), nothing is lost: the kernel keeps a device that is in use.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './alive.ts';
import { searchPath } from './tools.ts';
import { aliveSocket, bases } from './work-directory.ts';

/** The kernel gives the path, or what is left of it when its mount is gone. */
const deviceFile = /(?:^|\/)(powercut-[0-9a-f]{12})\.\d+(?: \(deleted\))?$/;

/** The work directory's name that a loop device's file tells of. */
export function runOf(backingFile: string): string | undefined {
  return deviceFile.exec(backingFile.trim())?.[1];
}

/** Never rejects; what cannot be detached stays for the next start. Returns the devices that were. */
export async function detachDeadLoops(): Promise<readonly string[]> {
  if (process.getuid?.() !== 0) return [];
  const detached: string[] = [];
  for (const name of loopDevices()) {
    const run = runOf(backingFileOf(name));
    if (run === undefined || (await isRunning(run))) continue;
    const { status } = spawnSync('losetup', ['--detach', `/dev/${name}`], {
      cwd: '/',
      stdio: 'ignore',
      env: { PATH: searchPath() },
    });
    if (status === 0) detached.push(name);
  }
  return detached;
}

function loopDevices(): string[] {
  try {
    return readdirSync('/sys/block').filter((name) => name.startsWith('loop'));
  } catch {
    return [];
  }
}

function backingFileOf(name: string): string {
  const file = `/sys/block/${name}/loop/backing_file`;
  try {
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  }
}

async function isRunning(run: string): Promise<boolean> {
  for (const base of bases()) if (await isAlive(join(base, run, aliveSocket))) return true;
  return false;
}
