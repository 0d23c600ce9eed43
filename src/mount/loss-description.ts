/**
 * What a cut or a loss took, put into words when somebody asks: for thousands of files that takes longer than the cut itself, and
 * many cuts are asked for their image alone. What it is made from must stay as it is until then; whoever gives that up finishes the
 * description first.
 */
import type { Loss as DiskLoss } from '../disk/unsynced.ts';

type LossSteps = Generator<undefined, DiskLoss, undefined>;

export class LossDescription {
  #begin: (() => LossSteps | DiskLoss) | undefined;
  #steps: LossSteps | undefined;
  #loss: DiskLoss | undefined;

  /** `begin`: says it at once, or in steps. */
  constructor(begin: () => LossSteps | DiskLoss) {
    this.#begin = begin;
  }

  static of(loss: DiskLoss): LossDescription {
    const description = new LossDescription(() => loss);
    description.finish();
    return description;
  }

  get isFinished(): boolean {
    return this.#loss !== undefined;
  }

  /** Goes one step on. The loss, once it is described. */
  advance(): DiskLoss | undefined {
    if (this.#loss !== undefined) return this.#loss;
    if (this.#steps === undefined) {
      const begun = this.#begin!();
      if ('ops' in begun) return this.#finished(begun);
      this.#steps = begun;
    }
    const step = this.#steps.next();
    return step.done === true ? this.#finished(step.value) : undefined;
  }

  #finished(loss: DiskLoss): DiskLoss {
    // What it was made from can be large.
    this.#begin = this.#steps = undefined;
    return (this.#loss = loss);
  }

  finish(): DiskLoss {
    for (;;) {
      const loss = this.advance();
      if (loss !== undefined) return loss;
    }
  }
}
