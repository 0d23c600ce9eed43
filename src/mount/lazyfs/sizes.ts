/** Sizes as LazyFS's configuration has them: `0.5GB`, `64m`, `1024kb`. */

const units: Readonly<Record<string, number>> = { g: 1024 ** 3, m: 1024 ** 2, k: 1024 };

/** Undefined where it is no size. */
export function cacheSizeBytes(text: string): number | undefined {
  const [, number, unit] = /^\s*(\d+(?:\.\d+)?)\s*([gmk])b?\s*$/i.exec(text) ?? [];
  if (number === undefined || unit === undefined) return undefined;
  const sizeBytes = Math.floor(Number(number) * units[unit.toLowerCase()]!);
  return sizeBytes > 0 ? sizeBytes : undefined;
}
