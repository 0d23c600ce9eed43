/**
 * What the kernel allows a mount of ours to do in the background, beyond its cautious defaults for FUSE: reading ahead by a whole
 * request, and keeping more than a hundredth of the dirty memory for writes that are kept back. Only root may ask for it; where it
 * is refused the disk is slower, and nothing else.
 */
import { writeFile } from 'node:fs/promises';
import { maxDataBytes, type WriteMode } from '../fuse/codec/init.ts';

/** In percent of the dirty pages that this computer may have at all. Still a strict limit of its own: a disk must not starve others. */
const dirtyShare = 10;

/** `device` as the mount table shows it: `0:57`. */
export async function raiseKernelLimits(device: string, writes: WriteMode): Promise<void> {
  const set = (name: string, value: number): Promise<void> =>
    writeFile(`/sys/class/bdi/${device}/${name}`, String(value)).catch(() => undefined);
  await set('read_ahead_kb', maxDataBytes / 1024);
  if (writes === 'cached') await set('max_ratio', dirtyShare);
}
