/**
 * Which page holds which 4 KiB of one face of one file. Two levels, so that a sparse file of terabytes costs little and
 * a dense one four bytes a page. Holds one reference on each page that it names.
 */
import type { PageStore } from './page-store.ts';
import { hole } from './page-store.ts';

const chunkPages = 512;

export class PageMap {
  readonly #chunks = new Map<number, Int32Array>();
  /** The chunk last looked at: files are read and written in runs. */
  #lastIndex = -1;
  #last: Int32Array | undefined;
  #count = 0;

  /** Pages that are not holes. */
  get count(): number {
    return this.#count;
  }

  get(index: number): number {
    return this.#chunk(Math.floor(index / chunkPages))?.[index % chunkPages] ?? hole;
  }

  /** Puts a page in place; the caller has settled the references of the old and the new one. */
  set(index: number, page: number): void {
    const chunkIndex = Math.floor(index / chunkPages);
    let chunk = this.#chunk(chunkIndex);
    if (chunk === undefined) {
      if (page === hole) return;
      chunk = new Int32Array(chunkPages);
      this.#chunks.set(chunkIndex, chunk);
      this.#lastIndex = chunkIndex;
      this.#last = chunk;
    }
    const slot = index % chunkPages;
    if (chunk[slot] === hole && page !== hole) this.#count++;
    if (chunk[slot] !== hole && page === hole) this.#count--;
    chunk[slot] = page;
  }

  /** The first index at or after `from` that is not a hole, or undefined. */
  nextData(from: number): number | undefined {
    const firstChunk = Math.floor(from / chunkPages);
    const candidates = [...this.#chunks.keys()].filter((chunk) => chunk >= firstChunk).sort((a, b) => a - b);
    for (const chunkIndex of candidates) {
      const chunk = this.#chunks.get(chunkIndex)!;
      const start = chunkIndex === firstChunk ? from % chunkPages : 0;
      for (let slot = start; slot < chunkPages; slot++) {
        if (chunk[slot] !== hole) return chunkIndex * chunkPages + slot;
      }
    }
    return undefined;
  }

  /** Every index at or after `from` that is not a hole, in no particular order. */
  *indexes(from = 0): Iterable<number> {
    for (const [chunkIndex, chunk] of this.#chunks) {
      if ((chunkIndex + 1) * chunkPages <= from) continue;
      for (let slot = 0; slot < chunkPages; slot++) {
        const index = chunkIndex * chunkPages + slot;
        if (chunk[slot] !== hole && index >= from) yield index;
      }
    }
  }

  /** A second map over the same pages, each with one more reference. */
  clone(store: PageStore): PageMap {
    const copy = new PageMap();
    for (const [chunkIndex, chunk] of this.#chunks) {
      copy.#chunks.set(chunkIndex, chunk.slice());
      for (const page of chunk) store.retain(page);
    }
    copy.#count = this.#count;
    return copy;
  }

  /** Gives every page back. The map is empty afterwards. */
  release(store: PageStore): void {
    for (const chunk of this.#chunks.values()) for (const page of chunk) store.release(page);
    this.#chunks.clear();
    this.#lastIndex = -1;
    this.#last = undefined;
    this.#count = 0;
  }

  #chunk(chunkIndex: number): Int32Array | undefined {
    if (chunkIndex === this.#lastIndex) return this.#last;
    const chunk = this.#chunks.get(chunkIndex);
    if (chunk !== undefined) {
      this.#lastIndex = chunkIndex;
      this.#last = chunk;
    }
    return chunk;
  }
}
