/**
 * The bytes of a disk, once each: pages of 4 KiB with counted references, copy-on-write by whoever holds them. A page of
 * which only the beginning was ever written is kept as a piece that holds the beginning; the rest of it are zeros.
 *
 * Invariant: a page with one reference may be written in place by its holder, as far as `isWritable` says; with more it is
 * shared between faces or images and must never be. Page 0 is the hole: all zeros, owned by nobody. Where room is short the
 * store refuses a page; it never gives up one that somebody holds.
 */
import { blockSizeBytes, BlockStore, grown, none, type Memory } from './block-store.ts';
import { blockOf, Fragments, offsetOf, pieceUnitsFor, unitBytes, unitsPerBlock } from './fragments.ts';

export const pageSizeBytes = blockSizeBytes;
export const hole = 0;

const firstPages = 1024;

export class PageStore {
  readonly #blocks: BlockStore;
  readonly #fragments: Fragments;
  readonly #limit: number;
  #references = new Int32Array(firstPages);
  /** By page: where it begins, in units of `unitBytes` over all blocks. Unsigned; 2^26 blocks of 64 units fit. */
  #places = new Uint32Array(firstPages);
  /** By page: its size in units; of a whole one `unitsPerBlock`. */
  #units = new Uint8Array(firstPages);
  /** Numbers of freed pages, to be used again. */
  readonly #free: number[] = [];
  #nextFresh = 1;
  #used = 0;
  #giveUp: () => boolean = () => false;

  /**
   * `limitBytes`: the capacity of the disk, in whole pages, as a file system counts. `memory` bounds what of it is in memory;
   * by default all of it.
   */
  constructor(limitBytes: number, memory: Memory = { memoryBytes: limitBytes }) {
    this.#limit = Math.floor(limitBytes / pageSizeBytes);
    this.#blocks = new BlockStore(memory);
    this.#fragments = new Fragments(this.#blocks);
  }

  /** Who holds what others can do without is asked to give it up before a page is refused. False: there is nothing left. */
  onShortage(giveUp: () => boolean): void {
    this.#giveUp = giveUp;
  }

  get usedBytes(): number {
    return this.#used * pageSizeBytes;
  }

  get limitBytes(): number {
    return this.#limit * pageSizeBytes;
  }

  /** What could still be written: no more than the limit allows, nor than memory and spill can take. */
  get freeBytes(): number {
    return Math.max(0, Math.min(this.#limit - this.#used, this.#blocks.freeCount)) * pageSizeBytes;
  }

  /** Whether so much could be written, once everybody gave up what others can do without. */
  makesRoomFor(sizeBytes: number): boolean {
    if (sizeBytes > this.limitBytes) return false;
    while (this.freeBytes < sizeBytes) if (!this.#giveUp()) return false;
    return true;
  }

  /** What is in memory, whole blocks. */
  get residentBytes(): number {
    return this.#blocks.residentCount * blockSizeBytes;
  }

  get spilledBytes(): number {
    return this.#blocks.spilledCount * blockSizeBytes;
  }

  /**
   * A page in memory with one reference, unspecified bytes, and room for `sizeBytes` from its beginning. `hole` when the store
   * is full and may not grow `beyondLimit`.
   */
  allocate(sizeBytes = pageSizeBytes, beyondLimit = false): number {
    const units = pieceUnitsFor(sizeBytes);
    let place = this.#take(units, false);
    if (place === none && this.#giveUp()) place = this.#take(units, false);
    if (place === none && beyondLimit) place = this.#take(units, true);
    if (place === none) return hole;
    this.#used++;
    const page = this.#free.pop() ?? this.#fresh();
    this.#references[page] = 1;
    this.#places[page] = place;
    this.#units[page] = units;
    return page;
  }

  /**
   * Whole pages, as `allocate` gives them, as many as `pages` is long: all of them, or false and none. For writes of many pages, of which
   * only those that have room without further ado are served; whoever is refused asks for one after the other.
   */
  allocateRun(pages: Int32Array<ArrayBuffer>): boolean {
    if (this.#used + pages.length > this.#limit || !this.#blocks.allocateRun(pages)) return false;
    this.#used += pages.length;
    for (let index = 0; index < pages.length; index++) {
      const page = this.#free.pop() ?? this.#fresh();
      this.#references[page] = 1;
      this.#places[page] = pages[index]! * unitsPerBlock;
      this.#units[page] = unitsPerBlock;
      pages[index] = page;
    }
    return true;
  }

  /** Fills whole pages, all in memory, from `source`. Those that lie side by side are filled at once. */
  copyRunIn(pages: Int32Array<ArrayBuffer>, source: Uint8Array, from: number): void {
    const blocks = pages.map((page) => blockOf(this.#place(page, pageSizeBytes)));
    this.#blocks.writeRun(blocks, source, from);
  }

  /** As `allocate`, with the bytes of another page, or of as much of it as there is room for. */
  allocateCopy(source: number, sizeBytes: number, beyondLimit = false): number {
    const copy = this.allocate(Math.max(sizeBytes, this.sizeOf(source)), beyondLimit);
    if (copy !== hole) this.copyPage(source, copy);
    return copy;
  }

  /** How many bytes from its beginning a page keeps; the rest are zeros. */
  sizeOf(page: number): number {
    return this.#units[page]! * unitBytes;
  }

  /** Whether bytes up to `end` may be written in place: nobody else holds the page, it is large enough, and in memory. */
  isWritable(page: number, end: number): boolean {
    return (
      this.#references[page] === 1 &&
      this.#units[page]! * unitBytes >= end &&
      this.#blocks.isResident(blockOf(this.#places[page]!))
    );
  }

  copyIn(page: number, pageOffset: number, source: Uint8Array, from: number, length: number): void {
    const place = this.#place(page, pageOffset + length);
    const offset = offsetOf(place) + pageOffset;
    this.#blocks.write(blockOf(place), offset, source, from, length);
  }

  copyOut(page: number, pageOffset: number, target: Uint8Array, to: number, length: number): void {
    const kept = Math.max(0, Math.min(length, this.sizeOf(page) - pageOffset));
    if (kept > 0) {
      const place = this.#places[page]!;
      const offset = offsetOf(place) + pageOffset;
      this.#blocks.read(blockOf(place), offset, target, to, kept);
    }
    if (kept < length) target.fill(0, to + kept, to + length);
  }

  /** Whole pages, holes among them, one after the other. Those that lie side by side are copied at once. */
  copyRunOut(pages: Int32Array<ArrayBuffer>, target: Uint8Array, to: number): void {
    for (let done = 0; done < pages.length;) {
      const at = to + done * pageSizeBytes;
      const count = this.#neighbours(pages, done);
      if (count === 1) this.copyOut(pages[done]!, 0, target, at, pageSizeBytes);
      else this.#blocks.readRun(blockOf(this.#places[pages[done]!]!), count, target, at);
      done += count;
    }
  }

  zero(page: number, from: number, to: number): void {
    const place = this.#place(page, to);
    const offset = offsetOf(place);
    this.#blocks.zero(blockOf(place), offset + from, offset + to);
  }

  /** The target keeps at least as many bytes as the source. */
  copyPage(source: number, target: number): void {
    const kept = this.sizeOf(source);
    if (kept > 0) {
      const [from, to] = [this.#place(source, kept), this.#place(target, kept)];
      this.#blocks.copy(blockOf(from), offsetOf(from), blockOf(to), offsetOf(to), kept);
    }
    const size = this.sizeOf(target);
    if (kept < size) this.zero(target, kept, size);
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
    this.#give(this.#units[page]!, this.#places[page]!);
  }

  isShared(page: number): boolean {
    return this.#references[page]! > 1;
  }

  /** How many of the pages from `first` on lie side by side; at least the first one itself. */
  #neighbours(pages: Int32Array<ArrayBuffer>, first: number): number {
    let count = 1;
    if (this.#units[pages[first]!] !== unitsPerBlock) return count;
    const block = blockOf(this.#places[pages[first]!]!);
    const most = Math.min(pages.length - first, this.#blocks.neighboursOf(block));
    while (count < most) {
      const next = pages[first + count]!;
      if (this.#units[next] !== unitsPerBlock) return count;
      if (!this.#blocks.areNeighbours(block, count, blockOf(this.#places[next]!))) return count;
      count++;
    }
    return count;
  }

  #take(units: number, beyondLimit: boolean): number {
    if (this.#used >= this.#limit && !beyondLimit) return none;
    if (units < unitsPerBlock) return this.#fragments.take(units, beyondLimit);
    const block = this.#blocks.allocate(beyondLimit);
    return block === none ? none : block * unitsPerBlock;
  }

  #give(units: number, place: number): void {
    if (units < unitsPerBlock) this.#fragments.give(place);
    else this.#blocks.release(blockOf(place));
  }

  #place(page: number, end: number): number {
    if (page === hole || end > this.sizeOf(page)) throw new Error(`page ${page} has no byte ${end}`);
    return this.#places[page]!;
  }

  #fresh(): number {
    const page = this.#nextFresh++;
    if (page >= this.#references.length) {
      this.#references = grown(this.#references);
      this.#places = grown(this.#places);
      this.#units = grown(this.#units);
    }
    return page;
  }
}
