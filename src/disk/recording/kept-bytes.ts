/**
 * The bytes of a write, as they were when it was made. Whole pages are not copied: a reference keeps them, and who writes there next
 * gets a page of his own. Only what covers a page in part is copied, small pieces side by side: an array of its own costs ten times
 * what it holds. Bytes that were kept never change.
 */
import type { PageMap } from '../page-map.ts';
import { pageSizeBytes, type PageStore } from '../page-store.ts';

/** One page and nothing else, as of most writes; bytes that cover no page whole, from `at` on; or both. */
export type KeptBytes = number | Uint8Array | KeptParts;

interface KeptParts {
  readonly pages: readonly number[];
  /** What precedes the first page, and then what follows the last one, from `at` on. */
  readonly ends: Uint8Array;
}

/** A slab lives as long as one of its writes does, so slabs are small, and what fills a good part of one gets an array of its own. */
const slabSizeBytes = 4096;
const largestInSlabBytes = slabSizeBytes / 4;
/** A view costs more than to copy so many one by one. */
const fewBytes = 48;
const nothing = new Uint8Array(0);

export class BytesKeeper {
  readonly #store: PageStore;
  #slab = nothing;
  #used = 0;
  /** Where in its array the beginning of what was kept last is. */
  at = 0;

  constructor(store: PageStore) {
    this.#store = store;
  }

  /** `bytes` were just written at `offset` of the file that `map` belongs to, and are the caller's again afterwards. */
  keep(map: PageMap, offset: number, bytes: Uint8Array): KeptBytes {
    const { length } = bytes;
    const first = Math.ceil(offset / pageSizeBytes);
    const last = Math.floor((offset + length) / pageSizeBytes);
    this.at = 0;
    if (first >= last) return this.#copy(bytes, length, 0);
    const headLength = first * pageSizeBytes - offset;
    const tailLength = offset + length - last * pageSizeBytes;
    if (headLength + tailLength === 0 && last - first === 1) return this.#retain(map, first);
    const ends = this.#copy(bytes, headLength, tailLength);
    const pages: number[] = [];
    for (let index = first; index < last; index++) pages.push(this.#retain(map, index));
    return { pages, ends };
  }

  /** They have a second holder. */
  share(kept: KeptBytes): void {
    for (const page of pagesOf(kept)) this.#store.retain(page);
  }

  /** One holder does not need them any more. */
  release(kept: KeptBytes): void {
    if (typeof kept === 'number') this.#store.release(kept);
    else for (const page of pagesOf(kept)) this.#store.release(page);
  }

  /** Nothing that was kept is needed any more. */
  startAnew(): void {
    this.#used = 0;
  }

  /** Somebody else needs what was kept in it from now on. */
  leaveSlab(): void {
    this.#slab = nothing;
    this.#used = 0;
  }

  #retain(map: PageMap, index: number): number {
    const page = map.get(index);
    this.#store.retain(page);
    return page;
  }

  /** The first and the last of these bytes, one behind the other. */
  #copy(bytes: Uint8Array, headLength: number, tailLength: number): Uint8Array {
    const length = headLength + tailLength;
    if (length === 0) return nothing;
    const target = this.#room(length);
    if (length <= fewBytes) {
      const gap = bytes.length - length;
      for (let index = 0; index < length; index++)
        target[this.at + index] = bytes[index < headLength ? index : gap + index]!;
      return target;
    }
    target.set(headLength === bytes.length ? bytes : bytes.subarray(0, headLength), this.at);
    if (tailLength > 0) target.set(bytes.subarray(bytes.length - tailLength), this.at + headLength);
    return target;
  }

  #room(length: number): Uint8Array {
    if (length > largestInSlabBytes) return new Uint8Array(length);
    if (this.#used + length > this.#slab.length) {
      this.#slab = new Uint8Array(slabSizeBytes);
      this.#used = 0;
    }
    this.at = this.#used;
    this.#used += length;
    return this.#slab;
  }
}

const noPages: readonly number[] = [];

export function pagesOf(kept: KeptBytes): readonly number[] {
  if (typeof kept === 'number') return [kept];
  return kept instanceof Uint8Array ? noPages : kept.pages;
}

export function endsOf(kept: KeptBytes): Uint8Array {
  if (typeof kept === 'number') return nothing;
  return kept instanceof Uint8Array ? kept : kept.ends;
}
