/**
 * The bytes of a write as they were when it was made. Whole pages are not copied: a reference keeps them, and who writes there next
 * gets a page of his own. Only what covers a page in part is copied.
 */
import type { Payload } from '../persistence/crash-log.ts';
import type { PageMap } from '../page-map.ts';
import { pageSizeBytes, type PageStore } from '../page-store.ts';

export class StoredPayload implements Payload {
  readonly length: number;
  readonly #store: PageStore;
  readonly #offset: number;
  /** Up to the first whole page, and from the last one on. */
  readonly #head: Uint8Array;
  readonly #tail: Uint8Array;
  /** Empty once it was released. */
  #pages: readonly number[];

  private constructor(
    store: PageStore,
    place: { readonly offset: number; readonly length: number },
    parts: { readonly head: Uint8Array; readonly pages: readonly number[]; readonly tail: Uint8Array },
  ) {
    this.#store = store;
    this.#offset = place.offset;
    this.length = place.length;
    this.#head = parts.head;
    this.#pages = parts.pages;
    this.#tail = parts.tail;
  }

  /** `bytes` were just written at `offset` of the file that `map` belongs to, and are the caller's again afterwards. */
  static of(store: PageStore, map: PageMap, offset: number, bytes: Uint8Array): StoredPayload {
    const end = offset + bytes.length;
    const first = Math.ceil(offset / pageSizeBytes);
    const last = Math.floor(end / pageSizeBytes);
    const place = { offset, length: bytes.length };
    // A Buffer's own slice() shares the bytes.
    if (first >= last)
      return new StoredPayload(store, place, { head: Uint8Array.from(bytes), pages: nothing, tail: noBytes });
    const pages: number[] = [];
    for (let index = first; index < last; index++) {
      const page = map.get(index);
      store.retain(page);
      pages.push(page);
    }
    const head = first * pageSizeBytes - offset;
    const tail = end - last * pageSizeBytes;
    return new StoredPayload(store, place, {
      head: head === 0 ? noBytes : Uint8Array.from(bytes.subarray(0, head)),
      pages,
      tail: tail === 0 ? noBytes : Uint8Array.from(bytes.subarray(bytes.length - tail)),
    });
  }

  subarray(from: number, to: number): Uint8Array {
    const { length: headLength } = this.#head;
    const pagesEnd = headLength + this.#pages.length * pageSizeBytes;
    if (to <= headLength) return this.#head.subarray(from, to);
    if (from >= pagesEnd) return this.#tail.subarray(from - pagesEnd, to - pagesEnd);
    const bytes = new Uint8Array(to - from);
    if (from < headLength) bytes.set(this.#head.subarray(from), 0);
    for (let at = Math.max(from, headLength); at < Math.min(to, pagesEnd);) {
      const index = Math.floor((at - headLength) / pageSizeBytes);
      const inPage = (at - headLength) % pageSizeBytes;
      const step = Math.min(pageSizeBytes - inPage, Math.min(to, pagesEnd) - at);
      this.#store.copyOut(this.#pages[index]!, inPage, bytes, at - from, step);
      at += step;
    }
    if (to > pagesEnd) bytes.set(this.#tail.subarray(0, to - pagesEnd), pagesEnd - from);
    return bytes;
  }

  /** A second holder of the same bytes. */
  share(): StoredPayload {
    for (const page of this.#pages) this.#store.retain(page);
    const { length } = this;
    const parts = { head: this.#head, pages: this.#pages, tail: this.#tail };
    return new StoredPayload(this.#store, { offset: this.#offset, length }, parts);
  }

  /** It must not be read afterwards. */
  release(): void {
    for (const page of this.#pages) this.#store.release(page);
    this.#pages = nothing;
  }
}

const nothing: readonly number[] = [];
const noBytes = new Uint8Array(0);
