/** What keeps a real file system from working on this computer, as a sentence that says what to do. Looks, and changes nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { findSystemProgram } from '../mount/find-program.ts';
import { soleUser } from '../mount/sole-user.ts';
import type { RealFileSystem } from './real-file-system.ts';

/** From it on btrfs mounts a second device with the same UUID: copies of an image are looked at while the disk is in use. */
const btrfsKernel = [6, 7] as const;

/** What keeps it from being under a target; undefined when nothing does. */
export function whyNoFileSystem(fileSystem: RealFileSystem): string | undefined {
  const { name, check, mkfsPackage } = fileSystem;
  const why = whyNotMountable(fileSystem);
  if (why !== undefined) return why;
  if (findSystemProgram(check[0]) === undefined) return lacking(name, check[0], mkfsPackage);
  if (findSystemProgram('losetup') === undefined) return lacking(name, 'losetup', 'mount');
  if (name === 'btrfs' && !isAtLeast(release(), btrfsKernel))
    return `a real btrfs needs Linux ${btrfsKernel.join('.')} or newer, this is ${release()}: older ones do not mount two copies of it at once`;
  return undefined;
}

/** What keeps it from being made and mounted on a loop device; undefined when nothing does. */
export function whyNotMountable({ name, mkfs, mkfsPackage }: RealFileSystem): string | undefined {
  if (process.getuid?.() !== 0 || soleUser() !== undefined)
    return `a real ${name} needs root: mounting it and attaching loop devices is not for users (run powercut with sudo)`;
  if (!existsSync('/dev/loop-control'))
    return `a real ${name} needs loop devices, and there is no /dev/loop-control (modprobe loop; in a container: --privileged)`;
  if (findSystemProgram(mkfs[0]) === undefined) return lacking(name, mkfs[0], mkfsPackage);
  return isInKernel(name) ? undefined : `this kernel has no ${name} (modprobe ${name})`;
}

function lacking(name: string, program: string, debianPackage: string): string {
  return `a real ${name} needs ${program}, which this computer lacks (apt-get install ${debianPackage})`;
}

/** A module that is not loaded yet is loaded by the mount, where there is one. */
function isInKernel(name: string): boolean {
  const loaded = readFileSync('/proc/filesystems', 'utf8').split(/\s+/).includes(name);
  return loaded || existsSync('/proc/modules');
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
