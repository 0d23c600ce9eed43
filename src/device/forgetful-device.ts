/**
 * A block device that forgets: what was flushed stays, and of what came later a power cut keeps what somebody chooses. It keeps
 * each write since the last flush with its bytes as they were then, by holding on to the pages that it left. Pure.
 *
 * A flush covers what had arrived when it was asked for: requests are taken one by one. A real device may still lose what was in
 * flight then, so that what is left here is never more than what a real one may leave.
 */
import { pageSizeBytes, type PageStore } from '../disk/page-store.ts';
import type { BlockDevice } from './block-device.ts';
import type { KeptPart } from './kept-part.ts';

export interface UnflushedWrite {
  /** Of the device's ops: writes and flushes, from 1. */
  readonly number: number;
  readonly timeMs: number;
  readonly offset: number;
  readonly length: number;
  /** The pages that it left, the first one that of `offset`; each held. */
  readonly pages: readonly number[];
}

export class ForgetfulDevice {
  readonly #store: PageStore;
  readonly #volatile: BlockDevice;
  readonly #flushed: BlockDevice;
  #unflushed: UnflushedWrite[] = [];
  #unflushedBytes = 0;

  /** All that `content` holds is durable; it belongs to this device from now on. */
  constructor(store: PageStore, content: BlockDevice) {
    this.#store = store;
    this.#volatile = content;
    this.#flushed = content.fork();
  }

  get sizeBytes(): number {
    return this.#volatile.sizeBytes;
  }

  /** Since the last flush, in order. */
  get unflushed(): readonly UnflushedWrite[] {
    return this.#unflushed;
  }

  get unflushedBytes(): number {
    return this.#unflushedBytes;
  }

  read(offset: number, target: Uint8Array, targetOffset: number, length: number): number {
    return this.#volatile.read(offset, target, targetOffset, length);
  }

  write(offset: number, bytes: Uint8Array, op: Pick<UnflushedWrite, 'number' | 'timeMs'>): void {
    this.#volatile.write(offset, bytes);
    const pages = pageOffsets(offset, bytes.length).map((at) => this.#volatile.pageAt(at));
    for (const page of pages) this.#store.retain(page);
    this.#unflushed.push({ ...op, offset, length: bytes.length, pages });
    this.#unflushedBytes += bytes.length;
  }

  flush(): void {
    for (const { offset, length } of this.#unflushed) {
      for (const at of pageOffsets(offset, length)) this.#flushed.share(this.#volatile, at);
    }
    this.#forgetWrites();
  }

  /** What a power cut leaves that keeps these parts of what was not flushed. */
  image(kept: readonly KeptPart[]): BlockDevice {
    const image = this.#flushed.fork();
    for (const { write, start, end } of kept) {
      const unflushed = this.#unflushed[write]!;
      image.write(unflushed.offset + start, bytesOf(this.#store, unflushed).subarray(start, end));
    }
    return image;
  }

  /** The writes of the last stretch, their pages with them: whoever takes them gives them back with `releaseWrites`. */
  takeUnflushed(): readonly UnflushedWrite[] {
    const taken = this.#unflushed;
    this.#unflushed = [];
    this.#unflushedBytes = 0;
    return taken;
  }

  release(): void {
    this.#forgetWrites();
    this.#volatile.release();
    this.#flushed.release();
  }

  #forgetWrites(): void {
    releaseWrites(this.#store, this.takeUnflushed());
  }
}

/** The bytes of a write, as it wrote them. */
export function bytesOf(store: PageStore, { offset, length, pages }: UnflushedWrite): Uint8Array {
  const bytes = new Uint8Array(length);
  for (const [index, page] of pages.entries()) {
    const start = index === 0 ? offset % pageSizeBytes : 0;
    const done = index === 0 ? 0 : index * pageSizeBytes - (offset % pageSizeBytes);
    store.copyOut(page, start, bytes, done, Math.min(pageSizeBytes - start, length - done));
  }
  return bytes;
}

export function releaseWrites(store: PageStore, writes: readonly UnflushedWrite[]): void {
  for (const { pages } of writes) for (const page of pages) store.release(page);
}

/** An offset in each page that a range touches. */
function pageOffsets(offset: number, length: number): number[] {
  const first = offset - (offset % pageSizeBytes);
  const count = Math.ceil((offset + length - first) / pageSizeBytes);
  return Array.from({ length: count }, (_, index) => first + index * pageSizeBytes);
}
