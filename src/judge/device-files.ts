/**
 * The bench as a file system: one file a device, for loop devices to stand on, and a file `control` that takes commands. A
 * command is done when its write returns, so that it has its exact place among the writes and flushes of the devices.
 */
import type { BenchAnswer, BenchCommand, DeviceBench } from './device-bench.ts';
import { EINVAL, ENOENT, ENOSYS, EOPNOTSUPP, EROFS } from '../disk/errno.ts';
import type { Attributes, FileSystem } from '../fuse/filesystem.ts';

export const controlFileName = 'control';

const rootIno = 1;
const controlIno = 2;
const firstDeviceIno = 16;
const epoch = { seconds: 0, nanoseconds: 0 };

/** `answer` hears what a command gave, or why it failed, before the write of the command returns. */
export function deviceFiles(bench: DeviceBench, answer: (answer: BenchAnswer | Error) => void): FileSystem {
  const names: string[] = [];
  const inoOf = (name: string): number => {
    const known = names.indexOf(name);
    return firstDeviceIno + (known === -1 ? names.push(name) - 1 : known);
  };
  const nameOf = (ino: number): string | undefined => names[ino - firstDeviceIno];
  const attributesOf = (ino: number): Attributes | number => {
    if (ino === rootIno) return attributes(ino, 0o40700, 0);
    if (ino === controlIno) return attributes(ino, 0o100600, 0);
    const name = nameOf(ino);
    const device = name === undefined ? undefined : bench.device(name);
    return device === undefined ? ENOENT : attributes(ino, 0o100600, device.sizeBytes);
  };
  const refuse = (): number => EROFS;
  return {
    begin: () => undefined,
    lookup(_caller, parent, name) {
      if (parent !== rootIno) return ENOENT;
      if (name === controlFileName) return attributesOf(controlIno);
      return bench.device(name) === undefined ? ENOENT : attributesOf(inoOf(name));
    },
    forget: () => undefined,
    getattr: (_caller, ino) => attributesOf(ino),
    // Times, and the O_TRUNC of whoever opens the control file.
    setattr: (_caller, ino) => attributesOf(ino),
    readlink: () => EINVAL,
    mknod: refuse,
    mkdir: refuse,
    symlink: refuse,
    link: refuse,
    create: refuse,
    temporary: refuse,
    unlink: refuse,
    rmdir: refuse,
    rename: refuse,
    read(_caller, ino, offset, target, targetOffset, length) {
      const name = nameOf(ino);
      const device = name === undefined ? undefined : bench.device(name);
      return device === undefined ? EINVAL : device.read(offset, target, targetOffset, length);
    },
    write(_caller, ino, offset, bytes) {
      if (ino === controlIno) {
        const answered = perform(bench, bytes);
        if (answered !== undefined) answer(answered);
        return bytes.length;
      }
      const name = nameOf(ino);
      if (name === undefined) return EINVAL;
      bench.write(name, offset, bytes);
      return bytes.length;
    },
    fsync(_caller, ino) {
      const name = nameOf(ino);
      if (name !== undefined) bench.flush(name);
      return 0;
    },
    // A device without discard: file systems are mounted with nodiscard, and mkfs is told so.
    fallocate: () => EOPNOTSUPP,
    seek: () => ENOSYS,
    copyRange: () => ENOSYS,
    openDirectory: () => 1,
    readDirectory: () => 0,
    releaseDirectory: () => undefined,
    fsyncDirectory: () => 0,
    statistics: () => ({
      blockSize: 4096,
      blocks: 0,
      blocksFree: 0,
      files: 0,
      filesFree: 0,
      nameLength: 255,
    }),
    getXattr: () => EOPNOTSUPP,
    setXattr: () => EOPNOTSUPP,
    listXattr: () => EOPNOTSUPP,
    removeXattr: () => EOPNOTSUPP,
  };
}

function perform(bench: DeviceBench, bytes: Uint8Array): BenchAnswer | Error | undefined {
  try {
    return bench.command(JSON.parse(Buffer.from(bytes).toString()) as BenchCommand);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function attributes(ino: number, typeAndMode: number, size: number): Attributes {
  return {
    ino,
    size,
    blocks512: Math.ceil(size / 512),
    atime: epoch,
    mtime: epoch,
    ctime: epoch,
    typeAndMode,
    nlink: 1,
    uid: 0,
    gid: 0,
    rdev: 0,
  };
}
