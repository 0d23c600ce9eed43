/** One connection to clogdb that is kept open between requests. Every wait is bounded: a server on a frozen disk answers nothing. */
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';

export interface Response {
  readonly status: number;
  readonly body: unknown;
}

/** Nothing answered. `sent`: the server may have acted on the request. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly why: 'timeout' | 'connection';
  readonly sent: boolean;
  constructor(why: NoAnswer['why'], message: string, sent: boolean) {
    super(message);
    this.why = why;
    this.sent = sent;
  }
}

export class Connection {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(url: string) {
    this.#url = url;
  }

  /** Rejects with NoAnswer alone. */
  ask(method: 'GET' | 'POST', path: string, timeoutMs: number, body?: unknown): Promise<Response> {
    return new Promise((resolve, reject) => {
      const asked = request(`${this.#url}${path}`, { method, agent: this.#agent });
      const timer = setTimeout(() => {
        fail(new NoAnswer('timeout', `no answer within ${timeoutMs} ms`, true));
        asked.destroy();
      }, timeoutMs);
      const fail = (error: NoAnswer): void => {
        clearTimeout(timer);
        reject(error);
      };
      const broke = (error: NodeJS.ErrnoException): void =>
        fail(new NoAnswer('connection', messageOf(error), error.code !== 'ECONNREFUSED'));
      asked.on('error', broke);
      asked.once('response', (response) => {
        readAll(response).then((text) => {
          clearTimeout(timer);
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) });
        }, broke);
      });
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function messageOf(error: NodeJS.ErrnoException): string {
  return error.message === '' ? (error.code ?? error.name) : error.message;
}
