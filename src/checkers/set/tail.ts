/** How near an acknowledged add was to the end when the plug was pulled, counted in adds. */
import { firstWhere } from '../search.ts';
import type { Elements } from './elements.ts';

export class Tail {
  readonly #elements: Elements;
  /** Invocation positions of all acknowledged adds, ascending, and their boots. */
  readonly #invokedAt: Int32Array;
  readonly #boots: Int32Array;

  constructor(elements: Elements) {
    const slots = Int32Array.from(elements.operations.keys()).filter((slot) => elements.acknowledged(slot));
    this.#elements = elements;
    this.#invokedAt = slots.map((slot) => elements.operations[slot]!.invokedAt);
    this.#boots = slots.map((slot) => elements.boot[slot]!);
  }

  /**
   * How many acknowledged adds, up to the end of `boot`, certainly came after this one: invoked after its
   * acknowledgement. Of adds that ran at the same time nobody knows which came last.
   */
  laterThan(slot: number, boot: number): number {
    const notLater = upperBound(this.#invokedAt, this.#elements.acknowledgedAt[slot]!);
    return Math.max(0, upperBound(this.#boots, boot) - notLater);
  }
}

/** How many of the ascending numbers are at most `limit`. */
function upperBound(ascending: Int32Array, limit: number): number {
  return firstWhere(ascending.length, (i) => ascending[i]! > limit);
}
