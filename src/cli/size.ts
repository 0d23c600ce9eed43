/** Sizes as people write them: `512B`, `64KiB`, `10MiB`, `2GiB`. Powers of 1024 only: 64KB would mean two things. */
import { UsageError } from './errors.ts';

const unitsBytes = { TiB: 1024 ** 4, GiB: 1024 ** 3, MiB: 1024 ** 2, KiB: 1024, B: 1 } as const;

/** Whole bytes. `what` names the option in the error. */
export function parseSize(text: string, what = 'size'): number {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)(TiB|GiB|MiB|KiB|B)$/.exec(text.trim());
  const [, number, unit] = match ?? [];
  if (number === undefined || unit === undefined) {
    throw new UsageError(`${what}: \`${text}\` is not a size; write 512B, 64KiB, 10MiB or 2GiB`);
  }
  const sizeBytes = Math.round(Number(number) * unitsBytes[unit as keyof typeof unitsBytes]);
  if (!Number.isSafeInteger(sizeBytes))
    throw new UsageError(`${what}: \`${text}\` is more than can be counted`);
  return sizeBytes;
}

/** As `parseSize` reads it back, in the largest unit that it is a whole number of. */
export function formatSizeExactly(sizeBytes: number): string {
  for (const [unit, unitBytes] of Object.entries(unitsBytes)) {
    if (sizeBytes >= unitBytes && sizeBytes % unitBytes === 0) return `${sizeBytes / unitBytes}${unit}`;
  }
  return `${sizeBytes}B`;
}
