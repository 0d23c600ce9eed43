/** Writes a crash image as a plain directory, whole or not at all. */
import { rm } from 'node:fs/promises';
import { UnavailableError } from '../machine/unavailable.ts';
import type { DiskControl } from '../mount/control.ts';

/** Returns what the directory could not take, in a sentence, if there is such a thing. */
export async function exportImage(
  disk: Pick<DiskControl, 'request'>,
  image: number,
  directory: string,
): Promise<string | undefined> {
  try {
    return (await disk.request('export-image', { image, directory })).note;
  } catch (error) {
    // Half an image would be booted as if it were a whole one.
    await rm(directory, { recursive: true, force: true });
    const message = error instanceof Error ? error.message : String(error);
    if (!message.includes('ENOSPC')) throw error;
    throw new UnavailableError(
      `the disk of this computer is full: ${message}; free some space there (--store puts the store elsewhere)`,
      { cause: error },
    );
  }
}
