/** A write of the log with its bytes, as profiles read them. Valid for as long as the log keeps them. */
import type { LoggedOp, Payload } from '../persistence/crash-log.ts';
import { pageSizeBytes, type PageStore } from '../page-store.ts';
import { endsOf, pagesOf, type KeptBytes } from './kept-bytes.ts';

type LoggedWrite = Extract<LoggedOp, { readonly kind: 'write' }>;

/** Where a write went. */
export interface WrittenRange {
  readonly ino: number;
  readonly offset: number;
  readonly length: number;
}

/** The op and its payload in one object: the log can have a million. */
export class StoredWrite implements LoggedWrite, Payload {
  readonly ino: number;
  readonly offset: number;
  readonly length: number;
  readonly #store: PageStore;
  readonly #kept: KeptBytes;
  /** Where the ends begin in what holds them. */
  readonly #at: number;

  constructor(store: PageStore, { ino, offset, length }: WrittenRange, kept: KeptBytes, at: number) {
    this.#store = store;
    this.ino = ino;
    this.offset = offset;
    this.length = length;
    this.#kept = kept;
    this.#at = at;
  }

  get kind(): 'write' {
    return 'write';
  }

  get data(): Payload {
    return this;
  }

  subarray(from: number, to: number): Uint8Array {
    const pages = pagesOf(this.#kept);
    const ends = endsOf(this.#kept);
    const headLength =
      pages.length === 0 ? this.length : (pageSizeBytes - (this.offset % pageSizeBytes)) % pageSizeBytes;
    const pagesEnd = headLength + pages.length * pageSizeBytes;
    if (to <= headLength) return ends.subarray(this.#at + from, this.#at + to);
    // The tail lies behind the head.
    const tailAt = this.#at + headLength - pagesEnd;
    if (from >= pagesEnd) return ends.subarray(tailAt + from, tailAt + to);
    const bytes = new Uint8Array(to - from);
    if (from < headLength) bytes.set(ends.subarray(this.#at + from, this.#at + headLength), 0);
    const end = Math.min(to, pagesEnd);
    for (let at = Math.max(from, headLength); at < end;) {
      const inPages = at - headLength;
      const inPage = inPages % pageSizeBytes;
      const step = Math.min(pageSizeBytes - inPage, end - at);
      this.#store.copyOut(pages[Math.floor(inPages / pageSizeBytes)]!, inPage, bytes, at - from, step);
      at += step;
    }
    if (to > pagesEnd) bytes.set(ends.subarray(tailAt + pagesEnd, tailAt + to), pagesEnd - from);
    return bytes;
  }
}
