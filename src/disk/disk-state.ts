/** What every part of a disk works on: its inodes, its rules, its clock and its op counter. Not for use outside disk/. */
import type { Inode, Timestamp } from './inode.ts';
import { rootIno, type InodeTable } from './inode-table.ts';
import type { Op, OpKind, BarrierKind } from './op.ts';
import type { Profile } from './profiles/profile.ts';

/** Who asks, as the kernel says. */
export interface Caller {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

export interface Clock {
  /** CLOCK_MONOTONIC, for the op log. */
  monotonicMs(): number;
  /** Since the epoch, for time stamps of inodes. */
  wallMs(): number;
}

export class DiskState {
  table: InodeTable;
  readonly profile: Profile;
  readonly clock: Clock;
  readonly isPinned: (path: string) => boolean;
  readonly onOp: ((op: Op) => void) | undefined;
  opCount = 0;
  barrierCount = 0;
  /** Paths by inode, for the op log: forgotten whole when a directory moves. */
  readonly #paths = new Map<number, string>();

  constructor(
    table: InodeTable,
    profile: Profile,
    clock: Clock,
    isPinned: (path: string) => boolean,
    onOp: ((op: Op) => void) | undefined,
  ) {
    this.table = table;
    this.profile = profile;
    this.clock = clock;
    this.isPinned = isPinned;
    this.onOp = onOp;
  }

  now(): Timestamp {
    const ms = this.clock.wallMs();
    const seconds = Math.floor(ms / 1000);
    return { seconds, nanoseconds: Math.floor((ms - seconds * 1000) * 1e6) };
  }

  /** Numbers an op and tells whoever listens. */
  record(
    kind: OpKind | BarrierKind,
    caller: Caller,
    ino: number,
    path: string,
    offset?: number,
    length?: number,
    toPath?: string,
  ): Op {
    const op: Op = {
      number: ++this.opCount,
      kind,
      timeMs: this.clock.monotonicMs(),
      pid: caller.pid,
      ino,
      path,
      ...(offset === undefined ? {} : { offset }),
      ...(length === undefined ? {} : { length }),
      ...(toPath === undefined ? {} : { toPath }),
    };
    this.onOp?.(op);
    return op;
  }

  /** Display path from the root, without a leading slash; '' for the root. Unlinked inodes keep their last one. */
  pathOf(inode: Inode): string {
    const known = this.#paths.get(inode.ino);
    if (known !== undefined) return known;
    const path = inode.ino === rootIno ? '' : this.pathIn(inode.parent, inode.name);
    this.#paths.set(inode.ino, path);
    return path;
  }

  /** The path of a name in a directory. */
  pathIn(directoryIno: number, name: string): string {
    const directory = this.table.get(directoryIno);
    const prefix = directory === undefined ? '(unlinked)' : this.pathOf(directory);
    return prefix === '' ? displayName(name) : `${prefix}/${displayName(name)}`;
  }

  /** An inode got a new home; with a directory, so did all below it. */
  moved(inode: Inode): void {
    if (inode.kind === 'directory') this.#paths.clear();
    else this.#paths.delete(inode.ino);
  }
}

const decoder = new TextDecoder();

/** Names are bytes; people read them as UTF-8. */
export function displayName(binary: string): string {
  for (let index = 0; index < binary.length; index++) {
    if (binary.charCodeAt(index) >= 0x80)
      return decoder.decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
  }
  return binary;
}
