/**
 * Which page holds which 4 KiB of one face of one file, in chunks: a sparse file of terabytes costs little, a dense one a
 * number for each page. Clones share chunks until one of them changes one, so that a fork costs a file's chunks, not its
 * pages.
 *
 * Invariant: a chunk holds one reference on each page that it names, however many maps hold the chunk.
 */
import type { PageStore } from './page-store.ts';
import { hole } from './page-store.ts';

const chunkPages = 64;

interface Chunk {
  /** A plain array of small integers: V8 makes one far faster than a typed array, and most files have one chunk. */
  readonly pages: number[];
  holders: number;
}

export class PageMap {
  /** Made with the first page: most inodes of a source tree are small, and directories have none. */
  #chunks: Map<number, Chunk> | undefined;
  /** The chunk last looked at: files are read and written in runs. */
  #lastIndex = -1;
  #last: Chunk | undefined;
  #count = 0;

  /** Pages that are not holes. */
  get count(): number {
    return this.#count;
  }

  get(index: number): number {
    return this.#chunk(Math.floor(index / chunkPages))?.pages[index % chunkPages] ?? hole;
  }

  /** The page, where this map alone holds it, so that it may be written in place; `hole` otherwise. */
  exclusive(store: PageStore, index: number): number {
    const chunkIndex = Math.floor(index / chunkPages);
    const chunk = this.#chunk(chunkIndex);
    // Another holder of the chunk would see a write in place, whatever the page's own count says.
    if (chunk === undefined || chunk.holders > 1) return hole;
    const page = chunk.pages[index % chunkPages]!;
    return page === hole || store.isShared(page) ? hole : page;
  }

  /** Puts a page in place, with the caller's reference on it, and gives the old one back. */
  put(store: PageStore, index: number, page: number): void {
    const chunk = this.#ownChunk(store, Math.floor(index / chunkPages));
    const slot = index % chunkPages;
    const old = chunk.pages[slot]!;
    if (old === hole && page !== hole) this.#count++;
    if (old !== hole && page === hole) this.#count--;
    chunk.pages[slot] = page;
    store.release(old);
  }

  /** The first index at or after `from` that is not a hole, or undefined. */
  nextData(from: number): number | undefined {
    const firstChunk = Math.floor(from / chunkPages);
    let nearest: number | undefined;
    for (const chunkIndex of this.#chunks?.keys() ?? []) {
      if (chunkIndex < firstChunk || (nearest !== undefined && chunkIndex > Math.floor(nearest / chunkPages)))
        continue;
      nearest = this.#firstData(chunkIndex, from) ?? nearest;
    }
    return nearest;
  }

  /** Every index in [from, to) that is not a hole, in no particular order. */
  *indexes(from = 0, to = Infinity): Iterable<number> {
    for (const [chunkIndex, { pages }] of this.#chunks ?? []) {
      const start = chunkIndex * chunkPages;
      if (start + chunkPages <= from || start >= to) continue;
      for (let slot = Math.max(0, from - start); slot < Math.min(chunkPages, to - start); slot++) {
        if (pages[slot] !== hole) yield start + slot;
      }
    }
  }

  /** A second map over the same pages. */
  clone(): PageMap {
    const copy = new PageMap();
    if (this.#chunks === undefined) return copy;
    copy.#chunks = new Map(this.#chunks);
    for (const chunk of this.#chunks.values()) chunk.holders++;
    copy.#count = this.#count;
    return copy;
  }

  /** Gives every page back. The map is empty afterwards. */
  release(store: PageStore): void {
    for (const chunk of this.#chunks?.values() ?? []) {
      if (--chunk.holders === 0) for (const page of chunk.pages) store.release(page);
    }
    this.#chunks = undefined;
    this.#lastIndex = -1;
    this.#last = undefined;
    this.#count = 0;
  }

  #firstData(chunkIndex: number, from: number): number | undefined {
    const start = chunkIndex * chunkPages;
    const { pages } = this.#chunks!.get(chunkIndex)!;
    for (let slot = Math.max(0, from - start); slot < chunkPages; slot++) {
      if (pages[slot] !== hole) return start + slot;
    }
    return undefined;
  }

  #chunk(chunkIndex: number): Chunk | undefined {
    if (chunkIndex === this.#lastIndex) return this.#last;
    const chunk = this.#chunks?.get(chunkIndex);
    if (chunk !== undefined) {
      this.#lastIndex = chunkIndex;
      this.#last = chunk;
    }
    return chunk;
  }

  /** The chunk, made where it is missing, in a form that this map may change. */
  #ownChunk(store: PageStore, chunkIndex: number): Chunk {
    const found = this.#chunk(chunkIndex);
    if (found !== undefined && found.holders === 1) return found;
    const pages = found === undefined ? new Array<number>(chunkPages).fill(hole) : found.pages.slice();
    if (found !== undefined) {
      found.holders--;
      for (const page of pages) store.retain(page);
    }
    const chunk = { pages, holders: 1 };
    this.#chunks ??= new Map();
    this.#chunks.set(chunkIndex, chunk);
    this.#lastIndex = chunkIndex;
    this.#last = chunk;
    return chunk;
  }
}
