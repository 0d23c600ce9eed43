/**
 * Which bytes of a file are un-synced, exactly: for each page on which the two faces may differ, the bytes written since
 * the last barrier. A page may stand here without bytes: truncation and holes change it, but write nothing.
 */
import type { Range } from './op.ts';
import { pageSizeBytes } from './page-store.ts';

/** One stretch is packed into a number (nearly always); several, where they do not touch, are sorted pairs. */
type Stretches = number | readonly (readonly [from: number, to: number])[];

const none = 0;
const radix = 2 * pageSizeBytes;

export class DirtyRanges {
  readonly #pages = new Map<number, Stretches>();
  #sizeBytes = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get pageCount(): number {
    return this.#pages.size;
  }

  pages(): Iterable<number> {
    return this.#pages.keys();
  }

  has(page: number): boolean {
    return this.#pages.has(page);
  }

  /** Bytes [from, to) of the page were written. */
  add(page: number, from: number, to: number): void {
    const old = this.#pages.get(page) ?? none;
    if (typeof old === 'number') {
      const oldFrom = Math.floor(old / radix);
      const oldTo = old % radix;
      if (oldFrom === oldTo) {
        this.#pages.set(page, from * radix + to);
        this.#sizeBytes += to - from;
        return;
      }
      if (from <= oldTo && to >= oldFrom) {
        const low = Math.min(from, oldFrom);
        const high = Math.max(to, oldTo);
        this.#pages.set(page, low * radix + high);
        this.#sizeBytes += high - low - (oldTo - oldFrom);
        return;
      }
    }
    const before = bytesOf(old);
    const merged = insert(pairsOf(old), from, to);
    this.#pages.set(page, merged);
    this.#sizeBytes += bytesOf(merged) - before;
  }

  /** The faces may differ on this page although no byte of it is un-synced data. */
  touch(page: number): void {
    if (!this.#pages.has(page)) this.#pages.set(page, none);
  }

  /** Bytes [from, to) of the page are no longer un-synced data: they were cut off or punched out. */
  forget(page: number, from: number, to: number): void {
    const old = this.#pages.get(page);
    if (old === undefined) {
      this.#pages.set(page, none);
      return;
    }
    const kept = pairsOf(old).flatMap(([low, high]): [number, number][] => {
      const pieces: [number, number][] = [
        [low, Math.min(high, from)],
        [Math.max(low, to), high],
      ];
      return pieces.filter(([a, b]) => a < b);
    });
    this.#sizeBytes += bytesOf(kept) - bytesOf(old);
    this.#pages.set(page, kept);
  }

  delete(page: number): void {
    const old = this.#pages.get(page);
    if (old === undefined) return;
    this.#sizeBytes -= bytesOf(old);
    this.#pages.delete(page);
  }

  clear(): void {
    this.#pages.clear();
    this.#sizeBytes = 0;
  }

  clone(): DirtyRanges {
    const copy = new DirtyRanges();
    for (const [page, stretches] of this.#pages) copy.#pages.set(page, stretches);
    copy.#sizeBytes = this.#sizeBytes;
    return copy;
  }

  /** Merged and sorted byte ranges of the file, at most `limit`. */
  ranges(limit: number): Range[] {
    const ranges: { offset: number; length: number }[] = [];
    for (const page of [...this.#pages.keys()].sort((a, b) => a - b)) {
      for (const [from, to] of pairsOf(this.#pages.get(page)!)) {
        const offset = page * pageSizeBytes + from;
        const last = ranges[ranges.length - 1];
        if (last !== undefined && last.offset + last.length === offset) last.length += to - from;
        else if (ranges.length === limit) return ranges;
        else ranges.push({ offset, length: to - from });
      }
    }
    return ranges;
  }
}

function pairsOf(stretches: Stretches): readonly (readonly [number, number])[] {
  if (typeof stretches !== 'number') return stretches;
  const from = Math.floor(stretches / radix);
  const to = stretches % radix;
  return from === to ? [] : [[from, to]];
}

function bytesOf(stretches: Stretches): number {
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
