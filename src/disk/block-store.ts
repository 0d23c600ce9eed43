/**
 * Blocks of 4 KiB, whatever lies in them: in memory up to a bound, those not used for long in a spill. A block is changed in
 * memory only; a spilled one is read where it lies until it is given back, and whoever wants to change it makes a new one.
 *
 * Invariant: a block is in one frame or in one slot, and each of both holds one block at most. Nothing here knows what is
 * durable: where a block lies changes nothing about it.
 */
import type { Spill } from './spill.ts';

export const blockSizeBytes = 4096;
export const none = -1;

const framesPerSlab = 1024;
/** 256 GiB: what the numbers of page-store.ts can name. */
const maxBlocks = 2 ** 26;

/** A frame that the hand finds cold is taken; one that was used since is cold afterwards. Fresh: not written yet. */
const cold = 0;
const warm = 1;
const fresh = 2;

export interface Memory {
  /** Bytes of blocks that may be in memory. */
  readonly memoryBytes: number;
  /** Where the others go; absent: memory is all there is. */
  readonly spill?: Spill;
}

export class BlockStore {
  readonly #frameLimit: number;
  readonly #spill: Spill | undefined;
  /** The memory, made as it is needed. */
  readonly #slabs: Uint8Array[] = [];
  /** By block: its frame, or `~slot` where it was spilled. */
  #places = new Int32Array(framesPerSlab);
  /** By frame: its block, or `none`. */
  #blocks = new Int32Array(framesPerSlab);
  /** By frame: what becomes of it when the hand passes next. */
  #warm = new Uint8Array(framesPerSlab);
  #hand = 0;
  #frameCount = 0;
  #blockCount = 0;
  #slotCount = 0;
  /** Given back, to be used again; the stacks keep recently touched memory warm. */
  readonly #freeFrames: number[] = [];
  readonly #freeBlocks: number[] = [];
  #freeSlots: number[] = [];

  constructor({ memoryBytes, spill }: Memory) {
    this.#frameLimit = Math.max(1, Math.floor(memoryBytes / blockSizeBytes));
    this.#spill = spill;
  }

  get residentCount(): number {
    return this.#frameCount - this.#freeFrames.length;
  }

  get spilledCount(): number {
    return this.#slotCount - this.#freeSlots.length;
  }

  /** Blocks that could still be made, as far as the spill can tell. */
  get freeCount(): number {
    const spillable = Math.max(0, Math.floor((this.#spill?.freeBytes ?? 0) / blockSizeBytes));
    const room = Math.max(0, this.#frameLimit - this.residentCount) + this.#freeSlots.length + spillable;
    return Math.min(room, maxBlocks - this.#blockCount + this.#freeBlocks.length);
  }

  /** A block in memory with unspecified bytes; `none` when memory and spill are full and it may not go `beyondLimit`. */
  allocate(beyondLimit: boolean): number {
    if (this.#freeBlocks.length === 0 && this.#blockCount === maxBlocks) return none;
    const frame = this.#frame(beyondLimit);
    if (frame === none) return none;
    const block = this.#freeBlocks.pop() ?? this.#freshBlock();
    this.#places[block] = frame;
    this.#blocks[frame] = block;
    this.#warm[frame] = fresh;
    return block;
  }

  /** Blocks that lie side by side where that can be; all that `blocks` has room for, or false and none. Nothing is spilled for them. */
  allocateRun(blocks: Int32Array<ArrayBuffer>): boolean {
    const count = blocks.length;
    if (this.residentCount + count > this.#frameLimit) return false;
    if (this.#blockCount + count > maxBlocks) return false;
    // Frames were given back in the order of a file's pages, mostly: from the stack's bottom to its top they are neighbours.
    const firstFree = Math.max(0, this.#freeFrames.length - count);
    const frames = this.#freeFrames.splice(firstFree);
    for (let index = 0; index < count; index++) {
      const frame = frames[index] ?? this.#freshFrame();
      const block = this.#freeBlocks.pop() ?? this.#freshBlock();
      this.#places[block] = frame;
      this.#blocks[frame] = block;
      this.#warm[frame] = fresh;
      blocks[index] = block;
    }
    return true;
  }

  release(block: number): void {
    const place = this.#places[block]!;
    this.#freeBlocks.push(block);
    if (place >= 0) {
      this.#blocks[place] = none;
      this.#freeFrames.push(place);
      return;
    }
    this.#freeSlots.push(~place);
    if (this.#freeSlots.length < this.#slotCount) return;
    this.#freeSlots = [];
    this.#slotCount = 0;
    this.#spill!.clear();
  }

  isResident(block: number): boolean {
    return this.#places[block]! >= 0;
  }

  /** Copies without making a view: this is the hot path of every write, and views cost more than the copy. */
  write(block: number, offset: number, source: Uint8Array, from: number, length: number): void {
    const frame = this.#use(block);
    const start = (frame % framesPerSlab) * blockSizeBytes + offset;
    const slab = this.#slab(frame);
    if (from === 0 && length === source.length) slab.set(source, start);
    else slab.set(source.subarray(from, from + length), start);
  }

  /** Fills whole blocks from `source`, one copy for those that lie side by side: a copy of 4 KiB costs as much as the calls around it. */
  writeRun(blocks: Int32Array<ArrayBuffer>, source: Uint8Array, from: number): void {
    for (let done = 0; done < blocks.length;) {
      const frame = this.#use(blocks[done]!);
      const inSlab = frame % framesPerSlab;
      const most = Math.min(blocks.length - done, framesPerSlab - inSlab);
      let length = 1;
      while (length < most && this.#use(blocks[done + length]!) === frame + length) length++;
      const start = from + done * blockSizeBytes;
      const bytes = source.subarray(start, start + length * blockSizeBytes);
      this.#slab(frame).set(bytes, inSlab * blockSizeBytes);
      done += length;
    }
  }

  read(block: number, offset: number, target: Uint8Array, to: number, length: number): void {
    const place = this.#places[block]!;
    if (place < 0) {
      this.#spill!.read(~place, offset, target, to, length);
      return;
    }
    this.#warm[place] = warm;
    const start = (place % framesPerSlab) * blockSizeBytes + offset;
    target.set(this.#slab(place).subarray(start, start + length), to);
  }

  /** How many blocks may lie side by side from this one on, itself included. */
  neighboursOf(block: number): number {
    const frame = this.#places[block]!;
    return frame < 0 ? 1 : framesPerSlab - (frame % framesPerSlab);
  }

  /** Whether the other one lies so many blocks behind this one, within what `neighboursOf` says. */
  areNeighbours(block: number, distance: number, other: number): boolean {
    return this.#places[other] === this.#places[block]! + distance;
  }

  /** Reads this block and those that lie beside it. */
  readRun(block: number, count: number, target: Uint8Array, to: number): void {
    const frame = this.#places[block]!;
    this.#warm.fill(warm, frame, frame + count);
    const start = (frame % framesPerSlab) * blockSizeBytes;
    target.set(this.#slab(frame).subarray(start, start + count * blockSizeBytes), to);
  }

  zero(block: number, from: number, to: number): void {
    const frame = this.#use(block);
    const start = (frame % framesPerSlab) * blockSizeBytes;
    this.#slab(frame).fill(0, start + from, start + to);
  }

  /** Copies the first bytes from one block into another, which must be in memory. */
  copy(source: number, sourceOffset: number, target: number, targetOffset: number, length: number): void {
    const frame = this.#use(target);
    const start = (frame % framesPerSlab) * blockSizeBytes + targetOffset;
    this.read(source, sourceOffset, this.#slab(frame), start, length);
  }

  #use(block: number): number {
    const frame = this.#places[block]!;
    if (frame < 0) throw new Error(`block ${block} was spilled, it must not be changed`);
    // What is written once, in passing, goes before what is used again.
    this.#warm[frame] = this.#warm[frame] === fresh ? cold : warm;
    return frame;
  }

  #slab(frame: number): Uint8Array {
    return this.#slabs[Math.floor(frame / framesPerSlab)]!;
  }

  #frame(beyondLimit: boolean): number {
    if (this.residentCount < this.#frameLimit) return this.#freeFrames.pop() ?? this.#freshFrame();
    const evicted = this.#evict();
    if (evicted !== none || !beyondLimit) return evicted;
    return this.#freeFrames.pop() ?? this.#freshFrame();
  }

  /** Spills the next block that was not used since the hand last passed: the clock, or second chance. Returns its frame. */
  #evict(): number {
    if (this.#spill === undefined) return none;
    const frame = this.#coldFrame();
    const slot = this.#freeSlots[this.#freeSlots.length - 1] ?? this.#slotCount;
    const start = (frame % framesPerSlab) * blockSizeBytes;
    if (!this.#spill.write(slot, this.#slab(frame), start)) return none;
    if (slot === this.#slotCount) this.#slotCount++;
    else this.#freeSlots.pop();
    this.#places[this.#blocks[frame]!] = ~slot;
    this.#blocks[frame] = none;
    return frame;
  }

  #coldFrame(): number {
    for (;;) {
      const frame = this.#hand;
      this.#hand = frame + 1 === this.#frameCount ? 0 : frame + 1;
      if (this.#blocks[frame] === none) continue;
      if (this.#warm[frame] === cold) return frame;
      this.#warm[frame] = cold;
    }
  }

  #freshBlock(): number {
    const block = this.#blockCount++;
    if (block === this.#places.length) this.#places = grown(this.#places);
    return block;
  }

  #freshFrame(): number {
    const frame = this.#frameCount++;
    if (frame === this.#slabs.length * framesPerSlab)
      this.#slabs.push(new Uint8Array(framesPerSlab * blockSizeBytes));
    if (frame === this.#blocks.length) {
      this.#blocks = grown(this.#blocks);
      this.#warm = grown(this.#warm);
    }
    return frame;
  }
}

type Numbers = Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** Twice as long. */
export function grown<Kind extends Numbers>(numbers: Kind): Kind {
  const longer = new (numbers.constructor as new (length: number) => Kind)(numbers.length * 2);
  longer.set(numbers);
  return longer;
}
