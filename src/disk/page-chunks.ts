/**
 * The chunks of one map of pages, by their number: runs of 64 pages that maps share until one of them changes one. Which map they
 * belong to, and that the file's first page is in none of them, is page-map.ts's business.
 *
 * Invariant: a chunk holds a reference on each page that it names, however many tables hold the chunk.
 */
import type { PageStore } from './page-store.ts';
import { hole } from './page-store.ts';

/** Pages a chunk; the first of the file has none. */
export const chunkPages = 64;

/** The pages of one request. */
export type PageList = Int32Array<ArrayBuffer>;

export interface Chunk {
  /** A plain array of small integers: V8 makes one far faster than a typed array. */
  readonly pages: number[];
  holders: number;
}

/** The chunks of one map, by their number. */
export class ChunkTable {
  #chunks = new Map<number, Chunk>();
  /** The chunk last looked at: files are read and written in runs. */
  #lastIndex = -1;
  #last: Chunk | undefined;

  find(chunkIndex: number): Chunk | undefined {
    if (chunkIndex === this.#lastIndex) return this.#last;
    const chunk = this.#chunks.get(chunkIndex);
    if (chunk !== undefined) {
      this.#lastIndex = chunkIndex;
      this.#last = chunk;
    }
    return chunk;
  }

  /** The chunk, made where it is missing, in a form that this map may change. */
  own(store: PageStore, chunkIndex: number): Chunk {
    const found = this.find(chunkIndex);
    if (found !== undefined && found.holders === 1) return found;
    const pages = found === undefined ? new Array<number>(chunkPages).fill(hole) : found.pages.slice();
    if (found !== undefined) {
      found.holders--;
      for (const page of pages) store.retain(page);
    }
    const chunk = { pages, holders: 1 };
    this.#keep(chunkIndex, chunk);
    return chunk;
  }

  /** Holds a chunk of another table as well. Returns by how many pages it holds more than before. */
  share(store: PageStore, chunkIndex: number, chunk: Chunk): number {
    const old = this.#chunks.get(chunkIndex);
    if (old === chunk) return 0;
    chunk.holders++;
    this.#keep(chunkIndex, chunk);
    const lost = old === undefined ? 0 : dataPagesOf(old);
    if (old !== undefined) letGo(store, old);
    return dataPagesOf(chunk) - lost;
  }

  /** Returns how many pages went. */
  clear(store: PageStore, from: number, to: number): number {
    let count = 0;
    for (const [chunkIndex, { pages }] of this.#chunks) {
      const start = chunkIndex * chunkPages;
      const [low, high] = [Math.max(0, from - start), Math.min(chunkPages, to - start)];
      if (low >= high) continue;
      if (high - low === chunkPages || (low === 1 && start === 0 && high === chunkPages)) {
        count += this.#drop(store, chunkIndex);
      } else if (pages.some((page, slot) => page !== hole && slot >= low && slot < high)) {
        const own = this.own(store, chunkIndex).pages;
        for (let slot = low; slot < high; slot++) {
          if (own[slot] === hole) continue;
          store.release(own[slot]!);
          own[slot] = hole;
          count++;
        }
      }
    }
    return count;
  }

  nextData(from: number): number | undefined {
    const firstChunk = Math.floor(from / chunkPages);
    let nearest: number | undefined;
    for (const chunkIndex of this.#chunks.keys()) {
      if (chunkIndex < firstChunk || (nearest !== undefined && chunkIndex > Math.floor(nearest / chunkPages)))
        continue;
      nearest = this.#firstData(chunkIndex, from) ?? nearest;
    }
    return nearest;
  }

  *indexes(from: number, to: number): Iterable<number> {
    for (const [chunkIndex, { pages }] of this.#chunks) {
      const start = chunkIndex * chunkPages;
      if (start + chunkPages <= from || start >= to) continue;
      for (let slot = Math.max(0, from - start); slot < Math.min(chunkPages, to - start); slot++) {
        if (pages[slot] !== hole) yield start + slot;
      }
    }
  }

  clone(): ChunkTable {
    const copy = new ChunkTable();
    copy.#chunks = new Map(this.#chunks);
    for (const chunk of this.#chunks.values()) chunk.holders++;
    return copy;
  }

  release(store: PageStore): void {
    for (const chunk of this.#chunks.values()) letGo(store, chunk);
  }

  #keep(chunkIndex: number, chunk: Chunk): void {
    this.#chunks.set(chunkIndex, chunk);
    this.#lastIndex = chunkIndex;
    this.#last = chunk;
  }

  /** Returns how many pages it held. */
  #drop(store: PageStore, chunkIndex: number): number {
    const chunk = this.#chunks.get(chunkIndex)!;
    this.#chunks.delete(chunkIndex);
    this.#lastIndex = -1;
    const count = dataPagesOf(chunk);
    letGo(store, chunk);
    return count;
  }

  #firstData(chunkIndex: number, from: number): number | undefined {
    const start = chunkIndex * chunkPages;
    const { pages } = this.#chunks.get(chunkIndex)!;
    for (let slot = Math.max(0, from - start); slot < chunkPages; slot++) {
      if (pages[slot] !== hole) return start + slot;
    }
    return undefined;
  }
}

function letGo(store: PageStore, chunk: Chunk): void {
  if (--chunk.holders === 0) for (const page of chunk.pages) store.release(page);
}

function dataPagesOf({ pages }: Chunk): number {
  let count = 0;
  for (const page of pages) if (page !== hole) count++;
  return count;
}

/** Returns by how many the pages that are no holes became more. */
export function putInto(
  store: PageStore,
  target: number[],
  slot: number,
  pages: PageList,
  from: number,
  length: number,
): number {
  let more = 0;
  for (let at = 0; at < length; at++) {
    const [old, page] = [target[slot + at]!, pages[from + at]!];
    target[slot + at] = page;
    if (old === hole) more++;
    else store.release(old);
    if (page === hole) more--;
  }
  return more;
}
