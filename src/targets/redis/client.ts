/**
 * A client of the workloads that add numbers. An error reply means that the command was not carried out; a lost connection or
 * silence means that nobody knows.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, ClientOp, Completion } from '../target.ts';
import { addCommand, askElements, elementsOf } from './elements.ts';
import { messageOf, Refusal, Session, Timeout } from './session.ts';

/** A refused client waits this long before it says so, or a client loop would spin. */
const refusedPauseMs = 100;

export class RedisClient implements Client {
  readonly #socketPath: string;
  readonly #workload: string;
  #session: Session | undefined;
  #usable = true;

  constructor(socketPath: string, workload: string) {
    this.#socketPath = socketPath;
    this.#workload = workload;
  }

  async invoke(op: ClientOp, timeoutMs: number): Promise<Completion> {
    if (!this.#usable) return refused('the client is closed, or an op of it timed out');
    const deadlineMs = performance.now() + timeoutMs;
    let session: Session;
    try {
      session = await this.#connected(timeoutMs);
    } catch (error) {
      return refused(messageOf(error));
    }
    try {
      return await this.#perform(session, op, Math.max(1, deadlineMs - performance.now()));
    } catch (error) {
      return this.#failed(session, error);
    }
  }

  async close(): Promise<void> {
    this.#usable = false;
    this.#session?.close();
  }

  async #perform(session: Session, op: ClientOp, timeoutMs: number): Promise<Completion> {
    switch (op.f) {
      case 'add': {
        const reply = await session.send(addCommand(this.#workload, op.value), timeoutMs);
        if (reply === 1) return { type: 'ok' };
        return { type: 'fail', error: 'the element is there already' };
      }
      case 'read':
        return { type: 'ok', value: elementsOf(await session.send(askElements, timeoutMs)) };
      default:
        return { type: 'fail', error: `unknown f: ${op.f}` };
    }
  }

  async #connected(timeoutMs: number): Promise<Session> {
    if (this.#session?.lost === false) return this.#session;
    return (this.#session = await Session.open(this.#socketPath, timeoutMs));
  }

  #failed(session: Session, error: unknown): Completion {
    if (error instanceof Refusal) return { type: 'fail', error: error.message };
    session.close();
    if (!(error instanceof Timeout)) return { type: 'info', error: messageOf(error) };
    this.#usable = false;
    return { type: 'info', error: 'timeout' };
  }
}

async function refused(error: string): Promise<Completion> {
  await delay(refusedPauseMs);
  return { type: 'fail', error };
}
