/** Removes a directory tree of powercut's own, and never anything through a mount. */
import { rm } from 'node:fs/promises';
import { controlSocketOf, mountTable } from '../mount/mount-table.ts';
import type { MountEntry } from '../mount/mount-table.ts';
import { releaseMount } from './release.ts';

/** Disks that are mounted in it are released first; false, and nothing is removed, if anything else is mounted there. */
export async function removeTree(directory: string): Promise<boolean> {
  for (const { mountPoint } of mountsIn(directory).filter(isDisk)) await releaseMount(mountPoint);
  if (mountsIn(directory).length > 0) return false;
  await rm(directory, { recursive: true, force: true });
  return true;
}

function mountsIn(directory: string): MountEntry[] {
  return mountTable().filter(({ mountPoint }) => mountPoint.startsWith(`${directory}/`));
}

function isDisk(entry: MountEntry): boolean {
  return controlSocketOf(entry) !== undefined;
}
