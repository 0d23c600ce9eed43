/** Clients of a driver: an answer of the channel becomes the completion of an op, in Jepsen's sense. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, ClientOp, Completion } from '../target.ts';
import type { Answer } from './channel.ts';
import type { DriverProcess } from './process.ts';

/** A refused client waits this long before it says so, or a client loop would spin. */
const refusedPauseMs = 100;
const closeGraceMs = 1_000;

export class DriverClient implements Client {
  readonly #driver: DriverProcess;
  readonly #name: string;
  /** True where the process is this client's own, and ends with it. */
  readonly #own: boolean;
  #usable = true;

  constructor(driver: DriverProcess, name: string, own: boolean) {
    this.#driver = driver;
    this.#name = name;
    this.#own = own;
  }

  async invoke(op: ClientOp, timeoutMs: number): Promise<Completion> {
    if (!this.#usable) return refused('the client is closed, or an op of it timed out');
    const answer = await this.#driver.request(op, timeoutMs);
    if (answer.kind === 'timeout') this.#usable = false;
    if (answer.kind === 'broken' && !answer.sent)
      return refused(`the driver ${this.#name} ${answer.broken.sentence}`);
    return completionOf(answer, this.#name);
  }

  async close(): Promise<void> {
    this.#usable = false;
    if (!this.#own) return;
    if (!(await this.#driver.close(closeGraceMs))) this.#driver.kill();
  }
}

/** Stands in where no client could be made. */
export class RefusedClient implements Client {
  readonly #why: string;

  constructor(why: string) {
    this.#why = why;
  }

  invoke(): Promise<Completion> {
    return refused(this.#why);
  }

  async close(): Promise<void> {
    // There is nothing to close.
  }
}

async function refused(error: string): Promise<Completion> {
  await delay(refusedPauseMs);
  return { type: 'fail', error };
}

/** A request that was sent may have been carried out, whatever became of its driver. */
export function completionOf(answer: Answer, name: string): Completion {
  switch (answer.kind) {
    case 'timeout':
      return { type: 'info', error: 'timeout' };
    case 'broken':
      return { type: 'info', error: `the driver ${name} ${answer.broken.sentence}` };
    case 'reply': {
      const { type, value, error } = answer.reply;
      return { type, ...(value === undefined ? {} : { value }), ...(error === undefined ? {} : { error }) };
    }
  }
}
