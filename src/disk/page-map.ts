/**
 * Which page holds which 4 KiB of one face of one file, in chunks: a sparse file of terabytes costs little, a dense one a
 * number for each page. Clones share chunks until one of them changes one, so that a fork costs a file's chunks, not its
 * pages. The first page stands by itself: most files have no other.
 *
 * Invariant: a map holds a reference on its first page, and a chunk one on each page that it names, however many maps hold
 * the chunk.
 */
import type { PageStore } from './page-store.ts';
import { hole } from './page-store.ts';

const chunkPages = 64;

interface Chunk {
  /** A plain array of small integers: V8 makes one far faster than a typed array. */
  readonly pages: number[];
  holders: number;
}

export class PageMap {
  #first = hole;
  #chunks: ChunkTable | undefined;
  #count = 0;

  /** Pages that are not holes. */
  get count(): number {
    return this.#count;
  }

  get(index: number): number {
    if (index === 0) return this.#first;
    return this.#chunks?.find(Math.floor(index / chunkPages))?.pages[index % chunkPages] ?? hole;
  }

  /** The page, where this map alone holds it, so that bytes up to `end` may be written in place; `hole` otherwise. */
  writable(store: PageStore, index: number, end: number): number {
    let page = this.#first;
    if (index !== 0) {
      const chunk = this.#chunks?.find(Math.floor(index / chunkPages));
      // Another holder of the chunk would see a write in place, whatever the page's own count says.
      if (chunk === undefined || chunk.holders > 1) return hole;
      page = chunk.pages[index % chunkPages]!;
    }
    return page !== hole && store.isWritable(page, end) ? page : hole;
  }

  /** Puts a page in place, with the caller's reference on it, and gives the old one back. */
  put(store: PageStore, index: number, page: number): void {
    if (this === noPages) throw new Error('a page was put into the map of what has none');
    const old = index === 0 ? this.#first : this.#put(store, index, page);
    if (index === 0) this.#first = page;
    if (old === hole && page !== hole) this.#count++;
    if (old !== hole && page === hole) this.#count--;
    store.release(old);
  }

  /** The first index at or after `from` that is not a hole, or undefined. */
  nextData(from: number): number | undefined {
    if (from <= 0 && this.#first !== hole) return 0;
    return this.#chunks?.nextData(from);
  }

  /** Every index in [from, to) that is not a hole, in no particular order. */
  *indexes(from = 0, to = Infinity): Iterable<number> {
    if (from <= 0 && to > 0 && this.#first !== hole) yield 0;
    if (this.#chunks !== undefined) yield* this.#chunks.indexes(from, to);
  }

  /** A second map over the same pages. */
  clone(store: PageStore): PageMap {
    const copy = new PageMap();
    store.retain(this.#first);
    copy.#first = this.#first;
    copy.#chunks = this.#chunks?.clone();
    copy.#count = this.#count;
    return copy;
  }

  /** Gives every page back. The map is empty afterwards. */
  release(store: PageStore): void {
    store.release(this.#first);
    this.#chunks?.release(store);
    this.#first = hole;
    this.#chunks = undefined;
    this.#count = 0;
  }

  /** Returns the old page, the reference on which is the caller's. */
  #put(store: PageStore, index: number, page: number): number {
    this.#chunks ??= new ChunkTable();
    const { pages } = this.#chunks.own(store, Math.floor(index / chunkPages));
    const slot = index % chunkPages;
    const old = pages[slot]!;
    pages[slot] = page;
    return old;
  }
}

/** Stands in for the map of what has no pages. Nothing is ever put into it. */
export const noPages = new PageMap();

/** The chunks of one map, by their number. */
class ChunkTable {
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
    this.#chunks.set(chunkIndex, chunk);
    this.#lastIndex = chunkIndex;
    this.#last = chunk;
    return chunk;
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
    for (const chunk of this.#chunks.values()) {
      if (--chunk.holders === 0) for (const page of chunk.pages) store.release(page);
    }
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
