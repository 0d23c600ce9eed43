/**
 * Which sizes a file may have after a cut. A size that was set (truncate, allocate) is metadata; one that a write made follows the
 * write-back of pages, and each file system has its own idea of when. What a profile says of it is in its rules.
 */
import type { BarrierRules, DataEvent, FileHistory, SizeEvent } from './file-history.ts';
import { pageSizeBytes } from '../page-store.ts';

export interface SizeOption {
  readonly size: number;
  /** The op that gave it; 0 for the base. */
  readonly op: number;
  /** This page must have this version or a later one: the size came with it. */
  readonly arrived?: { readonly page: number; readonly from: number };
}

/** How a file system with a journal treats data. */
export interface DataRules extends BarrierRules {
  /**
   * When a size that a write made may be on disk: `submission`: as soon as the write-back of its pages was begun, whatever of
   * them arrived; `completion`: once the last page of it has arrived; `extent`: with any page of the file that arrives from then
   * on; `data`: once all of its pages have.
   */
  readonly sizeAfter: 'submission' | 'completion' | 'extent' | 'data';
  /** Pages that have blocks are written in place, at any time, and can tear; otherwise new bytes come with the commit. */
  readonly inPlace: boolean;
  /** A truncation to the size that a file has puts that size on disk, whether its bytes are there or not. */
  readonly truncationRestates: boolean;
  /** A punch puts the size on disk as far as its own end, whether bytes are there or not. */
  readonly punchMovesSize: boolean;
}

/** A page that was made dirty, by whichever op, and the version with which it arrives; 0 where its bytes stay as they are. */
interface DirtyPage {
  readonly page: number;
  readonly op: number;
  readonly from: number;
}

/** Those that a commit point leaves. `submitted`: all that was written by then was submitted for write-back by then. */
export function committedSizes(
  file: FileHistory,
  commit: number,
  submitted: number,
  rules: DataRules,
): readonly SizeOption[] {
  const { sizeAfter, truncationRestates, punchMovesSize } = rules;
  const committed = file.sizes.filter(
    ({ op, before, after }) => op <= commit && (truncationRestates || before !== after),
  );
  const set = committed.findLastIndex(({ isExtension }) => !isExtension);
  const setOp = committed[set]?.op ?? 0;
  const grown = committed.slice(set + 1);
  let floor: SizeOption = { size: committed[set]?.after ?? file.baseSize, op: setOp };
  for (const event of grown) {
    if (file.isSizeForced(event) || event.op <= submitted) floor = { size: event.after, op: event.op };
  }
  const events = file.events.filter(({ op }) => op > setOp && op <= commit);
  if (punchMovesSize) {
    for (const { op, end } of events.filter(isPunch)) {
      const size = Math.min(end, file.sizeAt(op));
      if (size > floor.size) floor = { size, op };
    }
  }
  // A forced size came with its pages, and those are forced themselves.
  const pages = events
    .filter((event) => event.end + pageSizeBytes > floor.size && !isWritten(file, event))
    .flatMap((event) => [...dirtyPages(file, event, sizeAfter !== 'submission')]);
  const options = new Map<number, SizeOption>();
  for (const { page, op, from } of pages) {
    // Written back at once, or when the file had grown further.
    for (const sizeThen of [file.sizeAt(op), file.sizeAt(commit)]) {
      const size = Math.min((page + 1) * pageSizeBytes, sizeThen);
      const known = options.get(size);
      if (size <= floor.size || (known !== undefined && (known.arrived?.from ?? 0) <= from)) continue;
      const isFree = sizeAfter === 'submission' || from === 0;
      options.set(size, isFree ? { size, op } : { size, op, arrived: { page, from } });
    }
  }
  const others = sizeAfter === 'extent' ? sizesByExtents(file, grown, commit) : [];
  const above = [...others.filter(({ size }) => size > floor.size), ...options.values()];
  return [floor, ...above.sort((a, b) => a.size - b.size)];
}

/** Any size that ops gave or that their pages end at, since the last that is forced. */
export function freeSizes(file: FileHistory): readonly SizeOption[] {
  const changes = file.sizes.filter(({ before, after }) => before !== after);
  const forced = changes.findLast((event) => file.isSizeForced(event));
  const forcedOp = forced?.op ?? 0;
  const oldest = { size: forced?.after ?? file.baseSize, op: forcedOp };
  const later = changes.filter(({ op }) => op > forcedOp);
  const newest = later.at(-1);
  if (newest === undefined) return [oldest];
  const largest = later.reduce((max, { after }) => Math.max(max, after), 0);
  const between = new Map(later.map(({ op, after }) => [after, op]));
  const add = (size: number, op: number) => {
    if (!between.has(size)) between.set(size, op);
  };
  for (const event of file.events) {
    if (event.op <= forcedOp) continue;
    if (isPunch(event)) add(Math.min(event.end, largest), event.op);
    for (const { page, op } of dirtyPages(file, event, true))
      add(Math.min((page + 1) * pageSizeBytes, largest), op);
  }
  between.delete(oldest.size);
  between.delete(newest.after);
  return [oldest, ...[...between].map(([size, op]) => ({ size, op })), { size: newest.after, op: newest.op }];
}

/** Reasons for sizes beyond this number are not told apart: any page, or none, may have brought them. */
const maxReasons = 4096;
const maxPages = 64;

/** Each size that a write made, as brought by any page that was not on the disk by then. */
function sizesByExtents(
  file: FileHistory,
  grown: readonly SizeEvent[],
  commit: number,
): readonly SizeOption[] {
  const events = file.events.filter(({ op }) => op <= commit);
  return grown.flatMap(({ op: growth, after }) => {
    const unknown = [{ size: after, op: growth }];
    if (grown.length * events.length > maxReasons) return unknown;
    const arrivals = new Map<number, number>();
    for (const event of events) {
      for (const { page, op, from } of dirtyPages(file, event, true)) {
        // A write waits for what is under way of its own pages: older bytes of them did not bring it.
        const isOwn = op === growth && from > 0;
        if (!isOwn && (arrivals.has(page) || file.isWrittenBefore(op, page, growth))) continue;
        arrivals.set(page, from);
        if (arrivals.size > maxPages) return unknown;
      }
    }
    return [...arrivals].map(([page, from]) => ({ size: after, op: growth, arrived: { page, from } }));
  });
}

/**
 * What an event makes dirty: the pages of a write; the edges of a punch. `oldEnd`: a write beyond the end of a file zeroes the rest
 * of its last page, which is dirty then, with the bytes that it had.
 */
function* dirtyPages(file: FileHistory, event: DataEvent, oldEnd: boolean): Generator<DirtyPage> {
  const { op, start, end } = event;
  const first = Math.floor(start / pageSizeBytes);
  const last = Math.ceil(end / pageSizeBytes) - 1;
  if (event.isCut) {
    if (!isPunch(event)) return;
    if (start % pageSizeBytes > 0 && file.isEventOn(event, first)) yield { page: first, op, from: op };
    const hasOtherEdge = end % pageSizeBytes > 0 && (last > first || start % pageSizeBytes === 0);
    if (hasOtherEdge && file.isEventOn(event, last)) yield { page: last, op, from: op };
    return;
  }
  const sizeBefore = file.sizeAt(op - 1);
  const endPage = Math.floor(sizeBefore / pageSizeBytes);
  if (oldEnd && sizeBefore % pageSizeBytes > 0 && endPage < first) yield { page: endPage, op, from: 0 };
  for (let page = first; page <= last; page++) yield { page, op, from: op };
}

/** A barrier covered it: its pages went to the disk as they were then, and only what was written later sends them again. */
function isWritten(file: FileHistory, { op, start, end }: DataEvent): boolean {
  return [start, end - 1].every((at) => file.isWrittenBefore(op, Math.floor(at / pageSizeBytes), Infinity));
}

function isPunch({ isCut, isTruncation }: DataEvent): boolean {
  return isCut && isTruncation !== true;
}
