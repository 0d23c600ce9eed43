/**
 * The one database that is published, and what is asked of it: SQL, and calls of its reducers. The names here are those of
 * module.wat.
 */
import { readFileSync } from 'node:fs';
import { needleOf } from '../needle.ts';
import { Connection } from './http.ts';
import type { Reply } from './http.ts';

const name = 'powercut';
const path = `/v1/database/${name}`;

export const selectElements = 'SELECT seq, value, tag FROM elements';
export const probeElements = 'SELECT seq FROM elements LIMIT 1';

export interface Element {
  readonly seq: number;
  readonly value: number;
  readonly tag: string;
}

/**
 * An element's tag as a row in the commit log holds it, behind its length. The server's own log file quotes the tag, too, within
 * the statement that brought it: what stands there is no element.
 */
export function rowNeedle(workload: string, value: unknown): string {
  const tag = needleOf(workload, value);
  if (tag.length > 127) throw new Error(`the tag ${tag} is too long for a length of one byte`);
  return `${String.fromCharCode(tag.length)}\0\0\0${tag}`;
}

/** A reply that is not what was asked for. `status`: HTTP's; 530 is a reducer that failed and was rolled back. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor({ status, body }: Reply) {
    super(`${status}: ${body.trim() === '' ? 'no message' : oneLine(body)}`);
    this.status = status;
  }
}

/** Every method rejects with Refusal or NoReply. */
export class Database {
  readonly #connection: Connection;

  constructor(port: number, token?: string) {
    this.#connection = new Connection(port, token);
  }

  async ping(timeoutMs: number): Promise<void> {
    requireOk(await this.#connection.ask({ method: 'GET', path: '/v1/ping' }, timeoutMs));
  }

  /** A new identity's token: who publishes with it owns the database. */
  async identify(timeoutMs: number): Promise<string> {
    const reply = requireOk(await this.#connection.ask({ method: 'POST', path: '/v1/identity' }, timeoutMs));
    const { token } = JSON.parse(reply.body) as { token?: unknown };
    if (typeof token !== 'string') throw new Refusal(reply);
    return token;
  }

  async publish(timeoutMs: number): Promise<void> {
    const body = readFileSync(new URL('module.wasm', import.meta.url));
    const type = 'application/wasm';
    requireOk(await this.#connection.ask({ method: 'PUT', path, body, type }, timeoutMs));
  }

  /** One statement, one transaction; the rows, or none. */
  async sql(
    statement: string,
    timeoutMs: number,
    confirmed?: 'true' | 'false',
  ): Promise<{ readonly rows: readonly (readonly unknown[])[]; readonly inserted: number | undefined }> {
    const query = confirmed === undefined ? '' : `?confirmed=${confirmed}`;
    const question = { method: 'POST', path: `${path}/sql${query}`, body: statement } as const;
    const reply = requireOk(await this.#connection.ask(question, timeoutMs));
    const [result] = JSON.parse(reply.body) as [
      { rows?: (readonly unknown[])[]; stats?: { rows_inserted?: number } }?,
    ];
    if (result === undefined) throw new Refusal(reply);
    return { rows: result.rows ?? [], inserted: result.stats?.rows_inserted };
  }

  async call(reducer: string, args: readonly unknown[], timeoutMs: number): Promise<void> {
    const body = JSON.stringify(args);
    const question = {
      method: 'POST',
      path: `${path}/call/${reducer}`,
      body,
      type: 'application/json',
    } as const;
    requireOk(await this.#connection.ask(question, timeoutMs));
  }

  /** All elements in the order in which they were inserted. */
  async elements(timeoutMs: number): Promise<Element[]> {
    const { rows } = await this.sql(selectElements, timeoutMs);
    return rows
      .map(([seq, value, tag]) => ({ seq: Number(seq), value: Number(value), tag: String(tag) }))
      .sort((a, b) => a.seq - b.seq);
  }

  close(): void {
    this.#connection.close();
  }
}

function requireOk(reply: Reply): Reply {
  if (reply.status !== 200) throw new Refusal(reply);
  return reply;
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}
