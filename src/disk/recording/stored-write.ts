/**
 * A write with its bytes as they were when it was made. Whole pages are not copied: a reference keeps them, and who writes there
 * next gets a page of his own. Only what covers a page in part is copied (small-payloads.ts). One is made for every write of a program,
 * and most live until the next barrier: so it is the op of the log and its payload in one object, and one page needs no list.
 */
import type { LoggedOp, Payload } from '../persistence/crash-log.ts';
import type { PageMap } from '../page-map.ts';
import { pageSizeBytes, type PageStore } from '../page-store.ts';
import type { KeptBytes, SmallPayloads } from './small-payloads.ts';

type LoggedWrite = Extract<LoggedOp, { readonly kind: 'write' }>;

export class StoredWrite implements LoggedWrite, Payload {
  readonly ino: number;
  readonly offset: number;
  readonly length: number;
  readonly #store: PageStore;
  /** None once it was released. */
  #pages: Pages;
  /** What precedes the first whole page, and then what follows the last one; all of it, where there is none. From `#at` on. */
  readonly #ends: Uint8Array;
  readonly #at: number;

  private constructor(
    store: PageStore,
    ino: number,
    offset: number,
    length: number,
    pages: Pages,
    ends: KeptBytes,
  ) {
    this.#store = store;
    this.ino = ino;
    this.offset = offset;
    this.length = length;
    this.#pages = pages;
    this.#ends = ends.bytes;
    this.#at = ends.at;
  }

  /** `bytes` were just written at `offset` of the file that `map` belongs to, and are the caller's again afterwards. */
  static of(
    { store, payloads }: { readonly store: PageStore; readonly payloads: SmallPayloads },
    map: PageMap,
    ino: number,
    offset: number,
    bytes: Uint8Array,
  ): StoredWrite {
    const { length } = bytes;
    const first = Math.ceil(offset / pageSizeBytes);
    const last = Math.floor((offset + length) / pageSizeBytes);
    if (first >= last)
      return new StoredWrite(store, ino, offset, length, undefined, payloads.keep(bytes, length, 0));
    const headLength = first * pageSizeBytes - offset;
    const tailLength = offset + length - last * pageSizeBytes;
    const ends = payloads.keep(bytes, headLength, tailLength);
    return new StoredWrite(store, ino, offset, length, retained(store, map, first, last), ends);
  }

  get kind(): 'write' {
    return 'write';
  }

  get data(): Payload {
    return this;
  }

  subarray(from: number, to: number): Uint8Array {
    const pages = listOf(this.#pages);
    const headLength =
      pages.length === 0 ? this.length : (pageSizeBytes - (this.offset % pageSizeBytes)) % pageSizeBytes;
    const pagesEnd = headLength + pages.length * pageSizeBytes;
    if (to <= headLength) return this.#ends.subarray(this.#at + from, this.#at + to);
    // The tail lies behind the head.
    const tailAt = this.#at + headLength - pagesEnd;
    if (from >= pagesEnd) return this.#ends.subarray(tailAt + from, tailAt + to);
    const bytes = new Uint8Array(to - from);
    if (from < headLength) bytes.set(this.#ends.subarray(this.#at + from, this.#at + headLength), 0);
    const end = Math.min(to, pagesEnd);
    for (let at = Math.max(from, headLength); at < end;) {
      const inPages = at - headLength;
      const inPage = inPages % pageSizeBytes;
      const step = Math.min(pageSizeBytes - inPage, end - at);
      this.#store.copyOut(pages[Math.floor(inPages / pageSizeBytes)]!, inPage, bytes, at - from, step);
      at += step;
    }
    if (to > pagesEnd) bytes.set(this.#ends.subarray(tailAt + pagesEnd, tailAt + to), pagesEnd - from);
    return bytes;
  }

  /** A second holder of the same bytes. */
  share(): StoredWrite {
    for (const page of listOf(this.#pages)) this.#store.retain(page);
    return new StoredWrite(this.#store, this.ino, this.offset, this.length, this.#pages, {
      bytes: this.#ends,
      at: this.#at,
    });
  }

  /** It must not be read afterwards. */
  release(): void {
    for (const page of listOf(this.#pages)) this.#store.release(page);
    this.#pages = undefined;
  }
}

function retained(store: PageStore, map: PageMap, first: number, last: number): Pages {
  if (last - first === 1) {
    const page = map.get(first);
    store.retain(page);
    return page;
  }
  const pages: number[] = [];
  for (let index = first; index < last; index++) {
    const page = map.get(index);
    store.retain(page);
    pages.push(page);
  }
  return pages;
}

/** Most writes cover one page. */
type Pages = number | readonly number[] | undefined;

function listOf(pages: Pages): readonly number[] {
  if (pages === undefined) return nothing;
  return typeof pages === 'number' ? [pages] : pages;
}

const nothing: readonly number[] = [];
