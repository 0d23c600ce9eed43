/** Searches in sorted lists of positions. Pure. */

/** 0 for none, as the position of the base. */
export function lastAtOrBefore(sorted: readonly number[] | undefined, position: number): number {
  return sorted?.[indexAfter(sorted, position) - 1] ?? 0;
}

/** The index of the first that lies behind the position; the length for none. */
export function indexAfter(sorted: readonly number[], position: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** True if one of them lies behind `after` and not behind `until`. */
export function hasBetween(sorted: readonly number[] | undefined, after: number, until: number): boolean {
  const next = sorted?.[indexAfter(sorted, after)];
  return next !== undefined && next <= until;
}
