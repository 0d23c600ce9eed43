/** Which adds of earlier boots the reads of a boot show: of each boot the latest invoked one. */
import type { Elements } from './elements.ts';

export class Survivors {
  readonly #boots: number;
  readonly #byLaterBoot = new Map<number, Int32Array>();

  constructor(elements: Elements) {
    this.#boots = elements.boot.at(-1) ?? 0;
  }

  /** For each boot the latest slot that reads of `laterBoot` show, -1 where they show none: to be written by the reader. */
  latestByBoot(laterBoot: number): Int32Array {
    let latest = this.#byLaterBoot.get(laterBoot);
    if (latest === undefined)
      this.#byLaterBoot.set(laterBoot, (latest = new Int32Array(this.#boots + 1).fill(-1)));
    return latest;
  }

  /** The slot of the latest invoked add of `boot` or earlier that a read of `laterBoot` shows; -1 where none is. */
  latest(boot: number, laterBoot: number): number {
    const byBoot = this.#byLaterBoot.get(laterBoot);
    return byBoot === undefined ? -1 : byBoot.subarray(0, boot + 1).reduce((a, b) => Math.max(a, b), -1);
  }
}
