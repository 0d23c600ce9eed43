/**
 * Which page holds which 4 KiB of one face of one file, in chunks: a sparse file of terabytes costs little, a dense one a
 * number for each page. Clones share chunks until one of them changes one, so that a fork costs a file's chunks, not its
 * pages. The first page stands by itself: most files have no other.
 *
 * Invariant: a map holds a reference on its first page, and a chunk one on each page that it names, however many maps hold
 * the chunk.
 */
import { ChunkTable, chunkPages, putInto, type PageList } from './page-chunks.ts';
import type { PageStore } from './page-store.ts';
import { hole } from './page-store.ts';

export class PageMap {
  #first = hole;
  #chunks: ChunkTable | undefined;
  #count = 0;

  /** Pages that are not holes. */
  get count(): number {
    return this.#count;
  }

  /** It never had more than the first page. */
  get isSmall(): boolean {
    return this.#chunks === undefined;
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

  /** Puts pages in place from `first` on, each as `put` does. */
  putRun(store: PageStore, first: number, pages: PageList): void {
    if (this === noPages) throw new Error('pages were put into the map of what has none');
    let done = 0;
    const count = pages.length;
    if (first === 0 && count > 0) {
      this.put(store, 0, pages[0]!);
      done = 1;
    }
    if (done === count) return;
    this.#chunks ??= new ChunkTable();
    while (done < count) {
      const index = first + done;
      const slot = index % chunkPages;
      const length = Math.min(chunkPages - slot, count - done);
      const chunk = this.#chunks.own(store, Math.floor(index / chunkPages));
      this.#count += putInto(store, chunk.pages, slot, pages, done, length);
      done += length;
    }
  }

  /** Makes holes of [from, to). Costs what was there. */
  clear(store: PageStore, from: number, to: number): void {
    if (from <= 0 && to > 0 && this.#first !== hole) this.put(store, 0, hole);
    if (this.#chunks !== undefined) this.#count -= this.#chunks.clear(store, from, to);
  }

  /** Fills `target` with the pages from `first` on. */
  copyRun(first: number, target: PageList): void {
    for (let done = 0; done < target.length;) {
      const index = first + done;
      const slot = index % chunkPages;
      const length = Math.min(chunkPages - slot, target.length - done);
      const pages = this.#chunks?.find(Math.floor(index / chunkPages))?.pages;
      for (let at = 0; at < length; at++) target[done + at] = pages?.[slot + at] ?? hole;
      done += length;
    }
    if (first === 0 && target.length > 0) target[0] = this.#first;
  }

  /** Whether both maps hold the same pages around an index because they hold one chunk. */
  sharesChunk(other: PageMap, index: number): boolean {
    if (index === 0 || this.#chunks === undefined || other.#chunks === undefined) return false;
    const chunkIndex = Math.floor(index / chunkPages);
    const chunk = this.#chunks.find(chunkIndex);
    return chunk !== undefined && chunk === other.#chunks.find(chunkIndex);
  }

  /**
   * Holds from now on what the other map holds around an index, all of the chunk but the file's first page. For who knows that they
   * differ in much of it: whoever changes one of them next has to copy the chunk.
   */
  shareChunk(store: PageStore, other: PageMap, index: number): void {
    if (this === noPages) throw new Error('pages were put into the map of what has none');
    const chunkIndex = Math.floor(index / chunkPages);
    const chunk = other.#chunks?.find(chunkIndex);
    if (chunk === undefined) {
      this.clear(store, Math.max(1, chunkIndex * chunkPages), (chunkIndex + 1) * chunkPages);
      return;
    }
    this.#chunks ??= new ChunkTable();
    this.#count += this.#chunks.share(store, chunkIndex, chunk);
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
