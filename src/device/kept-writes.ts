/**
 * Which of the block writes since the last flush a cut keeps. Any of them may have reached the medium, in any order, by sectors:
 * a device promises nothing before a flush. The one thing that is never torn is a block that the file system itself trusts the
 * device to write whole (real-file-system.ts). Pure.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Selection } from '../mount/control.ts';
import { Refusal } from '../mount/refusal.ts';
import { sectorSizeBytes, type KeptPart } from './kept-part.ts';

export interface DeviceWrite {
  readonly number: number;
  readonly offset: number;
  readonly length: number;
}

/** In order. Throws a refusal where an op is named that was flushed, or never was. */
export function keptWrites(
  writes: readonly DeviceWrite[],
  choice: Selection,
  untearable: readonly number[],
): KeptPart[] {
  if (choice === 'lose-all') return [];
  if (choice === 'keep-all') return whole(writes, () => true);
  switch (choice.kind) {
    case 'random':
      return byChance(writes, choice.seed, untearable);
    case 'prefix':
      return whole(writes, ({ number }) => number <= choice.op);
    case 'keep':
      requireUnflushed(writes, choice.ops);
      return whole(writes, ({ number }) => choice.ops.includes(number));
    case 'drop':
      requireUnflushed(writes, choice.ops);
      return whole(writes, ({ number }) => !choice.ops.includes(number));
    case 'torn':
      requireUnflushed(writes, [choice.op]);
      return writes.flatMap((write, index) =>
        write.number === choice.op ? torn(write, index, choice.sectors, untearable) : [wholeOf(write, index)],
      );
  }
}

function byChance(writes: readonly DeviceWrite[], seed: number, untearable: readonly number[]): KeptPart[] {
  const generator = xoroshiro128plus(seed);
  const below = (bound: number): number => uniformInt(generator, 0, bound - 1);
  // Without a share of its own each image would keep about half, and hardly one nearly everything or nothing.
  const share = 1 + below(9);
  return writes.flatMap((write, index) => {
    const sectors = sectorsOf(write);
    if (sectors < 2 || isUntearable(write, untearable) || below(8) !== 0)
      return below(10) < share ? [wholeOf(write, index)] : [];
    const kept = Array.from({ length: sectors }, (_, sector) => sector).filter(() => below(2) === 1);
    return partsOf(write, index, kept);
  });
}

function torn(
  write: DeviceWrite,
  index: number,
  sectors: readonly number[],
  untearable: readonly number[],
): KeptPart[] {
  if (isUntearable(write, untearable) && sectors.length < sectorsOf(write))
    throw new Refusal(
      `op ${write.number} writes a superblock, which the file system trusts the device to write as a whole`,
    );
  const beyond = sectors.find((sector) => sector >= sectorsOf(write));
  if (beyond !== undefined) throw new Refusal(`op ${write.number} has no sector ${beyond}`);
  return partsOf(
    write,
    index,
    [...new Set(sectors)].sort((a, b) => a - b),
  );
}

/** Neighbours as one part. */
function partsOf({ length }: DeviceWrite, write: number, sectors: readonly number[]): KeptPart[] {
  const parts: { write: number; start: number; end: number }[] = [];
  for (const sector of sectors) {
    const start = sector * sectorSizeBytes;
    const end = Math.min(start + sectorSizeBytes, length);
    const last = parts.at(-1);
    if (last?.end === start) last.end = end;
    else parts.push({ write, start, end });
  }
  return parts;
}

function whole(writes: readonly DeviceWrite[], isKept: (write: DeviceWrite) => boolean): KeptPart[] {
  return writes.flatMap((write, index) => (isKept(write) ? [wholeOf(write, index)] : []));
}

function wholeOf({ length }: DeviceWrite, write: number): KeptPart {
  return { write, start: 0, end: length };
}

function isUntearable({ offset, length }: DeviceWrite, untearable: readonly number[]): boolean {
  return untearable.some((at) => offset <= at && at < offset + length);
}

function sectorsOf({ length }: DeviceWrite): number {
  return Math.ceil(length / sectorSizeBytes);
}

function requireUnflushed(writes: readonly DeviceWrite[], ops: readonly number[]): void {
  const known = new Set(writes.map(({ number }) => number));
  const missing = ops.find((op) => !known.has(op));
  if (missing !== undefined)
    throw new Refusal(`op ${missing} is no block write that a cut may choose: it was flushed, or is none`);
}
