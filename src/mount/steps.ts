/**
 * Long work of the thread that serves the mount, in steps: it is put down when its slice of time is over and taken up again
 * by the next `continue`, so that requests are served in between. Knows nothing of what the work is.
 */
import { Refusal } from './refusal.ts';

/** Work that can be put down after each step. What it yields is text of its answer, whose `text` then is the rest. */
export type Steps<Result> = Generator<string | undefined, Result, undefined>;

/** The answer of work that was put down: its number, and the text so far. */
export interface Unfinished {
  readonly more: number;
  readonly text: string;
}

export class StepKeeper {
  readonly #sliceMs: number;
  readonly #nowMs: () => number;
  readonly #unfinished = new Map<number, Steps<object>>();
  #lastNumber = 0;

  constructor(sliceMs: number, nowMs: () => number) {
    this.#sliceMs = sliceMs;
    this.#nowMs = nowMs;
  }

  begin<Result extends object>(steps: Steps<Result>): Result | Unfinished {
    return this.#proceed(++this.#lastNumber, steps) as Result | Unfinished;
  }

  continue(number: number): object {
    const steps = this.#unfinished.get(number);
    if (steps === undefined) throw new Refusal(`nothing is being done under the number ${number}`);
    this.#unfinished.delete(number);
    return this.#proceed(number, steps);
  }

  #proceed(number: number, steps: Steps<object>): object {
    const untilMs = this.#nowMs() + this.#sliceMs;
    let text = '';
    do {
      const step = steps.next();
      if (step.done === true) return withText(text, step.value);
      text += step.value ?? '';
    } while (this.#nowMs() < untilMs);
    this.#unfinished.set(number, steps);
    return { more: number, text };
  }
}

function withText(text: string, answer: object): object {
  return 'text' in answer ? { ...answer, text: `${text}${String(answer.text)}` } : answer;
}
