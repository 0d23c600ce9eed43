/**
 * The server's signing keys and the token that it gave us with them: who loses either cannot write to the database any more,
 * which would look as if the database were lost. So the keys lie off the disk under test, unless a setting puts them on it.
 * A copy of both lies on the disk in powercut's own file, synced, so that a crash image can be booted on its own, later.
 */
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../../machine/machine.ts';
import { UnavailableError } from '../../machine/unavailable.ts';
import { keysDirectory, credentialsFile } from './unsynced.ts';

const keyFiles = ['id_ecdsa', 'id_ecdsa.pub'] as const;
const timeoutMs = 20_000;

interface Credentials {
  readonly token: string;
  /** By file; empty where the keys lie on the disk under test. */
  readonly keys: Readonly<Record<string, string>>;
}

export interface KeyPlace {
  readonly machine: Machine;
  readonly runDirectory: string;
  readonly onDisk: boolean;
}

/** The server's --jwt-key-dir, made where it is missing; the server makes missing keys itself. */
export function keyDirectory({ machine, runDirectory, onDisk }: KeyPlace): string {
  if (onDisk) return `${machine.directory}/${keysDirectory}`;
  const directory = join(runDirectory, keysDirectory);
  if (!existsSync(directory)) {
    mkdirSync(directory, { mode: 0o700 });
    chownSync(directory, machine.user.uid, machine.user.gid);
  }
  return directory;
}

/** Synced: set-up may be cut, too. */
export async function storeCredentials(place: KeyPlace, token: string): Promise<void> {
  const directory = keyDirectory(place);
  const keys = place.onDisk
    ? {}
    : Object.fromEntries(keyFiles.map((file) => [file, readFileSync(join(directory, file), 'utf8')]));
  const credentials: Credentials = { token, keys };
  const script = `umask 077 && cat > ${credentialsFile} && sync ${credentialsFile} .`;
  const input = `${JSON.stringify(credentials)}\n`;
  const { code, stderr } = await place.machine.run('sh', ['-c', script], { input, timeoutMs });
  if (code !== 0) throw new Error(`cannot write ${credentialsFile} on the disk: ${stderr.trim()}`);
}

/** The token; puts the keys where the server looks for them. */
export async function restoreCredentials(place: KeyPlace): Promise<string> {
  const { token, keys } = await readCredentials(place.machine);
  if (place.onDisk) return token;
  const directory = keyDirectory(place);
  const { uid, gid } = place.machine.user;
  for (const file of keyFiles) {
    const path = join(directory, file);
    if (existsSync(path)) continue;
    writeFileSync(path, keys[file] ?? '', { mode: 0o600 });
    chownSync(path, uid, gid);
  }
  return token;
}

async function readCredentials(machine: Machine): Promise<Credentials> {
  const { code, stdout, stderr } = await machine.run('cat', [credentialsFile], { timeoutMs });
  try {
    if (code !== 0) throw new Error(stderr.trim());
    const { token, keys } = JSON.parse(stdout) as Partial<Credentials>;
    if (typeof token !== 'string' || typeof keys !== 'object') throw new Error('it holds no token');
    return { token, keys };
  } catch (error) {
    throw new UnavailableError(
      `the database's token is lost: powercut keeps it in ${credentialsFile} on the disk, which cannot be read (${
        error instanceof Error ? error.message : String(error)
      }); without it nobody may write to the database, so begin a new run`,
    );
  }
}
