/**
 * Block devices as a file system: one file a device, for loop devices to stand on. Where there is somebody to hear commands
 * there is a file `control` as well: a command is done when its write returns, so that it has its exact place among the writes
 * and flushes of the devices.
 */
import { EINVAL, EIO, ENOENT, ENOSYS, EOPNOTSUPP, EROFS } from '../disk/errno.ts';
import type { Attributes, FileSystem } from '../fuse/filesystem.ts';

export const controlFileName = 'control';

/** Devices by name. One that is gone reads and writes nothing. */
export interface Devices {
  device(name: string): ServedDevice | undefined;
  write(name: string, offset: number, bytes: Uint8Array): void;
  flush(name: string): void;
}

export interface ServedDevice {
  readonly sizeBytes: number;
  /** Returns the bytes read, fewer only at the end of the device. */
  read(offset: number, target: Uint8Array, targetOffset: number, length: number): number;
}

const rootIno = 1;
const controlIno = 2;
const firstDeviceIno = 16;
const epoch = { seconds: 0, nanoseconds: 0 };

/** `command` has done what the bytes say when it returns. */
export function deviceFiles(devices: Devices, command?: (bytes: Uint8Array) => void): FileSystem {
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
    const device = name === undefined ? undefined : devices.device(name);
    return device === undefined ? ENOENT : attributes(ino, 0o100600, device.sizeBytes);
  };
  const refuse = (): number => EROFS;
  return {
    begin: () => undefined,
    lookup(_caller, parent, name) {
      if (parent !== rootIno) return ENOENT;
      if (name === controlFileName && command !== undefined) return attributesOf(controlIno);
      return devices.device(name) === undefined ? ENOENT : attributesOf(inoOf(name));
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
      const device = name === undefined ? undefined : devices.device(name);
      return device === undefined ? EIO : device.read(offset, target, targetOffset, length);
    },
    write(_caller, ino, offset, bytes) {
      if (ino === controlIno) {
        command?.(bytes);
        return bytes.length;
      }
      const name = nameOf(ino);
      if (name === undefined || devices.device(name) === undefined) return EIO;
      devices.write(name, offset, bytes);
      return bytes.length;
    },
    fsync(_caller, ino) {
      const name = nameOf(ino);
      if (ino === controlIno) return 0;
      if (name === undefined || devices.device(name) === undefined) return EIO;
      devices.flush(name);
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
