/** What a cut would drop, told in files, ranges and ops: the un-synced report, and the loss of a cut. */
import { filesToLose } from './barriers.ts';
import type { Choice } from './crash-image.ts';
import { displayName, type DiskState } from './disk-state.ts';
import { isDurablyReachable } from './durable-names.ts';
import type { Inode } from './inode.ts';
import type { Op, Range } from './op.ts';

/** A file or directory with something un-synced. */
export interface UnsyncedFile {
  /** Path on the disk without leading slash, `.` for the root; of a removed file that a cut brings back the last one. */
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
  /** The numbers of those of which a part was kept. */
  readonly torn?: readonly number[];
  /** The rules of the profile that allow it. */
  readonly rules: { readonly data: string; readonly name: string; readonly attributes: string };
}

export const maxRanges = 100;
export const maxNames = 100;
export const maxLossOps = 20_000;

export function unsyncedFiles(state: DiskState): UnsyncedFile[] {
  return describeAll(state, state.table.unsynced(), state.clock.monotonicMs());
}

/** As many as can be sorted, or described, in about a millisecond. */
const filesPerStep = 128;

/**
 * The same list in pieces, each made only when it is asked for: what is described of 100,000 files at once is more garbage than the
 * collector can take beside other work. In steps (undefined: no piece yet) between which others may work, but not on this disk.
 */
export function unsyncedInSteps(state: DiskState): Generator<UnsyncedFile[] | undefined, void, undefined> {
  return describedInSteps(state, state.table.unsynced(), state.clock.monotonicMs());
}

function* describedInSteps(
  state: DiskState,
  inodes: readonly Inode[],
  now: number,
): Generator<UnsyncedFile[] | undefined, void, undefined> {
  const places = yield* placesInSteps(state, inodes);
  for (let index = 0; index < places.length; index += filesPerStep)
    yield places.slice(index, index + filesPerStep).map((place) => describe(state, place, now));
}

/** An inode, and where a report shows it: in the order of paths. */
interface Place {
  readonly inode: Inode;
  readonly path: string;
}

function* placesInSteps(
  state: DiskState,
  inodes: readonly Inode[],
): Generator<undefined, readonly Place[], undefined> {
  let runs: (readonly Place[])[] = [];
  for (let index = 0; index < inodes.length; index += filesPerStep) {
    runs.push(placesOf(state, inodes.slice(index, index + filesPerStep)));
    yield;
  }
  while (runs.length > 1) {
    const longer: Place[][] = [];
    for (let index = 0; index < runs.length; index += 2) {
      longer.push(yield* mergedInSteps(runs[index]!, runs[index + 1] ?? []));
      yield;
    }
    runs = longer;
  }
  return runs[0] ?? [];
}

function* mergedInSteps(
  some: readonly Place[],
  others: readonly Place[],
): Generator<undefined, Place[], undefined> {
  const merged: Place[] = [];
  for (let [at, other] = [0, 0]; at < some.length || other < others.length;) {
    const isNext = other === others.length || (at < some.length && byPath(some[at]!, others[other]!) <= 0);
    merged.push(isNext ? some[at++]! : others[other++]!);
    if (merged.length % 1024 === 0) yield;
  }
  return merged;
}

/** Which loss: of a cut; or of data and sizes only, while programs live on. */
export type LossKind = Choice | 'data';

/** What was lost at `timeMs`, in steps between which others may work, but not on this disk. */
export function* lossInSteps(
  state: DiskState,
  kind: LossKind,
  timeMs: number,
): Generator<undefined, Loss, undefined> {
  const inodes = kind === 'keep-all' ? [] : kind === 'data' ? filesToLose(state) : state.table.unsynced();
  const files: UnsyncedFile[] = [];
  for (const some of describedInSteps(state, inodes, timeMs)) {
    if (some !== undefined) files.push(...some);
    yield;
  }
  const pending: Op[] = [];
  let omitted = 0;
  for (const inode of inodes) {
    omitted += inode.pending.omitted;
    inode.pending.addTo(pending, kind === 'data');
  }
  pending.sort((a, b) => a.number - b.number);
  yield;
  // A rename is pending on both of its names.
  const ops = pending.filter((op, index) => op.number !== pending[index - 1]?.number);
  return {
    timeMs,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    files,
    ops: ops.slice(-maxLossOps),
    opCount: ops.length + omitted,
    rules: state.profile.rules,
  };
}

function describeAll(state: DiskState, inodes: readonly Inode[], now: number): UnsyncedFile[] {
  return placesOf(state, inodes).map((place) => describe(state, place, now));
}

function placesOf(state: DiskState, inodes: readonly Inode[]): Place[] {
  return inodes.map((inode) => ({ inode, path: state.pathOf(inode) || '.' })).sort(byPath);
}

function byPath(a: Place, b: Place): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : a.inode.shownIno - b.inode.shownIno;
}

function describe(state: DiskState, { inode, path }: Place, now: number): UnsyncedFile {
  const lastOp = inode.pending.last ?? unknownOp(state, inode, now);
  return {
    path,
    ino: inode.shownIno,
    kind: inode.kind === 'file' || inode.kind === 'directory' ? inode.kind : 'other',
    sizeBytes: inode.dirty.sizeBytes,
    ranges: inode.dirty.ranges(maxRanges),
    metadata:
      inode.attributesChanged || inode.changedNames.size > 0 || inode.volatile.size !== inode.durable.size,
    names: changesOf(inode),
    nameUnsynced: !isDurablyNamed(state, inode),
    ageMs: microsecondsOf(Math.max(0, now - (inode.pending.oldest ?? lastOp).timeMs)),
    lastOp,
  };
}

/** Clocks are no finer: further digits are rounding errors, and in a long report megabytes. */
function microsecondsOf(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function changesOf(inode: Inode): string[] {
  const changes: string[] = [];
  // Of a directory of 100,000 new names the first are enough.
  for (const name of inode.changedNames) {
    if (changes.length === maxNames) break;
    changes.push(changeOf(inode, name));
  }
  return changes;
}

function changeOf(directory: Inode, name: string): string {
  if (!directory.volatile.entries.has(name)) return `-${displayName(name)}`;
  return `${directory.durable.entries.has(name) ? '=' : '+'}${displayName(name)}`;
}

/** True when durable names lead from the root to one of this inode's names, or it has none any more. */
function isDurablyNamed({ table }: DiskState, inode: Inode): boolean {
  return (
    inode.links.length === 0 ||
    inode.links.some(
      ({ parent, name }) =>
        inode.durableLinks.some((place) => place.parent === parent && place.name === name) &&
        isDurablyReachable(table, parent),
    )
  );
}

/** Un-synced state has an op that made it so; this one only keeps a report from failing should that ever be untrue. */
function unknownOp(state: DiskState, inode: Inode, now: number): Op {
  return { number: 0, kind: 'write', timeMs: now, pid: 0, ino: inode.ino, path: state.pathOf(inode) };
}
