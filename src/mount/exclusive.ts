/** One after the other: work that must not overlap, in the order of asking. */
export class Exclusive {
  #last: Promise<unknown> = Promise.resolve();

  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when what was asked for until now is done. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
