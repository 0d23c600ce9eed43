/**
 * A client of the workloads that add numbers. An element is a key with its tag as the value. What clogdb refuses with a status
 * certainly did not happen; where it does not answer, nobody knows.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { needleOf } from '../needle.ts';
import type { Client, ClientOp, Completion } from '../target.ts';
import { Connection, NoAnswer } from './http.ts';
import type { Response } from './http.ts';

/** A refused client waits this long before it says so, or a client loop would spin. */
const refusedPauseMs = 100;
const prefix = 'element/';

export class ClogdbClient implements Client {
  readonly #connection: Connection;
  readonly #workload: string;
  readonly #path: string;
  #usable = true;

  constructor(url: string, workload: string, isConfirmed: boolean) {
    this.#connection = new Connection(url);
    this.#workload = workload;
    this.#path = `/v1/transaction?confirmed=${isConfirmed}`;
  }

  async invoke(op: ClientOp, timeoutMs: number): Promise<Completion> {
    if (!this.#usable) return refused('the client is closed, or an op of it timed out');
    try {
      switch (op.f) {
        case 'add': {
          const put = ['put', `${prefix}${String(op.value)}`, needleOf(this.#workload, op.value)];
          const { status, body } = await this.#connection.ask('POST', this.#path, timeoutMs, [put]);
          return status === 200 ? { type: 'ok' } : await refused(errorOf(status, body));
        }
        case 'read': {
          const elements = await readElements(this.#connection, timeoutMs);
          return { type: 'ok', value: elements.map(({ value }) => value) };
        }
        default:
          return { type: 'fail', error: `unknown f: ${op.f}` };
      }
    } catch (error) {
      return this.#failed(error);
    }
  }

  async close(): Promise<void> {
    this.#usable = false;
    this.#connection.close();
  }

  async #failed(error: unknown): Promise<Completion> {
    if (!(error instanceof NoAnswer)) return refused((error as Error).message);
    if (error.why === 'timeout') {
      await this.close();
      return { type: 'info', error: 'timeout' };
    }
    return error.sent ? { type: 'info', error: error.message } : refused(error.message);
  }
}

export interface Element {
  readonly value: number;
  readonly tag: unknown;
}

/** Everything that is stored, and durable by the time that it is answered. */
export async function readElements(connection: Connection, timeoutMs: number): Promise<readonly Element[]> {
  const { status, body } = await connection.ask('POST', '/v1/transaction', timeoutMs, [['scan', prefix]]);
  if (status !== 200) throw new Error(errorOf(status, body));
  const { results } = body as { readonly results: readonly [readonly (readonly [string, unknown])[]] };
  return results[0].map(([key, tag]) => ({ value: Number(key.slice(prefix.length)), tag }));
}

export function errorOf(status: number, body: Response['body']): string {
  const { error } = body as { readonly error?: unknown };
  return `HTTP ${status}: ${String(error)}`;
}

async function refused(error: string): Promise<Completion> {
  await delay(refusedPauseMs);
  return { type: 'fail', error };
}
