/**
 * A client of the workload `set`. An ERROR of the server means that the statement was rolled back, so that the op certainly did
 * not happen; a FATAL, a PANIC, a lost connection or silence means that nobody knows.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { needleOf } from '../needle.ts';
import type { Client, ClientOp, Completion } from '../target.ts';
import { Session, Timeout } from './session.ts';
import type { Login } from './session.ts';

/** A refused client waits this long before it says so, or a client loop would spin. */
const refusedPauseMs = 100;

export const selectAll = 'SELECT value, tag FROM elements';

export class PostgresClient implements Client {
  readonly #login: Login;
  readonly #workload: string;
  #session: Session | undefined;
  #usable = true;

  constructor(login: Login, workload: string) {
    this.#login = login;
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
    await this.#session?.close();
  }

  async #perform(session: Session, op: ClientOp, timeoutMs: number): Promise<Completion> {
    switch (op.f) {
      case 'add': {
        const values = [op.value, needleOf(this.#workload, op.value)];
        await session.query('INSERT INTO elements (value, tag) VALUES ($1, $2)', timeoutMs, values, 'add');
        return { type: 'ok' };
      }
      case 'read': {
        const rows = await session.query(selectAll, timeoutMs);
        return { type: 'ok', value: rows.map((row) => Number(row['value'])) };
      }
      default:
        return { type: 'fail', error: `unknown f: ${op.f}` };
    }
  }

  async #connected(timeoutMs: number): Promise<Session> {
    if (this.#session?.lost === false) return this.#session;
    return (this.#session = await Session.open(this.#login, timeoutMs));
  }

  #failed(session: Session, error: unknown): Completion {
    if (error instanceof Timeout) {
      this.#usable = false;
      session.destroy();
      return { type: 'info', error: 'timeout' };
    }
    if (error instanceof pg.DatabaseError && error.severity === 'ERROR') {
      return { type: 'fail', error: `${error.code ?? ''}: ${error.message}` };
    }
    session.destroy();
    return { type: 'info', error: messageOf(error) };
  }
}

async function refused(error: string): Promise<Completion> {
  await delay(refusedPauseMs);
  return { type: 'fail', error };
}

/** Errors of several addresses have an empty message of their own. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return error.message === '' ? code : error.message;
}
