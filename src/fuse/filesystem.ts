/**
 * What a file system must be able to do to be mounted: the kernel's requests as methods, with everything about messages
 * taken away. Methods return their value, or a negative errno; they do not throw (what they throw is answered EIO and
 * reported). Names, symlink targets and attribute names are binary strings: one character a byte, so that any bytes
 * survive. Permissions are checked by the kernel (mount option `default_permissions`).
 *
 * There is no flush, release or access on purpose, and seldom an open: the kernel stops asking after one ENOSYS, and a file
 * lives for as long as the kernel remembers its inode, open or not.
 */
import type { Attributes, Statistics, Timestamp } from './codec/attributes.ts';
import type { DirectoryEntries } from './codec/directory.ts';
import type { Errno } from './codec/errno.ts';
import type { Caller } from './codec/request.ts';
import type { AttributeChanges } from './codec/setattr.ts';

export type { AttributeChanges, Attributes, Caller, DirectoryEntries, Errno, Statistics, Timestamp };

/**
 * Where a method's result says `remembered`, the kernel's memory of the inode counts one up; `forget` counts it down.
 * Callers and views are valid during the call only.
 */
export interface FileSystem {
  /** A mount begins: nothing is remembered, no directory is open. */
  begin(): void;

  /** Remembered. ENOENT is remembered by the kernel too. */
  lookup(caller: Caller, parent: number, name: string): Attributes | Errno;
  forget(ino: number, count: number): void;
  /** Only for who must hear of it: each open(2) and close(2) then costs a round trip. `flags` of open(2). */
  open?(caller: Caller, ino: number, flags: number): Errno | 0;
  getattr(caller: Caller, ino: number): Attributes | Errno;
  setattr(caller: Caller, ino: number, changes: AttributeChanges): Attributes | Errno;
  readlink(caller: Caller, ino: number): string | Errno;

  /** Remembered, all of the following. `mode` has the type's bits. */
  mknod(caller: Caller, parent: number, name: string, mode: number, rdev: number): Attributes | Errno;
  mkdir(caller: Caller, parent: number, name: string, mode: number): Attributes | Errno;
  symlink(caller: Caller, parent: number, name: string, target: string): Attributes | Errno;
  link(caller: Caller, ino: number, parent: number, name: string): Attributes | Errno;
  /** Creates and opens; opens what is there unless `flags` (of open(2)) has O_EXCL. */
  create(caller: Caller, parent: number, name: string, mode: number, flags: number): Attributes | Errno;
  /** A file without a name (O_TMPFILE). */
  temporary(caller: Caller, parent: number, mode: number): Attributes | Errno;

  unlink(caller: Caller, parent: number, name: string): Errno | 0;
  rmdir(caller: Caller, parent: number, name: string): Errno | 0;
  /** `flags` of renameat2(2). */
  rename(
    caller: Caller,
    parent: number,
    name: string,
    newParent: number,
    newName: string,
    flags: number,
  ): Errno | 0;

  /** Fills `target` from `targetOffset`; returns the bytes read, fewer only at the end of the file. */
  read(
    caller: Caller,
    ino: number,
    offset: number,
    target: Uint8Array,
    targetOffset: number,
    length: number,
  ): number | Errno;
  /**
   * `bytes` is a view that the next request overwrites. With `killPrivileges` the writer may not keep set-user-ID and
   * set-group-ID bits; file capabilities always go. Returns the bytes written.
   */
  write(
    caller: Caller,
    ino: number,
    offset: number,
    bytes: Uint8Array,
    killPrivileges: boolean,
  ): number | Errno;
  fsync(caller: Caller, ino: number, dataOnly: boolean): Errno | 0;
  /** `mode` of fallocate(2). */
  fallocate(caller: Caller, ino: number, mode: number, offset: number, length: number): Errno | 0;
  /** `whence`: SEEK_DATA (3) or SEEK_HOLE (4). */
  seek(caller: Caller, ino: number, offset: number, whence: number): number | Errno;
  /** Returns the bytes copied, possibly fewer than asked. */
  copyRange(
    caller: Caller,
    ino: number,
    offset: number,
    toIno: number,
    toOffset: number,
    length: number,
  ): number | Errno;

  /** Returns a handle (from 1). */
  openDirectory(caller: Caller, ino: number): number | Errno;
  /** From offset 0 again: the directory as it is now. */
  readDirectory(
    caller: Caller,
    ino: number,
    handle: number,
    offset: number,
    entries: DirectoryEntries,
  ): Errno | 0;
  releaseDirectory(handle: number): void;
  fsyncDirectory(caller: Caller, ino: number, dataOnly: boolean): Errno | 0;

  statistics(): Statistics;

  getXattr(caller: Caller, ino: number, name: string): Uint8Array | Errno;
  /** `flags` of setxattr(2). */
  setXattr(caller: Caller, ino: number, name: string, value: Uint8Array, flags: number): Errno | 0;
  listXattr(caller: Caller, ino: number): readonly string[] | Errno;
  removeXattr(caller: Caller, ino: number, name: string): Errno | 0;
}
