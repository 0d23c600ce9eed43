/**
 * The control socket: JSON lines in, JSON lines out (control.ts). Only its owner can connect: the socket is 0600 in a
 * directory that is 0700. Several clients may ask at the same time; answers carry the id of their request.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { chmodSync } from 'node:fs';
import { checkRequest, type DiskRequest } from './request-checks.ts';
import { JsonText, LineSplitter, parseObject } from './json-lines.ts';
import { messageOf } from './mount-errors.ts';
import { shortSocketPath } from './socket-path.ts';

const requestLimitLength = 1024 * 1024;
const maxClients = 64;

export class ControlServer {
  readonly #server: Server;
  readonly #clients = new Set<Socket>();

  private constructor(handle: (request: DiskRequest) => Promise<object>) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#clients.add(socket);
      socket.once('close', () => this.#clients.delete(socket));
      attend(socket, handle);
    });
    this.#server.maxConnections = maxClients;
  }

  static async listen(
    path: string,
    handle: (request: DiskRequest) => Promise<object>,
  ): Promise<ControlServer> {
    const control = new ControlServer(handle);
    const short = shortSocketPath(path);
    await new Promise<void>((resolve, reject) => {
      control.#server.once('error', (error) => {
        reject(new Error(`the control socket ${path} cannot be made: ${error.message}`, { cause: error }));
      });
      control.#server.listen(short.path, resolve);
    });
    chmodSync(short.path, 0o600);
    return control;
  }

  /** Sends what is answered already, hangs up. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    for (const client of this.#clients) client.destroySoon();
    await closed;
  }
}

function attend(socket: Socket, handle: (request: DiskRequest) => Promise<object>): void {
  const splitter = new LineSplitter(requestLimitLength);
  socket.setEncoding('utf8');
  socket.on('error', () => {
    socket.destroy();
  });
  let unanswered = 0;
  let hasEnded = false;
  const ask = async (line: string): Promise<void> => {
    unanswered++;
    await answer(socket, line, handle);
    unanswered--;
    if (hasEnded && unanswered === 0) socket.end();
  };
  // A client may say all that it has to say and still wait for the answers.
  socket.on('end', () => {
    hasEnded = true;
    if (unanswered === 0) socket.end();
  });
  socket.on('data', (text: string) => {
    try {
      for (const line of splitter.push(text)) void ask(line);
    } catch (error) {
      socket.end(`${JSON.stringify({ id: null, error: messageOf(error) })}\n`);
    }
  });
}

async function answer(
  socket: Socket,
  line: string,
  handle: (request: DiskRequest) => Promise<object>,
): Promise<void> {
  if (line.trim() === '') return;
  const message = parseObject(line);
  const id = message?.['id'] ?? null;
  let reply: string;
  try {
    if (message === undefined)
      throw new Error('a request is one JSON object a line: {"id": 1, "request": "stats"}');
    const ok = await handle(checkRequest(message));
    reply = `{"id":${JSON.stringify(id)},"ok":${ok instanceof JsonText ? ok.text : JSON.stringify(ok)}}`;
  } catch (error) {
    reply = JSON.stringify({ id, error: messageOf(error) });
  }
  if (!socket.destroyed) socket.write(`${reply}\n`);
}
