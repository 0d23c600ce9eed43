/**
 * The bytes of a disk, once each: 4 KiB pages in large slabs, counted references, copy-on-write by whoever holds them.
 *
 * Invariant: a page with one reference may be written in place by its holder; with more it is shared between faces or
 * images and must never be. Page 0 is the hole: all zeros, owned by nobody.
 */
export const pageSizeBytes = 4096;
export const hole = 0;

const pagesPerSlab = 1024;
const slabSizeBytes = pagesPerSlab * pageSizeBytes;

export class PageStore {
  readonly #slabs: Uint8Array[] = [];
  #references = new Int32Array(pagesPerSlab);
  /** Freed pages, to be used again; the stack keeps recently touched memory warm. */
  readonly #free: number[] = [];
  #nextFresh = 1;
  #used = 0;
  readonly #limit: number;

  constructor(limitBytes: number) {
    this.#limit = Math.floor(limitBytes / pageSizeBytes);
  }

  get usedBytes(): number {
    return this.#used * pageSizeBytes;
  }

  get limitBytes(): number {
    return this.#limit * pageSizeBytes;
  }

  /** A page with one reference and unspecified bytes; `hole` when the store is full and may not grow `beyondLimit`. */
  allocate(beyondLimit = false): number {
    if (this.#used >= this.#limit && !beyondLimit) return hole;
    this.#used++;
    const page = this.#free.pop() ?? this.#fresh();
    this.#references[page] = 1;
    return page;
  }

  /** Copies without making a view: this is the hot path of every write, and views cost more than the copy. */
  copyIn(page: number, pageOffset: number, source: Uint8Array, from: number, length: number): void {
    const start = (page % pagesPerSlab) * pageSizeBytes + pageOffset;
    const slab = this.#slab(page);
    if (from === 0 && length === source.length) slab.set(source, start);
    else slab.set(source.subarray(from, from + length), start);
  }

  copyOut(page: number, pageOffset: number, target: Uint8Array, to: number, length: number): void {
    if (page === hole) {
      target.fill(0, to, to + length);
      return;
    }
    const start = (page % pagesPerSlab) * pageSizeBytes + pageOffset;
    target.set(this.#slab(page).subarray(start, start + length), to);
  }

  zero(page: number, from: number, to: number): void {
    const start = (page % pagesPerSlab) * pageSizeBytes;
    this.#slab(page).fill(0, start + from, start + to);
  }

  copyPage(source: number, target: number): void {
    const to = (target % pagesPerSlab) * pageSizeBytes;
    if (source === hole) {
      this.#slab(target).fill(0, to, to + pageSizeBytes);
      return;
    }
    const from = (source % pagesPerSlab) * pageSizeBytes;
    this.#slab(target).set(this.#slab(source).subarray(from, from + pageSizeBytes), to);
  }

  retain(page: number): void {
    if (page !== hole) this.#references[page]!++;
  }

  release(page: number): void {
    if (page === hole) return;
    const left = --this.#references[page]!;
    if (left > 0) return;
    if (left < 0) throw new Error(`page ${page} was released more often than it was held`);
    this.#used--;
    this.#free.push(page);
  }

  isShared(page: number): boolean {
    return this.#references[page]! > 1;
  }

  #slab(page: number): Uint8Array {
    const slab = this.#slabs[Math.floor(page / pagesPerSlab)];
    if (slab === undefined || page === hole) throw new Error(`page ${page} does not exist`);
    return slab;
  }

  #fresh(): number {
    const page = this.#nextFresh++;
    if (page >= this.#slabs.length * pagesPerSlab) this.#slabs.push(new Uint8Array(slabSizeBytes));
    if (page >= this.#references.length) {
      const grown = new Int32Array(this.#references.length * 2);
      grown.set(this.#references);
      this.#references = grown;
    }
    return page;
  }
}
