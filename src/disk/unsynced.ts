/** What a cut would drop, told in files, ranges and ops: the un-synced report, the loss of a cut, and the trace of bytes. */
import { displayName, type DiskState } from './disk-state.ts';
import { readInto } from './file-data.ts';
import type { Inode } from './inode.ts';
import { rootIno } from './inode-table.ts';
import type { Op, Range } from './op.ts';
import { pageSizeBytes } from './page-store.ts';

/** A file or directory with something un-synced. */
export interface UnsyncedFile {
  /** Path on the disk without leading slash, `.` for the root; of an unlinked open file the last one. */
  readonly path: string;
  readonly ino: number;
  readonly kind: 'file' | 'directory' | 'other';
  /** Un-synced data bytes: the sum of all ranges. */
  readonly sizeBytes: number;
  /** Un-synced data, merged and sorted; at most 100. */
  readonly ranges: readonly Range[];
  /** Size, attributes or names are un-synced beyond the data. */
  readonly metadata: boolean;
  /** Names added (+name), removed (-name) or replaced (=name) in a directory and not yet synced; at most 100. */
  readonly names: readonly string[];
  /** The file's own name is not durable: a cut loses the file whatever its data. */
  readonly nameUnsynced: boolean;
  /** Age of the oldest un-synced op. */
  readonly ageMs: number;
  /** The op that last dirtied it. */
  readonly lastOp: Op;
}

export interface Loss {
  readonly timeMs: number;
  readonly sizeBytes: number;
  readonly files: readonly UnsyncedFile[];
  /** The ops dropped, in order; the newest 20,000 of them. */
  readonly ops: readonly Op[];
  readonly opCount: number;
  /** The rules of the profile that allow it. */
  readonly rules: { readonly data: string; readonly name: string; readonly attributes: string };
}

/** Where a needle's bytes lie in what a cut would drop. */
export interface Trace {
  readonly needle: string;
  readonly path: string;
  readonly offset: number;
  /** The dropped op that covers the place, where it is known. */
  readonly op?: Op;
}

const maxRanges = 100;
const maxNames = 100;
const maxLossOps = 20_000;

export function unsyncedFiles(state: DiskState): UnsyncedFile[] {
  const now = state.clock.monotonicMs();
  return losable(state)
    .map((inode) => describe(state, inode, now))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

export function lossOf(state: DiskState, files: readonly UnsyncedFile[]): Loss {
  const ops = new Map<number, Op>();
  let opCount = 0;
  for (const inode of losable(state)) {
    opCount += inode.pending.count;
    for (const op of inode.pending) ops.set(op.number, op);
  }
  return {
    timeMs: state.clock.monotonicMs(),
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    files,
    ops: [...ops.values()].sort((a, b) => a.number - b.number).slice(-maxLossOps),
    opCount,
    rules: state.profile.rules,
  };
}

export function emptyLoss(state: DiskState): Loss {
  return {
    timeMs: state.clock.monotonicMs(),
    sizeBytes: 0,
    files: [],
    ops: [],
    opCount: 0,
    rules: state.profile.rules,
  };
}

/** Searches the un-synced pages, and whole files whose names are un-synced, for texts; at most `limit` places each. */
export function findUnsynced(state: DiskState, needles: readonly string[], limit: number): Trace[] {
  const counts = new Map(needles.map((needle) => [needle, 0]));
  const traces: Trace[] = [];
  for (const { inode, from, bytes } of searchable(state)) {
    for (const needle of needles) {
      let at = indexOf(bytes, needle, 0);
      while (at >= 0 && counts.get(needle)! < limit) {
        counts.set(needle, counts.get(needle)! + 1);
        const offset = from + at;
        const op = opCovering(state, inode, offset, needle.length);
        traces.push({ needle, path: state.pathOf(inode), offset, ...(op === undefined ? {} : { op }) });
        at = indexOf(bytes, needle, at + 1);
      }
    }
  }
  return traces;
}

/** Un-synced inodes that a cut can still take something from: not the nameless ones. */
function losable(state: DiskState): Inode[] {
  return state.table.unsynced().filter((inode) => inode.nlink > 0 || inode.durableLinks > 0);
}

function describe(state: DiskState, inode: Inode, now: number): UnsyncedFile {
  const lastOp = inode.pending.last ?? unknownOp(state, inode, now);
  return {
    path: state.pathOf(inode) || '.',
    ino: inode.ino,
    kind: inode.kind === 'file' || inode.kind === 'directory' ? inode.kind : 'other',
    sizeBytes: inode.dirty.sizeBytes,
    ranges: inode.dirty.ranges(maxRanges),
    metadata:
      inode.attributesChanged || inode.changedNames.size > 0 || inode.volatile.size !== inode.durable.size,
    names: [...inode.changedNames.keys()].slice(0, maxNames).map((name) => changeOf(inode, name)),
    nameUnsynced: !isReachable(state, inode),
    ageMs: Math.max(0, now - (inode.pending.oldest ?? lastOp).timeMs),
    lastOp,
  };
}

function changeOf(directory: Inode, name: string): string {
  if (!directory.volatile.entries.has(name)) return `-${displayName(name)}`;
  return `${directory.durable.entries.has(name) ? '=' : '+'}${displayName(name)}`;
}

/** True when durable names lead from the root to this inode's present place. */
function isReachable(state: DiskState, inode: Inode): boolean {
  for (let at = inode; at.ino !== rootIno;) {
    const parent = state.table.get(at.parent);
    if (parent?.durable.entries.get(at.name) !== at.ino) return false;
    at = parent;
  }
  return true;
}

/** Only where the pending ops were overrun: the state is un-synced, its op no longer known. */
function unknownOp(state: DiskState, inode: Inode, now: number): Op {
  const kind = inode.kind === 'directory' ? 'rename' : 'write';
  return { number: 0, kind, timeMs: now, pid: 0, ino: inode.ino, path: state.pathOf(inode) };
}

interface Stretch {
  readonly inode: Inode;
  readonly from: number;
  readonly bytes: Uint8Array;
}

const maxSearchedBytes = 256 * 1024 * 1024;

function* searchable(state: DiskState): Iterable<Stretch> {
  let left = maxSearchedBytes;
  for (const [inode, pages] of pagesToSearch(state)) {
    for (const [first, count] of runs(pages)) {
      const from = first * pageSizeBytes;
      const length = Math.min(count * pageSizeBytes, inode.volatile.size - from);
      if (length <= 0 || length > left) continue;
      left -= length;
      const bytes = new Uint8Array(length);
      readInto(state.table.store, inode, from, bytes, 0, length);
      yield { inode, from, bytes };
    }
  }
}

function pagesToSearch(state: DiskState): Map<Inode, Iterable<number>> {
  const pages = new Map<Inode, Iterable<number>>();
  for (const inode of losable(state)) {
    if (inode.kind === 'file') pages.set(inode, inode.dirty.pages());
    for (const name of inode.changedNames.keys()) {
      const child = state.table.get(inode.volatile.entries.get(name) ?? 0);
      if (child?.kind === 'file') pages.set(child, child.volatile.pages.indexes());
    }
  }
  return pages;
}

function runs(pages: Iterable<number>): [first: number, count: number][] {
  const found: [number, number][] = [];
  for (const page of [...pages].sort((a, b) => a - b)) {
    const last = found[found.length - 1];
    if (last !== undefined && last[0] + last[1] === page) last[1]++;
    else found.push([page, 1]);
  }
  return found;
}

function indexOf(bytes: Uint8Array, needle: string, from: number): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(needle, from, 'utf8');
}

/** The newest pending write over these bytes; else the op that gave the file its un-synced name. */
function opCovering(state: DiskState, inode: Inode, offset: number, length: number): Op | undefined {
  let covering: Op | undefined;
  for (const op of inode.pending) {
    if (op.kind === 'write' && op.offset! < offset + length && op.offset! + op.length! > offset)
      covering = op;
  }
  if (covering !== undefined) return covering;
  const parent = state.table.get(inode.parent);
  for (const op of parent?.pending ?? []) if (op.ino === inode.ino) covering = op;
  return covering;
}
