/**
 * The bytes of one block device, in the pages of our own disk's store: a fork costs what differs, never what exists. It knows
 * no flushes; what of it survives a power cut is asked of its log (block-log.ts).
 */
import { PageMap } from '../disk/page-map.ts';
import { hole, pageSizeBytes, type PageStore } from '../disk/page-store.ts';

export class BlockDevice {
  readonly sizeBytes: number;
  readonly #store: PageStore;
  readonly #pages: PageMap;

  constructor(store: PageStore, sizeBytes: number, pages = new PageMap()) {
    if (sizeBytes % pageSizeBytes !== 0)
      throw new Error(`a device of ${sizeBytes} bytes is no whole number of pages`);
    this.sizeBytes = sizeBytes;
    this.#store = store;
    this.#pages = pages;
  }

  get usedBytes(): number {
    return this.#pages.count * pageSizeBytes;
  }

  /** Returns the bytes read, fewer only at the end of the device. */
  read(offset: number, target: Uint8Array, targetOffset: number, length: number): number {
    const end = Math.min(offset + length, this.sizeBytes);
    for (let at = offset; at < end;) {
      const inPage = at % pageSizeBytes;
      const step = Math.min(pageSizeBytes - inPage, end - at);
      const page = this.#pages.get(Math.floor(at / pageSizeBytes));
      this.#store.copyOut(page, inPage, target, targetOffset + at - offset, step);
      at += step;
    }
    return Math.max(0, end - offset);
  }

  /** The caller has seen to it that all of it lies on the device. */
  write(offset: number, bytes: Uint8Array): void {
    if (offset + bytes.length > this.sizeBytes)
      throw new Error(`a write at ${offset} ends beyond the device`);
    for (let done = 0; done < bytes.length;) {
      const at = offset + done;
      const inPage = at % pageSizeBytes;
      const step = Math.min(pageSizeBytes - inPage, bytes.length - done);
      this.#writeInPage(Math.floor(at / pageSizeBytes), inPage, bytes.subarray(done, done + step));
      done += step;
    }
  }

  /** The page that holds a byte, as the store numbers it; whoever keeps the number holds a reference of its own on it. */
  pageAt(offset: number): number {
    return this.#pages.get(Math.floor(offset / pageSizeBytes));
  }

  /** From now on the page at this offset is what it is on the other device. */
  share(other: BlockDevice, offset: number): void {
    const page = other.pageAt(offset);
    this.#store.retain(page);
    this.#pages.put(this.#store, Math.floor(offset / pageSizeBytes), page);
  }

  fork(): BlockDevice {
    return new BlockDevice(this.#store, this.sizeBytes, this.#pages.clone(this.#store));
  }

  /** Gives its pages back; it reads as zeros afterwards. */
  release(): void {
    this.#pages.release(this.#store);
  }

  #writeInPage(index: number, inPage: number, bytes: Uint8Array): void {
    const whole = bytes.length === pageSizeBytes;
    // mkfs writes zeros by the megabyte: a log, an inode table.
    if (whole && isZero(bytes)) {
      this.#pages.put(this.#store, index, hole);
      return;
    }
    let page = this.#pages.writable(this.#store, index, pageSizeBytes);
    if (page === hole) {
      page = whole ? this.#store.allocate() : this.#store.allocateCopy(this.#pages.get(index), pageSizeBytes);
      if (page === hole) throw new Error('the memory for block devices is full');
      this.#pages.put(this.#store, index, page);
    }
    this.#store.copyIn(page, inPage, bytes, 0, bytes.length);
  }
}

const zeros = new Uint8Array(pageSizeBytes);

/** Of a whole page. */
function isZero(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes, zeros) === 0;
}
