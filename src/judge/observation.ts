/**
 * What a real file system was seen to leave of a litmus program: each outcome with the numbers of ops that had been
 * acknowledged when the power went. With n acknowledged, op n + 1 may have begun; with all of them, nothing else was going on
 * but the file system's own business. Pure.
 */
export class Observation {
  readonly #outcomes = new Map<string, Set<number>>();
  /** Images that were booted. */
  images = 0;

  add(outcome: string, acknowledgedFrom: number, acknowledgedTo: number): void {
    const counts = this.#outcomes.get(outcome) ?? new Set<number>();
    for (let count = acknowledgedFrom; count <= acknowledgedTo; count++) counts.add(count);
    this.#outcomes.set(outcome, counts);
  }

  merge(other: Observation): void {
    for (const [outcome, counts] of other.#outcomes)
      for (const count of counts) this.add(outcome, count, count);
    this.images += other.images;
  }

  /** Sorted, those that were left with `acknowledged` ops done; all of them without a number. */
  outcomes(acknowledged?: number): string[] {
    return [...this.#outcomes]
      .filter(([, counts]) => acknowledged === undefined || counts.has(acknowledged))
      .map(([outcome]) => outcome)
      .sort();
  }

  /** As a fixture has it: outcome → `0-2,4`. */
  toRecord(): Record<string, string> {
    const sorted = [...this.#outcomes].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(sorted.map(([outcome, counts]) => [outcome, printCounts(counts)]));
  }

  static fromRecord(record: Readonly<Record<string, string>>): Observation {
    const observation = new Observation();
    for (const [outcome, text] of Object.entries(record)) {
      for (const span of text.split(',')) {
        const [from, to = from] = span.split('-').map(Number);
        if (from === undefined || to === undefined || !(from >= 0 && to >= from)) {
          throw new Error(`${text} are no numbers of acknowledged ops`);
        }
        observation.add(outcome, from, to);
      }
    }
    return observation;
  }
}

/** Runs of numbers: `0-2,4`. */
function printCounts(counts: ReadonlySet<number>): string {
  const sorted = [...counts].sort((a, b) => a - b);
  const spans: [from: number, to: number][] = [];
  for (const count of sorted) {
    const last = spans.at(-1);
    if (last !== undefined && last[1] === count - 1) last[1] = count;
    else spans.push([count, count]);
  }
  return spans.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(',');
}
