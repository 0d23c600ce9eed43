/**
 * A write with its bytes as they were when it was made. Whole pages are not copied: a reference keeps them, and who writes there
 * next gets a page of his own. Only what covers a page in part is copied. One is made for every write of a program, and most live
 * until the next barrier: so it is the op of the log and its payload in one object, and one page needs no list.
 */
import type { LoggedOp, Payload } from '../persistence/crash-log.ts';
import type { PageMap } from '../page-map.ts';
import { pageSizeBytes, type PageStore } from '../page-store.ts';

type LoggedWrite = Extract<LoggedOp, { readonly kind: 'write' }>;

export class StoredWrite implements LoggedWrite, Payload {
  readonly ino: number;
  readonly offset: number;
  readonly length: number;
  readonly #store: PageStore;
  /** None once it was released. */
  #pages: Pages;
  /** What precedes the first whole page and follows the last one; all of it, where there is none. */
  readonly #ends: { readonly head: Uint8Array; readonly tail: Uint8Array } | undefined;

  private constructor(
    store: PageStore,
    ino: number,
    offset: number,
    length: number,
    pages: Pages,
    ends: { readonly head: Uint8Array; readonly tail: Uint8Array } | undefined,
  ) {
    this.#store = store;
    this.ino = ino;
    this.offset = offset;
    this.length = length;
    this.#pages = pages;
    this.#ends = ends;
  }

  /** `bytes` were just written at `offset` of the file that `map` belongs to, and are the caller's again afterwards. */
  static of(store: PageStore, map: PageMap, ino: number, offset: number, bytes: Uint8Array): StoredWrite {
    const { length } = bytes;
    const first = Math.ceil(offset / pageSizeBytes);
    const last = Math.floor((offset + length) / pageSizeBytes);
    // A Buffer's own slice() shares the bytes.
    if (first >= last) {
      const ends = { head: Uint8Array.from(bytes), tail: noBytes };
      return new StoredWrite(store, ino, offset, length, undefined, ends);
    }
    const headLength = first * pageSizeBytes - offset;
    const tailLength = offset + length - last * pageSizeBytes;
    const isWhole = headLength === 0 && tailLength === 0;
    const ends = isWhole
      ? undefined
      : {
          head: Uint8Array.from(bytes.subarray(0, headLength)),
          tail: Uint8Array.from(bytes.subarray(length - tailLength)),
        };
    return new StoredWrite(store, ino, offset, length, retained(store, map, first, last), ends);
  }

  get kind(): 'write' {
    return 'write';
  }

  get data(): Payload {
    return this;
  }

  subarray(from: number, to: number): Uint8Array {
    const head = this.#ends?.head ?? noBytes;
    const pages = listOf(this.#pages);
    const pagesEnd = head.length + pages.length * pageSizeBytes;
    if (to <= head.length) return head.subarray(from, to);
    const tail = this.#ends?.tail ?? noBytes;
    if (from >= pagesEnd) return tail.subarray(from - pagesEnd, to - pagesEnd);
    const bytes = new Uint8Array(to - from);
    if (from < head.length) bytes.set(head.subarray(from), 0);
    const end = Math.min(to, pagesEnd);
    for (let at = Math.max(from, head.length); at < end;) {
      const inPages = at - head.length;
      const inPage = inPages % pageSizeBytes;
      const step = Math.min(pageSizeBytes - inPage, end - at);
      this.#store.copyOut(pages[Math.floor(inPages / pageSizeBytes)]!, inPage, bytes, at - from, step);
      at += step;
    }
    if (to > pagesEnd) bytes.set(tail.subarray(0, to - pagesEnd), pagesEnd - from);
    return bytes;
  }

  /** A second holder of the same bytes. */
  share(): StoredWrite {
    for (const page of listOf(this.#pages)) this.#store.retain(page);
    return new StoredWrite(this.#store, this.ino, this.offset, this.length, this.#pages, this.#ends);
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
const noBytes = new Uint8Array(0);
