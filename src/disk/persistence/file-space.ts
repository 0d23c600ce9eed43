/**
 * What one file may hold after a cut: which sizes, and for each page which versions of its bytes. A version of a page is the
 * position of the last event on it that reached the disk (0: none; as it was at the base), and `cuts` the position up to which
 * truncations and punches took effect. So (version, cuts) says a page's bytes: its events up to the version, in order, then the
 * cuts after it.
 *
 * Two kinds of file systems are told apart by parameters alone: those that order changes of metadata (sizes that were set, blocks
 * given back) in a journal, so that the commit point decides them; and those of which nothing is known but fsync.
 */
import { isWholeCut, type BarrierRules, type FileHistory } from './file-history.ts';
import { committedSizes, freeSizes, type DataRules, type SizeOption } from './file-sizes.ts';
import { pageSizeBytes } from '../page-store.ts';

export interface FileSpace {
  readonly file: FileHistory;
  /** A page that is being written can be left half old and half new; otherwise it is one or the other. */
  readonly tears: boolean;
  /** Sorted; the first is the oldest. */
  readonly cuts: readonly number[];
  /** Sorted by size where a write made the difference; the last is the newest. A size may be there for one reason or another. */
  readonly sizes: readonly SizeOption[];
  /** Versions of a page with events, sorted, at least one. The newest depends on the size in the page of the last byte alone. */
  versions(page: number, size: SizeOption): readonly number[];
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
  /** And all that was written by then has arrived. */
  readonly arrived?: number;
}

export function committedFile({
  file,
  rules,
  commit,
  begun,
  submitted = 0,
  arrived: arrivedUntil = 0,
}: CommittedFile): FileSpace {
  const newest = rules.inPlace ? begun : commit;
  let sizes: readonly SizeOption[] | undefined;
  return {
    file,
    tears: rules.inPlace,
    cuts: rules.tailsStay && file.events.some(({ isTruncation }) => isTruncation) ? [0, commit] : [commit],
    get sizes() {
      return (sizes ??= committedSizes(file, commit, submitted, rules));
    },
    versions(page, { size, arrived }) {
      const { start, versions, isHole } = epochOf(file, page, commit, newest);
      const first = page * pageSizeBytes;
      // Before a hole's first block is committed nothing of it can be found; afterwards it is written in place.
      const found = isHole && !(versions[0]! <= commit) ? [] : versions;
      const floor = Math.max(
        forcedVersion(file, page, found, rules),
        arrivedUntil === 0 ? 0 : (found.findLast((op) => op <= arrivedUntil) ?? 0),
        arrived?.page === page ? arrived.from : 0,
      );
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
    sizes: [{ size: file.sizeAt(position), op: position }],
    versions: (page) => [lastEventOn(file, page, position)],
  };
}

/** Nothing is known but what barriers force: any size, any version of any page, any cut. */
export function freeFile(file: FileHistory, begun: number, rules: BarrierRules): FileSpace {
  const cuts = [0];
  for (const event of file.events) {
    if (!event.isCut || event.op > begun) continue;
    if (rules.tailsStay ? file.isCutForced(event) : file.isForced(event.op)) cuts.length = 0;
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
      const floor = forcedVersion(file, page, ops, rules);
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

function forcedVersion(file: FileHistory, page: number, ops: readonly number[], rules: BarrierRules): number {
  return ops.findLast((op) => file.isVersionForced(op, page, rules)) ?? 0;
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
