/**
 * Clears what an earlier powercut could not: work directories and loop devices of runs that are dead, and mounts of disks that are. A
 * run is dead when its socket does not answer; what is not certainly powercut's, and certainly dead, is never touched.
 */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { controlSocketOf, lazyFsPrefix, mountTable } from '../mount/mount-table.ts';
import type { MountEntry } from '../mount/mount-table.ts';
import { isAlive } from './alive.ts';
import { detachDeadLoops } from './leftover-loops.ts';
import { releaseMount } from './release.ts';
import { removeTree } from './remove-tree.ts';
import { aliveSocket, bases, workDirectoryName } from './work-directory.ts';

export interface Cleared {
  readonly mounts: readonly string[];
  /** `loop7`. */
  readonly loops: readonly string[];
  readonly directories: readonly string[];
}

/** A directory that has no socket yet may be one that is being made. */
const unfinishedMs = 60_000;

/** Never rejects: what cannot be cleared stays for the next start. Mounts of this process's mount namespace only. */
export async function clearLeftovers(): Promise<Cleared> {
  const mounts: string[] = [];
  for (const entry of mountTable()) {
    if (!(await isStale(entry))) continue;
    await releaseMount(entry.mountPoint);
    mounts.push(entry.mountPoint);
  }
  // Before the directories, by whose sockets the dead are told.
  const loops = await detachDeadLoops();
  const directories: string[] = [];
  for (const directory of bases().flatMap(workDirectoriesIn)) {
    if (!(await isAbandoned(directory))) continue;
    if (await removeTree(directory).catch(() => false)) directories.push(directory);
  }
  return { mounts, loops, directories };
}

async function isStale(entry: MountEntry): Promise<boolean> {
  // Who cut the power of a LazyFS finds its mount dead until they unmount it.
  if (entry.source.startsWith(lazyFsPrefix)) return false;
  const socket = controlSocketOf(entry);
  return socket !== undefined && !(await isAlive(socket));
}

function workDirectoriesIn(base: string): string[] {
  try {
    return readdirSync(base)
      .filter((name) => workDirectoryName.test(name))
      .map((name) => join(base, name));
  } catch {
    return [];
  }
}

async function isAbandoned(directory: string): Promise<boolean> {
  try {
    const status = lstatSync(directory);
    if (!status.isDirectory() || status.uid !== process.getuid?.()) return false;
    const socket = join(directory, aliveSocket);
    if (hasSocket(socket)) return !(await isAlive(socket));
    return Date.now() - status.mtimeMs > unfinishedMs;
  } catch {
    return false;
  }
}

function hasSocket(path: string): boolean {
  try {
    return lstatSync(path).isSocket();
  } catch {
    return false;
  }
}
