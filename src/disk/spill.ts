/**
 * Where blocks go that memory has no room for, as slots of one block each. Given to the disk from outside, because it does
 * I/O. The disk hands out the slots, so that it knows which are in use; a spill only keeps bytes.
 */
export interface Spill {
  /** Bytes that it could take in slots that were never written. */
  readonly freeBytes: number;
  /** Keeps a block of `source`, from `start` on. False where there is no room: then whatever else it keeps is untouched. */
  write(slot: number, source: Uint8Array, start: number): boolean;
  /** Reads part of a slot that was written. */
  read(slot: number, offset: number, target: Uint8Array, start: number, length: number): void;
  /** No slot is in use any more. */
  clear(): void;
}
