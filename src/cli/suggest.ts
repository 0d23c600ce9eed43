/** Unknown names answered helpfully: what was meant, most likely, and what there is. */
import { UsageError } from './errors.ts';

/** One sentence: ``unknown nemesis `power-cot`: did you mean `power-cut`? (known: kill, power-cut, …)``. */
export function unknownName(kind: string, name: string, known: readonly string[]): UsageError {
  const meant = closest(name, known);
  const guess = meant === undefined ? '' : `: did you mean \`${meant}\`?`;
  return new UsageError(`unknown ${kind} \`${name}\`${guess} (known: ${known.join(', ')})`);
}

/** The known name nearest to `name`, if one is near enough to be what was meant. */
export function closest(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  if (best === undefined) return undefined;
  const prefix = known.filter((candidate) => candidate.toLowerCase().startsWith(wanted));
  if (wanted.length >= 2 && bestDistance > 1 && prefix.length === 1) return prefix[0];
  // Beyond two fifths of the letters a guess annoys more than it helps.
  return bestDistance <= Math.max(1, Math.floor(Math.max(wanted.length, best.length) * 0.4))
    ? best
    : undefined;
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from `a` to `b` (Damerau, restricted). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let distance = Math.min(
        last[column]! + 1,
        current[column - 1]! + 1,
        last[column - 1]! + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) distance = Math.min(distance, beforeLast[column - 2]! + 1);
      current.push(distance);
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length]!;
}
