/**
 * A run's boots on the time axis: when each ended and how, and on whose data it ran. Boots that began on fresh data open
 * a new epoch; data never pass from one epoch to the next.
 */
import type { Interruption } from './facts.ts';
import { firstWhere } from './search.ts';

export class Timeline {
  readonly #interruptions: readonly Interruption[];
  /** The epoch after so many interruptions. */
  readonly #epochs: readonly number[];

  constructor(interruptions: readonly Interruption[]) {
    for (const [i, interruption] of interruptions.entries()) {
      const earlier = interruptions[i - 1];
      if (interruption.boot <= (earlier?.boot ?? 1))
        throw new Error(
          `The run's facts are malformed: interruption ${i + 1} (before boot ${interruption.boot}) is out of order.`,
        );
    }
    this.#interruptions = interruptions;
    const epochs = [0];
    for (const { fresh } of interruptions) epochs.push(epochs.at(-1)! + (fresh === true ? 1 : 0));
    this.#epochs = epochs;
  }

  /** The instant that ended this boot; Infinity for the last one. */
  endMs(boot: number): number {
    return this.#interruptions[this.#countUpTo(boot)]?.timeMs ?? Infinity;
  }

  /** How many times the data had been replaced by fresh ones when this boot began. */
  epoch(boot: number): number {
    return this.#epochs[this.#countUpTo(boot)]!;
  }

  /** What interrupted the target after `boot` and before `laterBoot`, earliest first. */
  between(boot: number, laterBoot: number): readonly Interruption[] {
    return this.#interruptions.slice(this.#countUpTo(boot), this.#countUpTo(laterBoot));
  }

  /** What this boot follows; nothing for the first. */
  before(boot: number): Interruption | undefined {
    return this.#interruptions[this.#countUpTo(boot) - 1];
  }

  /** The boot after the last interruption. */
  get lastBoot(): number {
    return this.#interruptions.at(-1)?.boot ?? 1;
  }

  /** How many interruptions came before this boot. */
  #countUpTo(boot: number): number {
    return firstWhere(this.#interruptions.length, (i) => this.#interruptions[i]!.boot > boot);
  }
}
