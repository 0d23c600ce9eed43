/**
 * What one file may hold after a cut: which sizes, and for each page which versions of its bytes. A version of a page is the
 * position of the last event on it that reached the disk (0: none; as it was at the base), and `cuts` the position up to which
 * truncations and punches took effect. So (version, cuts) says a page's bytes: its events up to the version, in order, then the
 * cuts after it.
 *
 * Two kinds of file systems are told apart by parameters alone: those that order changes of metadata (sizes that were set, blocks
 * given back) in a journal, so that the commit point decides them; and those of which nothing is known but fsync.
 */
import { isWholeCut, type DataEvent, type FileHistory } from './file-history.ts';
import { pageSizeBytes } from '../page-store.ts';

export interface SizeOption {
  readonly size: number;
  /** The op that gave it; 0 for the base. */
  readonly op: number;
  /** The page that holds the last byte must have this version or a later one. */
  readonly lastPageFrom: number;
}

export interface FileSpace {
  readonly file: FileHistory;
  /** A page that is being written can be left half old and half new; otherwise it is one or the other. */
  readonly tears: boolean;
  /** Sorted; the first is the oldest. */
  readonly cuts: readonly number[];
  /** Sorted by size where a write made the difference; the last is the newest. */
  readonly sizes: readonly SizeOption[];
  /** Versions of a page with events, sorted, at least one. The newest depends on the size in the page of the last byte alone. */
  versions(page: number, size: SizeOption): readonly number[];
}

/** How a file system with a journal treats data. */
export interface DataRules {
  /**
   * When a size that a write made may be on disk: `submission`: as soon as the write-back of its pages was begun, whatever of
   * them arrived; `completion`: once the last page of it has arrived; `data`: once all of its pages have.
   */
  readonly sizeAfter: 'submission' | 'completion' | 'data';
  /** Pages that have blocks are written in place, at any time, and can tear; otherwise new bytes come with the commit. */
  readonly inPlace: boolean;
  /** sync(2) makes sure of what was overwritten in place. */
  readonly syncFlushes: boolean;
}

export interface CommittedFile {
  readonly file: FileHistory;
  readonly rules: DataRules;
  /** The commit point. */
  readonly commit: number;
  /** No event after this one has been begun. */
  readonly begun: number;
  /** All that was written by then was submitted for write-back by then. */
  readonly submitted?: number;
}

export function committedFile({ file, rules, commit, begun, submitted = 0 }: CommittedFile): FileSpace {
  const newest = rules.inPlace ? begun : commit;
  let sizes: readonly SizeOption[] | undefined;
  return {
    file,
    tears: rules.inPlace,
    cuts: [commit],
    get sizes() {
      return (sizes ??= committedSizes(file, commit, submitted, rules));
    },
    versions(page, { size, lastPageFrom }) {
      const { start, versions, isHole } = epochOf(file, page, commit, newest);
      const first = page * pageSizeBytes;
      const isLast = first < size && size <= first + pageSizeBytes;
      // Before a hole's first block is committed nothing of it can be found; afterwards it is written in place.
      const found = isHole && !(versions[0]! <= commit) ? [] : versions;
      const floor = Math.max(forcedVersion(file, page, found, rules.syncFlushes), isLast ? lastPageFrom : 0);
      const needsData = rules.sizeAfter === 'data' && isHole && first < size && found.length > 0;
      const options = floor > 0 ? found.filter((op) => op >= floor) : needsData ? found : [start, ...found];
      return options.length > 0 ? options : [start];
    },
  };
}

/** The file exactly as programs saw it at a position. */
export function fileAsAt(file: FileHistory, position: number): FileSpace {
  return {
    file,
    tears: false,
    cuts: [position],
    sizes: [{ size: file.sizeAt(position), op: position, lastPageFrom: 0 }],
    versions: (page) => [lastEventOn(file, page, position)],
  };
}

/** Nothing is known but what barriers force: any size, any version of any page, any cut. */
export function freeFile(file: FileHistory, begun: number, syncFlushes: boolean): FileSpace {
  const cuts = [0];
  for (const event of file.events) {
    if (!event.isCut || event.op > begun) continue;
    if (file.isForced(event.op)) cuts.length = 0;
    cuts.push(event.op);
  }
  let sizes: readonly SizeOption[] | undefined;
  return {
    file,
    tears: true,
    cuts,
    get sizes() {
      return (sizes ??= freeSizes(file));
    },
    versions(page) {
      const ops = file.pageEvents(page).map((index) => file.events[index]!.op);
      const floor = forcedVersion(file, page, ops, syncFlushes);
      return floor === 0 ? [0, ...ops] : ops.filter((op) => op >= floor);
    },
  };
}

function lastEventOn(file: FileHistory, page: number, position: number): number {
  let last = 0;
  for (const index of file.pageEvents(page)) {
    const { op } = file.events[index]!;
    if (op <= position) last = op;
  }
  return last;
}

function forcedVersion(
  file: FileHistory,
  page: number,
  ops: readonly number[],
  syncFlushes: boolean,
): number {
  return ops.findLast((op) => file.isVersionForced(op, page, syncFlushes)) ?? 0;
}

/** The life of a page's blocks around the commit point: from the whole cut before it to the one after it. */
function epochOf(file: FileHistory, page: number, commit: number, newest: number) {
  let start = 0;
  let isHole = !file.basePages.has(page);
  const versions: number[] = [];
  for (const index of file.pageEvents(page)) {
    const event = file.events[index]!;
    if (event.op > newest) break;
    if (isWholeCut(event, page)) {
      // Blocks are given back with the commit: bytes that were written after a later cut went to other blocks.
      if (event.op > commit) break;
      start = event.op;
      isHole = true;
      versions.length = 0;
    } else if (!event.isCut || !isHole || versions.length > 0) {
      versions.push(event.op);
    }
  }
  return { start, versions, isHole };
}

function committedSizes(
  file: FileHistory,
  commit: number,
  submitted: number,
  { sizeAfter }: DataRules,
): readonly SizeOption[] {
  const committed = file.sizes.filter(({ op }) => op <= commit);
  const set = committed.findLastIndex(({ isExtension }) => !isExtension);
  const setOp = committed[set]?.op ?? 0;
  let floor = committed[set]?.after ?? file.baseSize;
  let floorOp = setOp;
  for (const event of committed.slice(set + 1)) {
    if (!file.isSizeForced(event) && event.op > submitted) continue;
    floor = event.after;
    floorOp = event.op;
  }
  const needsLastPage = sizeAfter !== 'submission';
  const sizes = new Map<number, number>();
  // A forced size came with its pages, and those are forced themselves.
  for (const event of file.events) {
    if (event.isCut || event.op <= setOp || event.op > commit) continue;
    if (event.end + pageSizeBytes <= floor || isWritten(file, event)) continue;
    // Written back at once, or when the file had grown further.
    for (const sizeThen of [file.sizeAt(event.op), file.sizeAt(commit)]) {
      for (const size of endsOf(event, sizeThen)) {
        if (size > floor && !sizes.has(size)) sizes.set(size, event.op);
      }
    }
  }
  const grown = [...sizes].sort(([a], [b]) => a - b);
  return [
    { size: floor, op: floorOp, lastPageFrom: 0 },
    ...grown.map(([size, op]) => ({ size, op, lastPageFrom: needsLastPage ? op : 0 })),
  ];
}

/** A barrier covered it: its pages went to the disk as they were then, and only what was written later sends them again. */
function isWritten(file: FileHistory, { op, start, end }: DataEvent): boolean {
  const [first, last] = [Math.floor(start / pageSizeBytes), Math.ceil(end / pageSizeBytes) - 1];
  return file.isVersionForced(op, first, true) && file.isVersionForced(op, last, true);
}

/** The sizes that writing back pages of a write can give: the ends of its pages, and the size of the file. */
function* endsOf({ start, end }: DataEvent, size: number): Generator<number> {
  const firstEnd = (Math.floor(start / pageSizeBytes) + 1) * pageSizeBytes;
  for (let pageEnd = firstEnd; pageEnd < end; pageEnd += pageSizeBytes) yield Math.min(pageEnd, size);
  yield Math.min(Math.ceil(end / pageSizeBytes) * pageSizeBytes, size);
}

function freeSizes(file: FileHistory): readonly SizeOption[] {
  const forced = file.sizes.findLast((event) => file.isSizeForced(event));
  const forcedOp = forced?.op ?? 0;
  const oldest = { size: forced?.after ?? file.baseSize, op: forcedOp, lastPageFrom: 0 };
  const later = file.sizes.filter(({ op }) => op > forcedOp);
  const newest = later.at(-1);
  if (newest === undefined) return [oldest];
  const largest = later.reduce((max, { after }) => Math.max(max, after), 0);
  const between = new Map(later.map(({ op, after }) => [after, op]));
  for (const event of file.events) {
    if (event.isCut || event.op <= forcedOp) continue;
    for (const size of endsOf(event, largest)) if (!between.has(size)) between.set(size, event.op);
  }
  between.delete(oldest.size);
  between.delete(newest.after);
  return [
    oldest,
    ...[...between].map(([size, op]) => ({ size, op, lastPageFrom: 0 })),
    { size: newest.after, op: newest.op, lastPageFrom: 0 },
  ];
}
