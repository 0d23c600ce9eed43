/** What every part of a disk works on: its inodes, its rules, its clock and its op counter. Not for use outside disk/. */
import type { Timestamp } from './face.ts';
import type { Inode } from './inode.ts';
import { rootIno, type InodeTable } from './inode-table.ts';
import type { Op, OpKind, BarrierKind } from './op.ts';
import type { Place } from './place.ts';
import type { Recorder } from './recording/recorder.ts';
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

/** Programs work on few files at a time; a path is soon put together again. */
const maxPaths = 4096;

export class DiskState {
  readonly table: InodeTable;
  readonly profile: Profile;
  readonly clock: Clock;
  /** Absent where nothing is pinned. */
  readonly isPinned: ((path: string) => boolean) | undefined;
  readonly onOp: ((op: Op) => void) | undefined;
  opCount = 0;
  barrierCount = 0;
  /** Paths by inode, for the op log: forgotten whole when a directory moves. */
  readonly #paths = new Map<number, string>();
  #nowMs = 0;
  #now: Timestamp = { seconds: 0, nanoseconds: 0 };

  constructor(
    table: InodeTable,
    profile: Profile,
    clock: Clock,
    isPinned: ((path: string) => boolean) | undefined,
    onOp: ((op: Op) => void) | undefined,
  ) {
    this.table = table;
    this.profile = profile;
    this.clock = clock;
    this.isPinned = isPinned;
    this.onOp = onOp;
  }

  /** The same instant over another table. */
  over(table: InodeTable, onOp = this.onOp): DiskState {
    const state = new DiskState(table, this.profile, this.clock, this.isPinned, onOp);
    state.opCount = this.opCount;
    state.barrierCount = this.barrierCount;
    return state;
  }

  get recorder(): Recorder | undefined {
    return this.table.recorder;
  }

  /** In whole milliseconds, finer than the tick that Linux takes such times from: what happens within one shares an object. */
  now(): Timestamp {
    const ms = Math.floor(this.clock.wallMs());
    if (ms !== this.#nowMs) {
      this.#nowMs = ms;
      const seconds = Math.floor(ms / 1000);
      this.#now = { seconds, nanoseconds: (ms - seconds * 1000) * 1_000_000 };
    }
    return this.#now;
  }

  /** Numbers a barrier, or an op on an inode as a whole, and tells whoever listens. */
  record(kind: OpKind | BarrierKind, caller: Caller, ino: number, path: string): Op {
    const { pid } = caller;
    return this.#tell({ number: ++this.opCount, kind, timeMs: this.clock.monotonicMs(), pid, ino, path });
  }

  recordData(
    kind: OpKind,
    caller: Caller,
    ino: number,
    path: string,
    { offset, length }: { readonly offset: number; readonly length: number },
  ): Op {
    const { pid } = caller;
    // Literals, no spreads: one is made for every write, and conditional spreads cost more than the write's own copy.
    return this.#tell({
      number: ++this.opCount,
      kind,
      timeMs: this.clock.monotonicMs(),
      pid,
      ino,
      path,
      offset,
      length,
    });
  }

  recordTwoPaths(kind: OpKind, caller: Caller, ino: number, path: string, toPath: string): Op {
    const { pid } = caller;
    return this.#tell({
      number: ++this.opCount,
      kind,
      timeMs: this.clock.monotonicMs(),
      pid,
      ino,
      path,
      toPath,
    });
  }

  /** Display path from the root, without a leading slash; '' for the root. Unlinked inodes keep their last one. */
  pathOf(inode: Inode): string {
    const known = this.#paths.get(inode.ino);
    if (known !== undefined) return known;
    const path = inode.ino === rootIno ? '' : this.pathAt(inode.home);
    if (this.#paths.size >= maxPaths) this.#paths.clear();
    this.#paths.set(inode.ino, path);
    return path;
  }

  pathAt({ parent, name }: Place): string {
    const directory = this.table.get(parent);
    const prefix = directory === undefined ? '(unlinked)' : this.pathOf(directory);
    return prefix === '' ? displayName(name) : `${prefix}/${displayName(name)}`;
  }

  /** An inode got a new home; with a directory, so did all below it. */
  moved(inode: Inode): void {
    if (inode.kind === 'directory') this.#paths.clear();
    else this.#paths.delete(inode.ino);
  }

  #tell(op: Op): Op {
    this.onOp?.(op);
    return op;
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
