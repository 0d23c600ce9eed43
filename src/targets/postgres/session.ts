/**
 * One connection to the server, whose every wait is bounded: a server on a frozen disk answers nothing, and its socket stays
 * open.
 */
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

export interface Login {
  readonly port: number;
  readonly password: string;
}

export const superuser = 'postgres';
export const databaseName = 'postgres';
export const host = '127.0.0.1';

const closePatienceMs = 1_000;

export type Row = Readonly<Record<string, unknown>>;

export class Session {
  readonly #client: pg.Client;
  readonly #socket: Socket;
  #lost = false;

  /** Rejects when it is not connected and logged in within `timeoutMs`. */
  static async open(login: Login, timeoutMs: number): Promise<Session> {
    const socket = new Socket();
    const client = new pg.Client({
      host,
      ...login,
      user: superuser,
      database: databaseName,
      ssl: false,
      application_name: 'powercut',
      // Powercut's own environment (PGOPTIONS and the like) is not the test's.
      options: '-c client_min_messages=warning',
      connectionTimeoutMillis: timeoutMs,
      stream: () => socket,
    });
    const session = new Session(client, socket);
    try {
      await client.connect();
      return session;
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  private constructor(client: pg.Client, socket: Socket) {
    this.#client = client;
    this.#socket = socket;
    client.on('error', () => (this.#lost = true));
    client.on('end', () => (this.#lost = true));
  }

  get lost(): boolean {
    return this.#lost;
  }

  /** `name` makes it a prepared statement of this connection. Rejects with `Timeout` after `timeoutMs`. */
  async query(
    text: string,
    timeoutMs: number,
    values: readonly unknown[] = [],
    name?: string,
  ): Promise<readonly Row[]> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Timeout(`no answer within ${timeoutMs} ms`)), timeoutMs);
    });
    const query = this.#client.query({ text, values: [...values], ...(name === undefined ? {} : { name }) });
    query.catch(() => undefined);
    try {
      return (await Promise.race([query, timeout])).rows as readonly Row[];
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    if (this.#lost) return;
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#client.end().catch(() => undefined);
    await Promise.race([closed, delay(closePatienceMs)]);
    this.destroy();
  }

  destroy(): void {
    this.#lost = true;
    this.#socket.destroy();
  }
}

export class Timeout extends Error {
  override readonly name = 'Timeout';
}
