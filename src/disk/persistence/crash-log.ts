/**
 * The log of a disk with its payload: all that is needed to say what a power cut may leave. Ops speak of inodes and places, so
 * that a rename of a directory changes nothing of what is said below it. The position of an op is its index in the log plus one;
 * position 0 is the base. Pure data.
 */
import type { InodeKind } from '../inode.ts';
import type { Place } from '../place.ts';
import type { Tree } from './tree.ts';

export type LoggedOp =
  /** Without a place: O_TMPFILE. */
  | {
      readonly kind: 'create' | 'mkdir' | 'symlink' | 'mknod';
      readonly ino: number;
      readonly inodeKind: InodeKind;
      readonly mode: number;
      readonly place?: Place;
      readonly target?: string;
    }
  | { readonly kind: 'link' | 'unlink' | 'rmdir'; readonly ino: number; readonly place: Place }
  /** `replaced`: the inode that stood at `to`. */
  | {
      readonly kind: 'rename';
      readonly ino: number;
      readonly from: Place;
      readonly to: Place;
      readonly replaced?: number;
    }
  /** `other` stood at `to`. */
  | {
      readonly kind: 'exchange';
      readonly ino: number;
      readonly from: Place;
      readonly to: Place;
      readonly other: number;
    }
  | { readonly kind: 'write'; readonly ino: number; readonly offset: number; readonly data: Payload }
  | { readonly kind: 'truncate'; readonly ino: number; readonly size: number }
  | {
      readonly kind: 'allocate';
      readonly ino: number;
      readonly offset: number;
      readonly length: number;
      readonly keepSize: boolean;
    }
  | { readonly kind: 'punch'; readonly ino: number; readonly offset: number; readonly length: number }
  | { readonly kind: 'setattr'; readonly ino: number; readonly mode: number }
  /** Without a value: removed. */
  | { readonly kind: 'xattr'; readonly ino: number; readonly name: string; readonly value?: Uint8Array }
  | LoggedBarrier
  /**
   * The last descriptor of a file was closed: some file systems take it for a hint. `submits`: it is known that this one did.
   * `reached`: and that what it submitted had arrived when the device was flushed later on, for whatever reason.
   */
  | { readonly kind: 'close'; readonly ino: number; readonly submits?: true; readonly reached?: true }
  | Touch;

/** The bytes of a write, in a form that keeps them. A Uint8Array is one. */
export interface Payload {
  readonly length: number;
  /** Not to be changed. */
  subarray(from: number, to: number): Uint8Array;
}

/**
 * What is left of an op whose effect is part of the base: it changed the inode, and a barrier on that covers what came before it.
 * `isData`: fdatasync counts it, too. `isZeroing`: a punch that gave nothing back.
 */
export interface Touch {
  readonly kind: 'touch';
  readonly ino: number;
  readonly isData: boolean;
  readonly isZeroing?: true;
}

export type LoggedBarrier =
  /**
   * `failed`: it reported an error, and the kernel marked the pages clean all the same. `range`: of these bytes alone, as a write
   * on O_SYNC or O_DSYNC syncs what it wrote and nothing before it (measured on ext4 and XFS; fs/sync.c, generic_write_sync).
   */
  | {
      readonly kind: 'fsync' | 'fdatasync';
      readonly ino: number;
      readonly failed?: true;
      readonly range?: { readonly offset: number; readonly length: number };
    }
  | { readonly kind: 'sync' };

export type LoggedFileBarrier = Extract<LoggedBarrier, { readonly ino: number }>;

export interface CrashLog {
  /** What was durable before the first op. */
  readonly base: Tree;
  readonly ops: readonly LoggedOp[];
}

/**
 * The instant of a cut, in positions. Ops up to `done` have returned: their barriers hold. Ops up to `begun` may have taken
 * effect. Between the two lies what was under way.
 */
export interface Instant {
  readonly done: number;
  readonly begun: number;
}

export function isBarrier(op: LoggedOp): op is LoggedBarrier {
  return op.kind === 'fsync' || op.kind === 'fdatasync' || op.kind === 'sync';
}

export type DataOp = Extract<LoggedOp, { readonly kind: DataOpKind }>;

export function isDataOp(op: LoggedOp): op is DataOp {
  return op.kind === 'write' || op.kind === 'truncate' || op.kind === 'allocate' || op.kind === 'punch';
}

type DataOpKind = 'write' | 'truncate' | 'allocate' | 'punch';

/** The entries of directories that an op changed. */
export function placesOf(op: LoggedOp): readonly Place[] {
  if ('place' in op && op.place !== undefined) return [op.place];
  return op.kind === 'rename' || op.kind === 'exchange' ? [op.from, op.to] : nowhere;
}

const nowhere: readonly Place[] = [];
