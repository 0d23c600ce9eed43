/** Ops: the numbered mutations and barriers of a disk, the currency of every proof. Pure data. */

export type OpKind =
  | 'write'
  | 'truncate'
  | 'allocate'
  | 'punch'
  | 'create'
  | 'mkdir'
  | 'symlink'
  | 'mknod'
  | 'link'
  | 'unlink'
  | 'rmdir'
  | 'rename'
  | 'setattr'
  | 'xattr';

export type BarrierKind = 'fsync' | 'fdatasync' | 'fsync-dir' | 'checkpoint' | 'lose-unsynced' | 'cut';

export interface Op {
  /** From 1, without gaps, over mutations and barriers alike. */
  readonly number: number;
  readonly kind: OpKind | BarrierKind;
  /** Monotonic milliseconds, on the clock that the disk was given. */
  readonly timeMs: number;
  /** The process that did it; 0 where the kernel wrote back a mapped or cached page on its own. */
  readonly pid: number;
  /** The inode changed; for name ops the inode that the name stands for. */
  readonly ino: number;
  /** Path from the disk's root, without a leading slash, as it was when the op was made. */
  readonly path: string;
  /** The other path: a rename's or link's new name. */
  readonly toPath?: string;
  /** Byte range of a data op. For truncate `offset` is the new size and `length` 0. */
  readonly offset?: number;
  readonly length?: number;
}

/** A byte range [offset, offset + length). */
export interface Range {
  readonly offset: number;
  readonly length: number;
}
