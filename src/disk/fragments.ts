/**
 * Pieces of blocks, so that a small file costs what it holds and not a whole block: a block is divided into pieces of one
 * size, a power of two, and given back when the last of them is. A piece goes where its block goes.
 *
 * A place is a number: the block's, times the pieces that the smallest size makes of a block, plus where in it the piece is.
 */
import { blockSizeBytes, none, type BlockStore } from './block-store.ts';

/** The smallest piece. */
export const unitBytes = 64;
export const unitsPerBlock = blockSizeBytes / unitBytes;

interface DividedBlock {
  readonly block: number;
  readonly pieceUnits: number;
  /** Which pieces are taken, a bit each: the first 32, and the others. */
  low: number;
  high: number;
  count: number;
}

export function blockOf(place: number): number {
  return Math.floor(place / unitsPerBlock);
}

/** Where in its block a place is, in bytes. */
export function offsetOf(place: number): number {
  return (place % unitsPerBlock) * unitBytes;
}

/** The size of a piece, in units, that holds this many bytes. */
export function pieceUnitsFor(sizeBytes: number): number {
  let units = 1;
  while (units * unitBytes < sizeBytes) units *= 2;
  return units;
}

export class Fragments {
  readonly #blocks: BlockStore;
  readonly #divided = new Map<number, DividedBlock>();
  /** By size: blocks with room for another piece, some of which may have been spilled. */
  readonly #withRoom = new Map<number, Set<DividedBlock>>();

  constructor(blocks: BlockStore) {
    this.#blocks = blocks;
  }

  /** The place of a piece in memory with unspecified bytes, or `none`. */
  take(pieceUnits: number, beyondLimit: boolean): number {
    const divided = this.#findRoom(pieceUnits) ?? this.#divide(pieceUnits, beyondLimit);
    if (divided === undefined) return none;
    const index = firstZero(divided.low, divided.high);
    if (index < 32) divided.low |= 1 << index;
    else divided.high |= 1 << (index - 32);
    divided.count++;
    if (isFull(divided)) this.#sameSize(pieceUnits).delete(divided);
    return divided.block * unitsPerBlock + index * pieceUnits;
  }

  give(place: number): void {
    const block = blockOf(place);
    const divided = this.#divided.get(block);
    if (divided === undefined) throw new Error(`block ${block} is not divided`);
    const index = (place % unitsPerBlock) / divided.pieceUnits;
    if (index < 32) divided.low &= ~(1 << index);
    else divided.high &= ~(1 << (index - 32));
    divided.count--;
    const withRoom = this.#sameSize(divided.pieceUnits);
    if (divided.count > 0) {
      withRoom.add(divided);
      return;
    }
    withRoom.delete(divided);
    this.#divided.delete(block);
    this.#blocks.release(block);
  }

  #findRoom(pieceUnits: number): DividedBlock | undefined {
    const withRoom = this.#sameSize(pieceUnits);
    for (const divided of withRoom) {
      if (this.#blocks.isResident(divided.block)) return divided;
      // It comes back when one of its pieces is given back, and is looked at again then.
      withRoom.delete(divided);
    }
    return undefined;
  }

  #divide(pieceUnits: number, beyondLimit: boolean): DividedBlock | undefined {
    const block = this.#blocks.allocate(beyondLimit);
    if (block === none) return undefined;
    const divided: DividedBlock = { block, pieceUnits, low: 0, high: 0, count: 0 };
    this.#divided.set(block, divided);
    this.#sameSize(pieceUnits).add(divided);
    return divided;
  }

  #sameSize(pieceUnits: number): Set<DividedBlock> {
    const found = this.#withRoom.get(pieceUnits);
    if (found !== undefined) return found;
    const made = new Set<DividedBlock>();
    this.#withRoom.set(pieceUnits, made);
    return made;
  }
}

function isFull({ pieceUnits, count }: DividedBlock): boolean {
  return count === unitsPerBlock / pieceUnits;
}

function firstZero(low: number, high: number): number {
  // The lowest set bit of the complement; clz32 counts from the other end.
  const free = low === -1 ? ~high : ~low;
  return (low === -1 ? 63 : 31) - Math.clz32(free & -free);
}
