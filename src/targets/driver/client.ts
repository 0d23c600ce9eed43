/** Clients of a driver: an answer of the channel becomes the completion of an op, in Jepsen's sense. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, ClientOp, Completion } from '../target.ts';
import type { Answer } from './channel.ts';
import type { DriverProcess } from './process.ts';

/** A refused client waits this long before it says so, or a client loop would spin. */
const refusedPauseMs = 100;
const closeGraceMs = 1_000;

export interface DriverAccess {
  /** What sentences call the driver. */
  readonly name: string;
  /** The process that serves this client. Rejects with a sentence when there is none within `timeoutMs`. */
  reach(timeoutMs: number): Promise<DriverProcess>;
  /** True where the process is this client's own, and ends with it. */
  readonly own: boolean;
}

export class DriverClient implements Client {
  readonly #access: DriverAccess;
  #driver: DriverProcess | undefined;
  #usable = true;

  constructor(access: DriverAccess) {
    this.#access = access;
  }

  /** Ahead of the first op, so that a process's start does not count as the op's time. Never rejects. */
  async open(timeoutMs: number): Promise<void> {
    await this.#reach(timeoutMs).catch(() => undefined);
  }

  async invoke(op: ClientOp, timeoutMs: number): Promise<Completion> {
    if (!this.#usable) return refused('the client is closed, or an op of it timed out');
    const deadlineMs = performance.now() + timeoutMs;
    let driver: DriverProcess;
    try {
      driver = await this.#reach(timeoutMs);
    } catch (error) {
      return refused(error instanceof Error ? error.message : String(error));
    }
    const answer = await driver.request(op, Math.max(1, deadlineMs - performance.now()));
    if (answer.kind === 'timeout') this.#usable = false;
    const { name } = this.#access;
    if (answer.kind === 'broken' && !answer.sent)
      return refused(`the driver ${name} ${answer.broken.sentence}`);
    return completionOf(answer, name);
  }

  async close(): Promise<void> {
    this.#usable = false;
    if (!this.#access.own || this.#driver === undefined) return;
    if (!(await this.#driver.close(closeGraceMs))) this.#driver.kill();
  }

  /** A process of the client's own that ended is replaced; one that all share is the target's to start again. */
  async #reach(timeoutMs: number): Promise<DriverProcess> {
    const lost = this.#driver?.channel.broken !== undefined && this.#access.own;
    if (this.#driver === undefined || lost) this.#driver = await this.#access.reach(timeoutMs);
    return this.#driver;
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
