/**
 * One kept-alive HTTP connection to the server, whose every wait is bounded: a server on a frozen disk answers nothing, and
 * its socket stays open.
 */
import { Agent, request } from 'node:http';

export const host = '127.0.0.1';

export interface Reply {
  readonly status: number;
  readonly body: string;
}

export interface Question {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: string | Uint8Array;
  readonly type?: string;
}

/** Why there was no reply. `refused`: nobody listens, so that nothing was sent. */
export class NoReply extends Error {
  override readonly name = 'NoReply';
  readonly why: 'refused' | 'timeout' | 'broken';

  constructor(why: NoReply['why'], message: string) {
    super(message);
    this.why = why;
  }
}

export class Connection {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #port: number;
  readonly #token: string | undefined;

  constructor(port: number, token?: string) {
    this.#port = port;
    this.#token = token;
  }

  /** Rejects with NoReply. */
  ask(question: Question, timeoutMs: number): Promise<Reply> {
    const { method, path, body, type } = question;
    const headers = {
      ...(this.#token === undefined ? {} : { Authorization: `Bearer ${this.#token}` }),
      ...(type === undefined ? {} : { 'Content-Type': type }),
      ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }),
    };
    return new Promise((resolve, reject) => {
      const asking = request({ agent: this.#agent, host, port: this.#port, method, path, headers });
      const timer = setTimeout(
        () => fail(new NoReply('timeout', `no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      const fail = (error: Error): void => {
        clearTimeout(timer);
        reject(noReply(error));
        asking.destroy();
      };
      asking.on('error', fail);
      asking.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () => {
          clearTimeout(timer);
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
        });
      });
      asking.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function noReply(error: Error): NoReply {
  if (error instanceof NoReply) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  // Errors of several addresses have an empty message of their own.
  const message = error.message === '' ? (code ?? error.name) : error.message;
  return new NoReply(code === 'ECONNREFUSED' ? 'refused' : 'broken', message);
}
