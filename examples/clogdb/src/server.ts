/**
 * The HTTP server. A status tells what became of a transaction: 200 it happened, and is durable if it was to be confirmed;
 * 409 it did not, for a reason of its own; 4xx and 503 it did not; no answer, nobody knows.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Database } from './database.ts';
import { Refusal, parseOperations } from './transaction.ts';

export const version = '1.0.0';

const maxBodyBytes = 64 * 1024;
const maxConnections = 1_024;

export class ClogServer {
  readonly #database: Database;
  readonly #server: Server;
  #isClosing = false;

  constructor(database: Database) {
    this.#database = database;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.maxConnections = maxConnections;
  }

  /** Resolves with the address when it listens. */
  listen(host: string, port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        const { port: actual } = this.#server.address() as AddressInfo;
        resolve(`http://${host}:${actual}`);
      });
    });
  }

  /** Refuses new connections, and resolves when all requests are answered. */
  close(): Promise<void> {
    this.#isClosing = true;
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let [status, body]: [number, unknown] = [200, undefined];
    try {
      body = await this.#route(request);
    } catch (error) {
      status = error instanceof Refusal ? error.status : 503;
      body = { error: (error as Error).message };
    }
    const text = Buffer.from(JSON.stringify(body));
    if (this.#isClosing) response.setHeader('connection', 'close');
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length });
    response.end(text);
  }

  async #route(request: IncomingMessage): Promise<unknown> {
    const [path, query] = (request.url ?? '').split('?');
    switch (`${request.method} ${path}`) {
      case 'GET /v1/ping':
        return { name: 'clogdb', version, epoch: this.#database.epoch };
      case 'GET /v1/verify':
        return { wrong: await this.#database.verify() };
      case 'POST /v1/transaction': {
        const operations = parseOperations(await bodyOf(request));
        return this.#database.transact(operations, query !== 'confirmed=false');
      }
      default:
        throw new Refusal(404, `there is no ${request.method} ${path}`);
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= maxBodyBytes) chunks.push(chunk);
  }
  if (length > maxBodyBytes) throw new Refusal(413, `a transaction has at most ${maxBodyBytes} bytes`);
  return Buffer.concat(chunks).toString();
}
