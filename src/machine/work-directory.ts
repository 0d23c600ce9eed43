/**
 * The directory of one run for what is neither the store's nor the disk's: the mount point, the control socket, sockets
 * and passwords of servers. Programs under test run unprivileged and must pass through it to the disk and to their run
 * directory, so that it may be passed (0711) but not listed; what is powercut's own lies in `control`, which only
 * powercut's user may enter.
 */
import { randomBytes } from 'node:crypto';
import { chownSync, chmodSync, mkdirSync, statSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { showAlive } from './alive.ts';
import { removeTree } from './remove-tree.ts';
import { UnavailableError } from './unavailable.ts';

export interface WorkDirectory {
  readonly path: string;
  /** Powercut's own (0700): control sockets. */
  readonly control: string;
  /** Where the disk is mounted. */
  readonly mountPoint: string;
  /** The programs' own (0700): their sockets and passwords, off the disk. */
  readonly run: string;
  /** Removes it all, but never anything through a mount. */
  remove(): Promise<void>;
}

/** Names of work directories, and of nothing else. */
export const workDirectoryName = /^powercut-[0-9a-f]{12}$/;
/** The socket in a work directory that answers while its powercut lives. */
export const aliveSocket = 'alive';

/** Unix sockets have paths of at most 107 bytes, and servers add names of their own. */
const basePathMax = 40;

export async function createWorkDirectory(user: {
  readonly uid: number;
  readonly gid: number;
}): Promise<WorkDirectory> {
  const path = join(chooseBase(), `powercut-${randomBytes(6).toString('hex')}`);
  mkdirSync(path, { mode: 0o700 });
  const control = directoryIn(path, 'control', 0o700);
  const server = await showAlive(join(path, aliveSocket));
  chmodSync(join(path, aliveSocket), 0o600);
  const mountPoint = directoryIn(path, 'disk', 0o755);
  const run = directoryIn(path, 'run', 0o700);
  chownSync(run, user.uid, user.gid);
  // Last, or others could look in before it is as it should be.
  chmodSync(path, 0o711);
  return { path, control, mountPoint, run, remove: () => remove(path, server) };
}

/** Where work directories may lie: everybody must be able to pass, and paths must be short. */
export function bases(): string[] {
  return [...new Set([resolve(tmpdir()), '/tmp', '/var/tmp'])].filter(
    (base) => base.length <= basePathMax && passable(base),
  );
}

function chooseBase(): string {
  const [base] = bases();
  if (base !== undefined) return base;
  throw new UnavailableError(
    `no directory for temporary files can be entered by everybody, as programs under test must: make /tmp one (chmod 1777 /tmp)`,
  );
}

function passable(directory: string): boolean {
  try {
    const status = statSync(directory);
    const open = status.isDirectory() && (status.mode & 0o001) !== 0;
    return open && (directory === dirname(directory) || passable(dirname(directory)));
  } catch {
    return false;
  }
}

function directoryIn(path: string, name: string, mode: number): string {
  const directory = join(path, name);
  mkdirSync(directory);
  // The mode of mkdir is subject to the umask.
  chmodSync(directory, mode);
  return directory;
}

async function remove(path: string, server: Server): Promise<void> {
  const removed = await removeTree(path);
  server.close();
  if (!removed)
    throw new Error(`${path} was not removed: something is mounted in it (see /proc/self/mountinfo)`);
}
