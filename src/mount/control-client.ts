/** The asking end of a control channel (control.ts): requests with types over one connection, answers by their id. */
import { connect, type Socket } from 'node:net';
import type { DiskRequests } from './control.ts';
import { LineSplitter, parseObject } from './json-lines.ts';
import { UnavailableError } from './mount-errors.ts';
import { shortSocketPath } from './socket-path.ts';

/** Losses carry tens of thousands of ops. */
const answerLimitLength = 512 * 1024 * 1024 - 1024;

interface Waiting {
  readonly resolve: (reply: object) => void;
  readonly reject: (error: Error) => void;
}

export class ControlClient {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #end: string | undefined;
  /** Resolves when the other end is gone. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const splitter = new LineSplitter(answerLimitLength);
    socket.setEncoding('utf8').on('data', (text: string) => {
      for (const line of splitter.push(text)) this.#receive(line);
    });
    this.closed = new Promise((resolve) => {
      // An error is followed by `close`.
      socket.on('error', () => undefined);
      socket.once('close', () => {
        this.#fail('the disk process is gone');
        resolve();
      });
    });
  }

  /** Rejects with the system's error when nobody listens there. */
  static async connect(path: string): Promise<ControlClient> {
    const short = shortSocketPath(path);
    try {
      return await new Promise<ControlClient>((resolve, reject) => {
        const socket = connect(short.path, () => {
          socket.off('error', reject);
          resolve(new ControlClient(socket));
        });
        socket.once('error', reject);
      });
    } finally {
      short.release();
    }
  }

  async request<Name extends keyof DiskRequests>(
    name: Name,
    params?: DiskRequests[Name]['params'],
  ): Promise<DiskRequests[Name]['reply']> {
    if (this.#end !== undefined) throw new UnavailableError(this.#end);
    const id = ++this.#lastId;
    const answered = new Promise<object>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    this.#socket.write(`${JSON.stringify({ ...params, id, request: name })}\n`);
    // The server answers each request with its own reply (control.ts): both ends come from one build.
    return (await answered) as DiskRequests[Name]['reply'];
  }

  close(): void {
    this.#fail('the control channel was closed');
    this.#socket.destroy();
  }

  #receive(line: string): void {
    const message = parseObject(line);
    const waiting = this.#waiting.get(Number(message?.['id']));
    if (message === undefined || waiting === undefined) return;
    this.#waiting.delete(Number(message['id']));
    if (typeof message['error'] === 'string') waiting.reject(new UnavailableError(message['error']));
    else waiting.resolve(message['ok'] as object);
  }

  #fail(sentence: string): void {
    this.#end ??= sentence;
    for (const { reject } of this.#waiting.values()) reject(new UnavailableError(sentence));
    this.#waiting.clear();
  }
}
