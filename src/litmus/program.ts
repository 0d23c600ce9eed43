/**
 * A litmus program: a short list of file operations that asks one question of a file system, "what may be left if the power
 * goes?". Pure data: parse.ts reads it, print.ts writes it, the profiles say which outcomes are legal, and real file systems
 * show which ones happen. Nothing here knows how an operation is carried out.
 */
import type { OutcomePattern } from './pattern.ts';

export interface Program {
  /** The name of its file without extension: what it asks, in a few words with dashes between. */
  readonly name: string;
  /** The comment at the head of the file, a line each. */
  readonly about: readonly string[];
  /** Done first; then everything is made durable (sync(2)). */
  readonly setup: readonly Statement[];
  /** Done afterwards; the power may go at any instant of it, or after it. */
  readonly run: readonly Statement[];
  readonly assertions: readonly Assertion[];
}

/** By its path from the root of the tree (`.` for the root), or by a handle that `open` or `tmpfile` named. */
export type FileReference = { readonly path: string } | { readonly handle: string };

/** O_SYNC or O_DSYNC: each write is followed by its own fsync or fdatasync. */
export type WriteSync = 'sync' | 'dsync';

/** An operation on a path opens the file, does its work, and closes it: file systems take a close for a hint. */
export type Statement =
  /** open(O_CREAT | O_EXCL), with data also a write at 0, close. */
  | { readonly op: 'create'; readonly path: string; readonly data?: Uint8Array }
  | {
      readonly op: 'write';
      readonly file: FileReference;
      readonly offset: number;
      readonly data: Uint8Array;
      readonly sync?: WriteSync;
    }
  | {
      readonly op: 'append';
      readonly file: FileReference;
      readonly data: Uint8Array;
      readonly sync?: WriteSync;
    }
  /** open(O_TRUNC), write at 0, close: how editors and configuration files are saved without care. */
  | { readonly op: 'rewrite'; readonly path: string; readonly data: Uint8Array }
  | { readonly op: 'truncate'; readonly file: FileReference; readonly size: number }
  /** `allocate` is FALLOC_FL_KEEP_SIZE; `punch` is that with FALLOC_FL_PUNCH_HOLE. */
  | {
      readonly op: 'allocate' | 'punch';
      readonly file: FileReference;
      readonly offset: number;
      readonly length: number;
    }
  | { readonly op: 'mkdir' | 'rmdir' | 'unlink'; readonly path: string }
  | { readonly op: 'symlink'; readonly target: string; readonly path: string }
  /** Of a handle: linkat(AT_EMPTY_PATH), which gives an O_TMPFILE its name. */
  | { readonly op: 'link'; readonly file: FileReference; readonly path: string }
  | { readonly op: 'rename' | 'exchange'; readonly from: string; readonly to: string }
  | { readonly op: 'chmod'; readonly file: FileReference; readonly mode: number }
  | {
      readonly op: 'setxattr';
      readonly file: FileReference;
      readonly name: string;
      readonly value: Uint8Array;
    }
  | { readonly op: 'removexattr'; readonly file: FileReference; readonly name: string }
  /** O_TMPFILE in a directory. */
  | { readonly op: 'tmpfile'; readonly handle: string; readonly directory: string }
  | { readonly op: 'open'; readonly handle: string; readonly path: string; readonly sync?: WriteSync }
  | { readonly op: 'close'; readonly handle: string }
  /** Of files and directories. */
  | { readonly op: 'fsync' | 'fdatasync'; readonly file: FileReference }
  | { readonly op: 'sync' }
  /**
   * Hints: what the kernel may do at any time by itself is asked for, so that a real file system shows its outcomes soon. No
   * profile may promise anything for them. `writeback` is sync_file_range(2) of a range (default: all) without its metadata,
   * `wait` is long enough for the file system's own commit.
   */
  | {
      readonly op: 'writeback';
      readonly file: FileReference;
      readonly range?: { readonly offset: number; readonly length: number };
    }
  | { readonly op: 'wait' };

/** What the author of a program says of a profile; holds for the instant after the whole of `run`. */
export interface Assertion {
  readonly kind: 'allow' | 'forbid';
  readonly profiles: readonly string[];
  readonly pattern: OutcomePattern;
}

/** Modes and xattrs belong to an outcome only where the program sets some: nobody wants to write them everywhere. */
export function attributesTouched({ setup, run }: Program): {
  readonly modes: boolean;
  readonly xattrs: boolean;
} {
  const ops = new Set([...setup, ...run].map(({ op }) => op));
  return { modes: ops.has('chmod'), xattrs: ops.has('setxattr') || ops.has('removexattr') };
}
