/**
 * Which bytes of a file are un-synced, exactly: for each page on which the two faces may differ, the bytes written since
 * the last barrier. A page may stand here without bytes: truncation and holes change it, but write nothing.
 */
import type { Range } from './op.ts';
import { PageBits } from './page-bits.ts';
import { pageSizeBytes } from './page-store.ts';

/** One stretch is packed into a number (nearly always); several, where they do not touch, are sorted pairs. */
type Stretches = number | readonly (readonly [from: number, to: number])[];

/** No bytes. */
export const noStretch = 0;
const noPage = -1;
const radix = 2 * pageSizeBytes;
/** The stretch of a page that was written in full. */
const whole = pageSizeBytes;

export class DirtyRanges {
  /** While there is but one page it stands here: so it is with most files. */
  #onlyPage = noPage;
  #onlyStretches: Stretches = noStretch;
  /** Several, as far as they were not written in full; and those that were, as most are of a large file. */
  #pages: Map<number, Stretches> | undefined;
  #whole: PageBits | undefined;
  #sizeBytes = 0;

  /** One stretch of the first page; `noStretch`: nothing. */
  static ofFirstPage(stretch: number): DirtyRanges {
    const ranges = new DirtyRanges();
    if (stretch === noStretch) return ranges;
    ranges.#set(0, stretch);
    ranges.#sizeBytes = bytesOf(stretch);
    return ranges;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get pageCount(): number {
    const inPart = this.#pages?.size ?? (this.#onlyPage === noPage ? 0 : 1);
    return inPart + (this.#whole?.size ?? 0);
  }

  pages(): Iterable<number> {
    const inPart = this.#pages?.keys() ?? (this.#onlyPage === noPage ? [] : [this.#onlyPage]);
    return this.#whole === undefined ? inPart : chained(inPart, this.#whole);
  }

  forEachPage(visit: (page: number) => void): void {
    if (this.#pages !== undefined) for (const page of this.#pages.keys()) visit(page);
    else if (this.#onlyPage !== noPage) visit(this.#onlyPage);
    this.#whole?.forEach(visit);
  }

  has(page: number): boolean {
    return this.#whole?.has(page) === true || (this.#pages?.has(page) ?? this.#onlyPage === page);
  }

  /** Bytes [from, to) of the page were written. */
  add(page: number, from: number, to: number): void {
    if (to - from === pageSizeBytes && this.#whole !== undefined) {
      this.addWhole(page, 1);
      return;
    }
    const old = this.#get(page);
    if (typeof old === 'number') {
      const longer = longerStretch(old, from, to);
      if (longer !== noStretch) {
        this.#set(page, longer);
        this.#sizeBytes += bytesOf(longer) - bytesOf(old);
        return;
      }
    }
    this.#replace(page, old, insert(pairsOf(old), from, to));
  }

  /** All bytes of `count` pages were written. */
  addWhole(first: number, count: number): void {
    // What is known of parts of them is said by the whole.
    if (this.#onlyPage !== noPage || this.#pages !== undefined)
      for (let page = first; page < first + count; page++) this.#forgetPart(page);
    this.#whole ??= new PageBits();
    const added = count === 1 ? Number(this.#whole.addOne(first)) : this.#whole.add(first, count);
    this.#sizeBytes += added * pageSizeBytes;
  }

  /**
   * Bytes [from, to) of the page are no un-synced data: they were cut off or punched out. The faces may differ on the page
   * nevertheless.
   */
  forget(page: number, from: number, to: number): void {
    const old = this.#get(page);
    if (from === 0 && to === pageSizeBytes) {
      this.#set(page, noStretch);
      this.#sizeBytes -= bytesOf(old);
      return;
    }
    const kept = pairsOf(old).flatMap(([low, high]): [number, number][] => {
      const pieces: [number, number][] = [
        [low, Math.min(high, from)],
        [Math.max(low, to), high],
      ];
      return pieces.filter(([a, b]) => a < b);
    });
    this.#replace(page, old, kept);
  }

  /** Whether any byte of [offset, offset + length) of the file is un-synced data. */
  overlaps(offset: number, length: number): boolean {
    const end = offset + length;
    for (let page = Math.floor(offset / pageSizeBytes); page * pageSizeBytes < end; page++) {
      const start = page * pageSizeBytes;
      const pairs = pairsOf(this.#get(page));
      if (pairs.some(([from, to]) => start + from < end && start + to > offset)) return true;
    }
    return false;
  }

  clone(): DirtyRanges {
    const copy = new DirtyRanges();
    // Stretches are replaced, never changed: both may hold the same.
    copy.#onlyPage = this.#onlyPage;
    copy.#onlyStretches = this.#onlyStretches;
    if (this.#pages !== undefined) copy.#pages = new Map(this.#pages);
    copy.#whole = this.#whole?.clone();
    copy.#sizeBytes = this.#sizeBytes;
    return copy;
  }

  /** Merged and sorted byte ranges of the file, at most `limit`. */
  ranges(limit: number): Range[] {
    const ranges: { offset: number; length: number }[] = [];
    for (const page of [...this.pages()].sort((a, b) => a - b)) {
      for (const [from, to] of pairsOf(this.#get(page))) {
        const offset = page * pageSizeBytes + from;
        const last = ranges[ranges.length - 1];
        if (last !== undefined && last.offset + last.length === offset) last.length += to - from;
        else if (ranges.length === limit) return ranges;
        else ranges.push({ offset, length: to - from });
      }
    }
    return ranges;
  }

  #replace(page: number, old: Stretches, pairs: readonly (readonly [number, number])[]): void {
    this.#set(page, packed(pairs));
    this.#sizeBytes += bytesOf(pairs) - bytesOf(old);
  }

  #get(page: number): Stretches {
    if (this.#whole?.has(page) === true) return whole;
    if (this.#pages !== undefined) return this.#pages.get(page) ?? noStretch;
    return page === this.#onlyPage ? this.#onlyStretches : noStretch;
  }

  #set(page: number, stretches: Stretches): void {
    if (this.#pages === undefined && (this.#onlyPage === noPage || this.#onlyPage === page)) {
      if (this.#whole === undefined) {
        this.#onlyPage = page;
        this.#onlyStretches = stretches;
        return;
      }
    }
    if (stretches === whole) {
      this.#dropPart(page);
      this.#whole ??= new PageBits();
      this.#whole.add(page, 1);
      return;
    }
    this.#whole?.delete(page);
    this.#pages ??= this.#onlyPage === noPage ? new Map() : new Map([[this.#onlyPage, this.#onlyStretches]]);
    this.#onlyPage = noPage;
    this.#pages.set(page, stretches);
  }

  #forgetPart(page: number): void {
    const part = this.#pages?.get(page) ?? (page === this.#onlyPage ? this.#onlyStretches : noStretch);
    this.#sizeBytes -= bytesOf(part);
    this.#dropPart(page);
  }

  #dropPart(page: number): void {
    if (page === this.#onlyPage) this.#onlyPage = noPage;
    this.#pages?.delete(page);
  }
}

function* chained(first: Iterable<number>, second: Iterable<number>): Iterable<number> {
  yield* first;
  yield* second;
}

/** A stretch in one number, with bytes [from, to) added; `noStretch` where they do not touch, or there are none. */
export function longerStretch(stretch: number, from: number, to: number): number {
  const oldFrom = Math.floor(stretch / radix);
  const oldTo = stretch % radix;
  if (oldFrom === oldTo) return from === to ? noStretch : from * radix + to;
  return from <= oldTo && to >= oldFrom ? Math.min(from, oldFrom) * radix + Math.max(to, oldTo) : noStretch;
}

export function bytesOfStretch(stretch: number): number {
  return (stretch % radix) - Math.floor(stretch / radix);
}

/** Stands in for those of an inode that has none, as most have at any time. Never changed. */
export const nothingDirty = new DirtyRanges();

/** Back into one number as soon as there is but one stretch: `add` is fast for those. */
function packed(pairs: readonly (readonly [from: number, to: number])[]): Stretches {
  if (pairs.length > 1) return pairs;
  const [only] = pairs;
  return only === undefined ? noStretch : only[0] * radix + only[1];
}

function pairsOf(stretches: Stretches): readonly (readonly [number, number])[] {
  if (typeof stretches !== 'number') return stretches;
  const from = Math.floor(stretches / radix);
  const to = stretches % radix;
  return from === to ? [] : [[from, to]];
}

function bytesOf(stretches: Stretches): number {
  if (typeof stretches === 'number') return bytesOfStretch(stretches);
  let sum = 0;
  for (const [from, to] of pairsOf(stretches)) sum += to - from;
  return sum;
}

function insert(pairs: readonly (readonly [number, number])[], from: number, to: number): [number, number][] {
  const merged: [number, number][] = [];
  for (const [low, high] of [...pairs, [from, to] as const].sort((a, b) => a[0] - b[0])) {
    const last = merged[merged.length - 1];
    if (last !== undefined && low <= last[1]) last[1] = Math.max(last[1], high);
    else merged.push([low, high]);
  }
  return merged;
}
