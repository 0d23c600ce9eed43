/**
 * A client: adds elements by SQL or by calls of a reducer, and reads them. What is refused certainly did not happen; after a
 * lost connection, silence or an internal error nobody knows.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { needleOf } from '../needle.ts';
import type { Client, ClientOp, Completion } from '../target.ts';
import type { Database } from './database.ts';
import { Refusal, probeElements } from './database.ts';
import { NoReply } from './http.ts';

export interface Way {
  readonly via: 'sql' | 'call';
  /** What SQL says of confirmation. */
  readonly confirmed: 'true' | 'false' | undefined;
  /** A call does not wait for its transaction to be durable: a confirmed read behind it does. */
  readonly barrierAfterCall: boolean;
}

/** A refused client waits this long before it says so, or a client loop would spin. */
const refusedPauseMs = 100;

export class SpacetimedbClient implements Client {
  readonly #database: Database;
  readonly #way: Way;
  readonly #workload: string;
  #usable = true;

  constructor(database: Database, way: Way, workload: string) {
    this.#database = database;
    this.#way = way;
    this.#workload = workload;
  }

  async invoke(op: ClientOp, timeoutMs: number): Promise<Completion> {
    if (!this.#usable) return refused('the client is closed, or an op of it timed out');
    try {
      return await this.#perform(op, timeoutMs);
    } catch (error) {
      if (error instanceof NoReply && error.why === 'timeout') await this.close();
      return completionOf(error);
    }
  }

  async close(): Promise<void> {
    this.#usable = false;
    this.#database.close();
  }

  async #perform(op: ClientOp, timeoutMs: number): Promise<Completion> {
    switch (op.f) {
      case 'add':
        return this.#add(op.value, timeoutMs);
      case 'read': {
        const elements = await this.#database.elements(timeoutMs);
        return { type: 'ok', value: elements.map(({ value }) => value) };
      }
      default:
        return { type: 'fail', error: `unknown f: ${op.f}` };
    }
  }

  async #add(value: unknown, timeoutMs: number): Promise<Completion> {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      return { type: 'fail', error: `an element is a whole number from 0 on, not ${JSON.stringify(value)}` };
    }
    const deadlineMs = performance.now() + timeoutMs;
    const tag = needleOf(this.#workload, value);
    const { via, confirmed, barrierAfterCall } = this.#way;
    if (via === 'call') {
      await this.#database.call('insert_element', [value, tag], timeoutMs);
      if (!barrierAfterCall) return { type: 'ok' };
      const leftMs = Math.max(1, deadlineMs - performance.now());
      try {
        await this.#database.sql(probeElements, leftMs, 'true');
        return { type: 'ok' };
      } catch (error) {
        // The call itself was carried out.
        return { ...(await completionOf(error)), type: 'info' };
      }
    }
    const statement = `INSERT INTO elements (seq, value, tag) VALUES (0, ${value}, '${tag}')`;
    const { inserted } = await this.#database.sql(statement, timeoutMs, confirmed);
    if (inserted === undefined || inserted === 1) return { type: 'ok' };
    return { type: 'info', error: `the server says that it inserted ${inserted} rows` };
  }
}

/** What became of an op that was not answered as it should have been. */
export async function completionOf(error: unknown): Promise<Completion> {
  if (error instanceof Refusal) {
    const rolledBack = error.status === 530 || (error.status >= 400 && error.status < 500);
    return { type: rolledBack ? 'fail' : 'info', error: error.message };
  }
  if (!(error instanceof NoReply)) return { type: 'info', error: String(error) };
  if (error.why === 'refused') return refused(error.message);
  return { type: 'info', error: error.why === 'timeout' ? 'timeout' : error.message };
}

async function refused(error: string): Promise<Completion> {
  await delay(refusedPauseMs);
  return { type: 'fail', error };
}
