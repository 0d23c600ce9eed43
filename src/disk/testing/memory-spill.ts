/** A spill that can be looked into: as many slots as it is given, each told apart from those that hold nothing. */
import { blockSizeBytes } from '../block-store.ts';
import type { Spill } from '../spill.ts';

export class MemorySpill implements Spill {
  readonly slots = new Map<number, Uint8Array>();
  maxSlots: number;
  clears = 0;

  constructor(maxSlots = Infinity) {
    this.maxSlots = maxSlots;
  }

  get freeBytes(): number {
    return Math.max(0, Math.min(this.maxSlots, 2 ** 20) - this.slots.size) * blockSizeBytes;
  }

  write(slot: number, source: Uint8Array, start: number): boolean {
    if (!this.slots.has(slot) && this.slots.size >= this.maxSlots) return false;
    this.slots.set(slot, source.slice(start, start + blockSizeBytes));
    return true;
  }

  read(slot: number, offset: number, target: Uint8Array, start: number, length: number): void {
    const bytes = this.slots.get(slot);
    if (bytes === undefined) throw new Error(`slot ${slot} was never written`);
    target.set(bytes.subarray(offset, offset + length), start);
  }

  clear(): void {
    this.slots.clear();
    this.clears++;
  }
}
