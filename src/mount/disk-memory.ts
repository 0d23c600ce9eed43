/** How much memory a disk may take, and where the rest of it goes: from its options to its page store. */
import { freemem } from 'node:os';
import { PageStore } from '../disk/page-store.ts';
import type { DiskOptions, DiskRoom } from './control.ts';
import { SpillFile } from './spill-file.ts';

const maxDefaultMemoryBytes = 4 * 1024 ** 3;
/** A disk of which nobody said how large it is. It takes no more than what memory and spill can hold all the same. */
const maxDefaultCapacityBytes = 64 * 1024 ** 3;

export function createPageStore(
  {
    memoryBytes = defaultMemoryBytes(),
    capacityBytes,
    workDirectory,
  }: DiskRoom & Pick<DiskOptions, 'workDirectory'>,
  warn: (sentence: string) => void,
): PageStore {
  const spill = new SpillFile(workDirectory, warn);
  const limitBytes = capacityBytes ?? Math.min(memoryBytes + spill.freeBytes, maxDefaultCapacityBytes);
  return new PageStore(limitBytes, { memoryBytes, spill });
}

/** Half of what is free at the moment, in this container if there is one. */
function defaultMemoryBytes(): number {
  const freeBytes = typeof process.availableMemory === 'function' ? process.availableMemory() : freemem();
  return Math.min(Math.floor(freeBytes / 2), maxDefaultMemoryBytes);
}
