/**
 * What happened to the bytes of one file over a log: events on ranges, changes of its size, its barriers. A write is an event; so
 * is a cut, which makes a range read as zeros because its blocks were given back (truncate, punch). Bytes are never copied here:
 * a write's payload is its own page in every image that keeps it.
 */
import { pageSizeBytes } from '../page-store.ts';
import { lastIndexAtOrBefore } from './chain.ts';
import type { Payload } from './crash-log.ts';

export interface DataEvent {
  readonly op: number;
  readonly isCut: boolean;
  readonly start: number;
  /** Of a cut that truncates a multiple of the page size. */
  readonly end: number;
  /** Of a write: the bytes from `start` on. */
  readonly data?: Payload;
  /** Of a write: the pages for which it needs a block or a new size. */
  readonly toJournal?: PageSpan | undefined;
  /** A cut at the end of a file: what it leaves of a page is written before the new size is. A punch promises no such thing. */
  readonly isTruncation?: boolean;
}

export interface SizeEvent {
  readonly op: number;
  readonly before: number;
  readonly after: number;
  /** A write went past the end. Otherwise the size was set, by truncate or allocate; a truncation may set it to what it was. */
  readonly isExtension: boolean;
}

/** What barriers make sure of, apart from the usual. */
export interface BarrierRules {
  /** sync(2) makes sure of bytes for which no metadata changed. */
  readonly syncFlushes: boolean;
  /** A truncation leaves the rest of its last block as it was: it is zeroed, and then written, once the file grows past it. */
  readonly tailsStay: boolean;
}

export type PageSpan = readonly [first: number, last: number];

interface FileBarrier {
  readonly op: number;
  readonly kind: 'fsync' | 'sync' | 'failed';
}

/** True where a cut gives the whole page back, and not only a part of it. */
export function isWholeCut({ isCut, start, end }: DataEvent, page: number): boolean {
  return isCut && start <= page * pageSizeBytes && end >= (page + 1) * pageSizeBytes;
}

function pagesOf({ offset, length }: { readonly offset: number; readonly length: number }): PageSpan {
  const end = offset + Math.max(1, length) - 1;
  return [Math.floor(offset / pageSizeBytes), Math.floor(end / pageSizeBytes)];
}

const noEvents: readonly number[] = [];
const noBarriers: readonly FileBarrier[] = [];

export class FileHistory {
  readonly ino: number;
  readonly baseSize: number;
  readonly basePages: ReadonlyMap<number, Uint8Array>;
  readonly events: DataEvent[] = [];
  readonly sizes: SizeEvent[] = [];
  readonly barriers: FileBarrier[] = [];
  /** Those of all pages, and by page those of some; undefined as long as there are no such. */
  #wholeBarriers: FileBarrier[] | undefined;
  #pageBarriers: Map<number, FileBarrier[]> | undefined;
  /** Writes that need blocks or a new size, and for which pages, as far as no barrier covered them. */
  #toJournal: { readonly op: number; readonly pages: PageSpan }[] = [];
  /** By page index: indices of its events. */
  readonly #pageEvents = new Map<number, number[]>();
  /** As programs see it. */
  size: number;

  constructor(ino: number, size: number, pages: ReadonlyMap<number, Uint8Array>) {
    this.ino = ino;
    this.baseSize = this.size = size;
    this.basePages = pages;
  }

  /** `toJournal`: the pages for which it needs a block or a new size; in place, none. */
  write(op: number, offset: number, data: Payload, toJournal: PageSpan | undefined): void {
    if (data.length === 0) return;
    const end = offset + data.length;
    this.#add({ op, isCut: false, start: offset, end, data, toJournal });
    if (toJournal !== undefined) this.#toJournal.push({ op, pages: toJournal });
    if (end > this.size) this.#resize(op, end, true);
  }

  truncate(op: number, size: number): void {
    if (size < this.size) {
      const end = Math.ceil(this.size / pageSizeBytes) * pageSizeBytes;
      this.#add({ op, isCut: true, start: size, end, isTruncation: true });
    }
    this.#resize(op, size, false);
  }

  allocate(op: number, offset: number, length: number, keepSize: boolean): void {
    if (!keepSize && offset + length > this.size) this.#resize(op, offset + length, false);
  }

  punch(op: number, offset: number, length: number): void {
    if (offset < this.size) this.#add({ op, isCut: true, start: offset, end: offset + length });
  }

  barrier(op: number, kind: FileBarrier['kind'], range?: { offset: number; length: number }): void {
    const barrier = { op, kind };
    this.barriers.push(barrier);
    if (range === undefined) {
      this.#wholeBarriers?.push(barrier);
      return;
    }
    this.#wholeBarriers ??= this.barriers.slice(0, -1);
    this.#pageBarriers ??= new Map();
    const [first, last] = pagesOf(range);
    for (let page = first; page <= last; page++) append(this.#pageBarriers, page, barrier);
  }

  /**
   * The last write of which a barrier on this range journals something, 0 for none. A write in the range whose pages need nothing
   * journals nothing, even if the same write needs blocks elsewhere.
   */
  coverJournalled(range?: { offset: number; length: number }): number {
    const [first, last] = range === undefined ? [0, Infinity] : pagesOf(range);
    const isIn = (page: number) => page >= first && page <= last;
    const covered = this.#toJournal.findLast(({ pages }) => pages.some(isIn))?.op ?? 0;
    if (covered > 0) this.#toJournal = this.#toJournal.filter(({ op }) => op > covered);
    return covered;
  }

  /** True where a page has no block, as far as programs know. */
  isHole(page: number): boolean {
    const last = this.#pageEvents.get(page)?.at(-1);
    return last === undefined ? !this.basePages.has(page) : isWholeCut(this.events[last]!, page);
  }

  /** Whether a range gives back blocks when it is punched: it covers some page that has one. */
  hasWholeBlock(offset: number, length: number): boolean {
    const first = Math.ceil(offset / pageSizeBytes);
    for (const page of this.#heldPages(first, Math.floor((offset + length) / pageSizeBytes)))
      if (!this.isHole(page)) return true;
    return false;
  }

  /** A barrier that succeeded covers the op; one that failed first marked its pages clean, and no later one writes them. */
  isForced(op: number): boolean {
    const next = this.barriers[lastIndexAtOrBefore(this.barriers, op) + 1];
    return next !== undefined && next.kind !== 'failed';
  }

  /** A size that a write made comes with the last page of it; one that was set, with any barrier. */
  isSizeForced({ op, after, isExtension }: SizeEvent): boolean {
    if (!isExtension) return this.isForced(op);
    return this.#isPageForced(op, Math.floor((after - 1) / pageSizeBytes), () => true);
  }

  /** Of a version of a page. */
  isVersionForced(op: number, page: number, { syncFlushes, tailsStay }: BarrierRules): boolean {
    const event = this.eventOf(op);
    const isTail = tailsStay && event?.isTruncation === true && !isWholeCut(event, page);
    const from = isTail ? this.#grownAgain(event) : op;
    if (from === undefined) return false;
    const anyCounts =
      event === undefined || syncFlushes || event.isTruncation === true || isWholeCut(event, page);
    return this.#isPageForced(
      from,
      page,
      (barrier) => anyCounts || barrier.kind !== 'sync' || this.#isJournalledAt(event, page, barrier.op),
    );
  }

  /** A sync finds something of a write to journal: what its other pages needed was not journalled by a barrier on those alone. */
  #isJournalledAt({ op, toJournal }: DataEvent, page: number, sync: number): boolean {
    if (toJournal === undefined) return false;
    const [first, last] = toJournal;
    if (page >= first && page <= last) return true;
    return ![first, last].some((each) => {
      const next = nextAfter(this.#pageBarriers?.get(each) ?? noBarriers, op, () => true);
      return next !== undefined && next.op < sync;
    });
  }

  /** Of all of a cut, where the rest of the last block stays behind. */
  isCutForced(event: DataEvent): boolean {
    const isTail = event.isTruncation === true && event.start % pageSizeBytes > 0;
    const from = isTail ? this.#grownAgain(event) : event.op;
    return from !== undefined && this.isForced(from);
  }

  /** A write on a page reached the disk, by a barrier, before a later op. */
  isWrittenBefore(op: number, page: number, later: number): boolean {
    return this.#isPageForced(op, page, (barrier) => barrier.op < later);
  }

  /** The op after a truncation that made the file longer than that again. */
  #grownAgain({ op, start }: DataEvent): number | undefined {
    for (let index = lastIndexAtOrBefore(this.sizes, op) + 1; index < this.sizes.length; index++)
      if (this.sizes[index]!.after > start) return this.sizes[index]!.op;
    return undefined;
  }

  #isPageForced(op: number, page: number, counts: (barrier: FileBarrier) => boolean): boolean {
    const whole = nextAfter(this.#wholeBarriers ?? this.barriers, op, counts);
    const own = nextAfter(this.#pageBarriers?.get(page) ?? noBarriers, op, counts);
    const next = own === undefined || (whole !== undefined && whole.op < own.op) ? whole : own;
    return next !== undefined && next.kind !== 'failed';
  }

  /** The last op up to this position that changed bytes or size. */
  lastChange(position: number): number {
    const event = this.events[lastIndexAtOrBefore(this.events, position)]?.op ?? 0;
    const size = this.sizes[lastIndexAtOrBefore(this.sizes, position)]?.op ?? 0;
    return Math.max(event, size);
  }

  /** What an op did to the bytes; nothing where it wrote none. */
  eventOf(op: number): DataEvent | undefined {
    const event = this.events[lastIndexAtOrBefore(this.events, op)];
    return event?.op === op ? event : undefined;
  }

  /** False where a cut found nothing to cut. */
  isEventOn(event: DataEvent, page: number): boolean {
    return this.pageEvents(page).some((index) => this.events[index] === event);
  }

  pageEvents(page: number): readonly number[] {
    return this.#pageEvents.get(page) ?? noEvents;
  }

  /** Pages with events. */
  changedPages(): IterableIterator<number> {
    return this.#pageEvents.keys();
  }

  get changedPageCount(): number {
    return this.#pageEvents.size;
  }

  isChanged(page: number): boolean {
    return this.#pageEvents.has(page);
  }

  /** The size once all ops up to this position are applied. */
  sizeAt(position: number): number {
    const index = lastIndexAtOrBefore(this.sizes, position);
    return index < 0 ? this.baseSize : this.sizes[index]!.after;
  }

  #resize(op: number, after: number, isExtension: boolean): void {
    this.sizes.push({ op, before: this.size, after, isExtension });
    this.size = after;
  }

  #add(event: DataEvent): void {
    const index = this.events.push(event) - 1;
    const first = Math.floor(event.start / pageSizeBytes);
    const last = Math.ceil(event.end / pageSizeBytes);
    if (!event.isCut) {
      for (let page = first; page < last; page++) append(this.#pageEvents, page, index);
      return;
    }
    for (const page of this.#heldPages(first, last)) append(this.#pageEvents, page, index);
  }

  /** A cut may span a terabyte of hole; only pages that hold something are cut. */
  *#heldPages(first: number, last: number): Generator<number> {
    const changed = this.#pageEvents;
    if (last - first <= this.basePages.size + changed.size) {
      for (let page = first; page < last; page++)
        if (this.basePages.has(page) || changed.has(page)) yield page;
      return;
    }
    const held = [
      ...this.basePages.keys(),
      ...[...changed.keys()].filter((page) => !this.basePages.has(page)),
    ];
    for (const page of held) if (page >= first && page < last) yield page;
  }
}

function append<Item>(lists: Map<number, Item[]>, key: number, item: Item): void {
  const known = lists.get(key);
  if (known === undefined) lists.set(key, [item]);
  else known.push(item);
}

function nextAfter(
  barriers: readonly FileBarrier[],
  op: number,
  counts: (barrier: FileBarrier) => boolean,
): FileBarrier | undefined {
  for (let index = lastIndexAtOrBefore(barriers, op) + 1; index < barriers.length; index++) {
    if (counts(barriers[index]!)) return barriers[index];
  }
  return undefined;
}
