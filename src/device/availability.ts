/** What keeps a real file system from working on this computer, as a sentence that says what to do. Looks, and changes nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { findSystemProgram } from '../mount/find-program.ts';
import { soleUser } from '../mount/sole-user.ts';
import type { RealFileSystem } from './real-file-system.ts';

/** From it on btrfs mounts a second device with the same UUID: copies of an image are looked at while the disk is in use. */
const btrfsKernel = [6, 7] as const;

/** Undefined when nothing does. */
export function whyNoFileSystem({ name, mkfs, check, mkfsPackage }: RealFileSystem): string | undefined {
  if (process.getuid?.() !== 0 || soleUser() !== undefined)
    return `a real ${name} needs root: mounting it and attaching loop devices is not for users (run powercut with sudo)`;
  if (!existsSync('/dev/loop-control'))
    return `a real ${name} needs loop devices, and there is no /dev/loop-control (modprobe loop; in a container: --privileged)`;
  const missing = [mkfs[0], check[0]].find((program) => findSystemProgram(program) === undefined);
  if (missing !== undefined)
    return `a real ${name} needs ${missing}, which this computer lacks (apt-get install ${mkfsPackage})`;
  if (findSystemProgram('losetup') === undefined)
    return `a real ${name} needs losetup, which this computer lacks (apt-get install mount)`;
  if (!isInKernel(name)) return `this kernel has no ${name} (modprobe ${name})`;
  if (name === 'btrfs' && !isAtLeast(release(), btrfsKernel))
    return `a real btrfs needs Linux ${btrfsKernel.join('.')} or newer, this is ${release()}: older ones do not mount two copies of it at once`;
  return undefined;
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
