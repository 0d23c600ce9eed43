/** Binary search, for what is asked of ordered things many times over. */

/** The first index below `length` from which on `holds` is true; `length` where it never is. Once true it stays true. */
export function firstWhere(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
