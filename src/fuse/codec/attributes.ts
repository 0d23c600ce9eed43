/** What a file system tells of an inode and of itself; the shapes that replies are made from. */

export interface Timestamp {
  /** Since the epoch; may be negative. */
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** What stat shows. Inode numbers are node ids: never reused while the kernel remembers them. */
export interface Attributes {
  readonly ino: number;
  /** The number that stat shows, where it is not `ino`. */
  readonly shownIno?: number;
  readonly size: number;
  readonly blocks512: number;
  readonly atime: Timestamp;
  readonly mtime: Timestamp;
  readonly ctime: Timestamp;
  /** S_IFMT and permission bits. */
  readonly typeAndMode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
}

export interface Statistics {
  readonly blockSize: number;
  readonly blocks: number;
  readonly blocksFree: number;
  readonly files: number;
  readonly filesFree: number;
  readonly nameLength: number;
}
