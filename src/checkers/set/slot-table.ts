/**
 * From elements to slots. It is asked for each element of each read, so elements that lie close together, as those of
 * workloads that count upwards do, are looked up in a flat array, and only scattered ones in a map.
 */
export class SlotTable {
  readonly #lowest: number;
  /** Slot plus one of each element from the lowest on, 0 where there is none. Empty for scattered elements. */
  readonly #dense: Int32Array;
  readonly #scattered: ReadonlyMap<number, number>;

  /** Slots are the places in the list; of equal elements the first counts. */
  constructor(elements: readonly number[]) {
    const lowest = elements.reduce((a, b) => Math.min(a, b), Infinity);
    const highest = elements.reduce((a, b) => Math.max(a, b), -Infinity);
    this.#lowest = lowest;
    const isDense = elements.length > 0 && highest - lowest < 8 * elements.length;
    this.#dense = new Int32Array(isDense ? highest - lowest + 1 : 0);
    const scattered = new Map<number, number>();
    for (const [slot, element] of elements.entries()) {
      if (!isDense) {
        if (!scattered.has(element)) scattered.set(element, slot);
      } else if (this.#dense[element - lowest] === 0) this.#dense[element - lowest] = slot + 1;
    }
    this.#scattered = scattered;
  }

  /** The slot of an element, or -1. */
  get(element: number): number {
    const slot = this.#dense[element - this.#lowest];
    if (slot !== undefined) return slot - 1;
    return this.#scattered.get(element) ?? -1;
  }
}
