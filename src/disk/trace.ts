/**
 * The trace of lost bytes: where texts lie in what a cut would drop, and which op wrote them. A finding's last proof, so it
 * must not point at bytes that a cut leaves alone.
 */
import type { DiskState } from './disk-state.ts';
import { isDurablyReachable } from './durable-names.ts';
import { readInto } from './file-data.ts';
import type { Inode } from './inode.ts';
import { rootIno } from './inode-table.ts';
import type { Op } from './op.ts';
import { pageSizeBytes } from './page-store.ts';

/** Where a needle's bytes lie in what a cut would drop. */
export interface Trace {
  readonly needle: string;
  readonly path: string;
  readonly offset: number;
  /** The dropped op that covers the place, where it is known. */
  readonly op?: Op;
}

const maxSearchedBytes = 256 * 1024 * 1024;

/** Searches the un-synced bytes, and whole files to which no durable name leads; at most `limit` places each. */
export function findUnsynced(state: DiskState, needles: readonly string[], limit: number): Trace[] {
  const searched = needles.map((needle) => ({ needle, bytes: Buffer.from(needle), count: 0 }));
  const margin = Math.max(0, ...searched.map(({ bytes }) => bytes.length - 1));
  const traces: Trace[] = [];
  for (const { inode, isWhole, from, bytes } of stretches(state, margin)) {
    for (const search of searched) {
      const { length } = search.bytes;
      for (let at = bytes.indexOf(search.bytes); at >= 0; at = bytes.indexOf(search.bytes, at + 1)) {
        const offset = from + at;
        if (search.count === limit) break;
        if (!isWhole && !inode.dirty.overlaps(offset, length)) continue;
        search.count++;
        traces.push(traceOf(state, search.needle, inode, offset, length));
      }
    }
  }
  return traces;
}

function traceOf(state: DiskState, needle: string, inode: Inode, offset: number, length: number): Trace {
  const op = newestWrite(inode, offset, length) ?? nameOp(state, inode);
  const path = state.pathOf(inode);
  return op === undefined ? { needle, path, offset } : { needle, path, offset, op };
}

interface Stretch {
  readonly inode: Inode;
  /** No durable name leads to the file: all of it is lost. */
  readonly isWhole: boolean;
  readonly from: number;
  readonly bytes: Buffer;
}

/** `margin`: how far around un-synced pages a text can reach that has a byte on them. */
function* stretches(state: DiskState, margin: number): Iterable<Stretch> {
  const whole = filesLostWhole(state);
  const dirty = state.table.unsynced().filter((inode) => inode.kind === 'file' && !whole.has(inode));
  let budget = maxSearchedBytes;
  for (const inode of [...whole, ...dirty]) {
    const isWhole = whole.has(inode);
    for (const [first, count] of runs(isWhole ? inode.volatile.pages.indexes() : inode.dirty.pages())) {
      const from = Math.max(0, first * pageSizeBytes - margin);
      const length = Math.min((first + count) * pageSizeBytes + margin, inode.volatile.size) - from;
      if (length <= 0 || length > budget) continue;
      budget -= length;
      const bytes = Buffer.alloc(length);
      readInto(state.table.store, inode, from, bytes, 0, length);
      yield { inode, isWhole, from, bytes };
    }
  }
}

/** Files to which a name leads now, and none after a cut. */
function filesLostWhole(state: DiskState): Set<Inode> {
  const { table } = state;
  const files = new Set<Inode>();
  const visit = (inode: Inode) => {
    if (inode.kind === 'file' && !inode.durableLinks.some(({ parent }) => isDurablyReachable(table, parent)))
      files.add(inode);
    if (inode.kind !== 'directory' || isDurablyReachable(table, inode.ino)) return;
    for (const child of inode.volatile.entries.values()) visit(table.get(child)!);
  };
  for (const directory of table.unsynced()) {
    for (const name of directory.changedNames) {
      const child = directory.volatile.entries.get(name);
      if (child !== undefined) visit(table.get(child)!);
    }
  }
  return files;
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

function newestWrite(inode: Inode, offset: number, length: number): Op | undefined {
  let newest: Op | undefined;
  for (const op of inode.pending) {
    if (op.kind === 'write' && op.offset! < offset + length && op.offset! + op.length! > offset) newest = op;
  }
  return newest;
}

/** The newest op that gave the file, or a directory above it, a name that no barrier covered. */
function nameOp(state: DiskState, inode: Inode): Op | undefined {
  for (let at = inode; at.ino !== rootIno;) {
    const parent = state.table.get(at.parent);
    if (parent === undefined) return undefined;
    let newest: Op | undefined;
    for (const op of parent.pending) if (op.ino === at.ino) newest = op;
    if (newest !== undefined) return newest;
    at = parent;
  }
  return undefined;
}
