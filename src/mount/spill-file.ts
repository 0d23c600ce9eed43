/**
 * The disk's spill: a file in the work directory that has no name, so that it goes with the process however that ends. All
 * calls block: the thread that serves the disk has nothing else to do. It must leave room on the file system it lies on,
 * which is not the disk's to fill, and must never turn what it cannot keep into an error of the disk's: it refuses.
 */
import { closeSync, ftruncateSync, openSync, readSync, statfsSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { blockSizeBytes } from '../disk/block-store.ts';
import type { Spill } from '../disk/spill.ts';
import { errorCode, messageOf } from './mount-errors.ts';

/** How far the file grows before the room below it is looked at again. */
const growthSlots = 256;
/** Of the file system below it one part in twenty stays free, and no more than a gibibyte. */
const reserveShare = 0.05;
const maxReserveBytes = 1024 ** 3;
/** What a full file system, a quota or a limit of file sizes says: nothing that anybody needs to hear of. */
const fullCodes: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

export class SpillFile implements Spill {
  readonly #directory: string;
  readonly #descriptor: number;
  readonly #warn: (sentence: string) => void;
  /** Slots below this one were written, or may be: there was room for them. */
  #grantedSlots = 0;
  #hasWarned = false;

  /** `directory` must not lie on the disk itself. */
  constructor(directory: string, warn: (sentence: string) => void) {
    this.#directory = directory;
    this.#warn = warn;
    const path = join(directory, 'spill');
    this.#descriptor = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
  }

  get freeBytes(): number {
    try {
      const { bsize, blocks, bavail } = statfsSync(this.#directory);
      return Math.max(0, bavail * bsize - Math.min(blocks * bsize * reserveShare, maxReserveBytes));
    } catch {
      // The directory was removed; the file has no other way to it.
      return 0;
    }
  }

  write(slot: number, source: Uint8Array, start: number): boolean {
    if (slot >= this.#grantedSlots && !this.#grant(slot)) return false;
    const position = slot * blockSizeBytes;
    try {
      for (let done = 0; done < blockSizeBytes;) {
        done += writeSync(this.#descriptor, source, start + done, blockSizeBytes - done, position + done);
      }
      return true;
    } catch (error) {
      if (!fullCodes.has(errorCode(error))) this.#complain(error);
      return false;
    }
  }

  read(slot: number, offset: number, target: Uint8Array, start: number, length: number): void {
    const position = slot * blockSizeBytes + offset;
    for (let done = 0; done < length;) {
      const count = readSync(this.#descriptor, target, start + done, length - done, position + done);
      if (count === 0) throw new Error(`the disk's spill in ${this.#directory} ends before slot ${slot}`);
      done += count;
    }
  }

  clear(): void {
    ftruncateSync(this.#descriptor, 0);
    this.#grantedSlots = 0;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #grant(slot: number): boolean {
    const growth = Math.min(growthSlots, Math.floor(this.freeBytes / blockSizeBytes));
    if (growth === 0) return false;
    this.#grantedSlots = slot + growth;
    return true;
  }

  #complain(error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#warn(
      `the disk's memory is full and ${this.#directory} cannot take more of it: ${messageOf(error)}`,
    );
  }
}
