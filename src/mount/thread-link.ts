/**
 * The main thread's side of a thread that serves a mount: requests out, answers in, and how it ended. Generic over what is asked; who
 * answers each name with its own reply is held to it by the compiler at the handlers' table.
 */
import { once } from 'node:events';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { Refusal } from './refusal.ts';

/** By name: what a request takes, and what answers it. */
export type ThreadRequests<Names extends PropertyKey> = {
  readonly [Name in Names]: { readonly params: unknown; readonly reply: unknown };
};

/** What a thread is started with, beside its own. */
export interface ThreadStart {
  readonly port: MessagePort;
  /** Cell 0: not 0 while messages may be waiting in the port. */
  readonly called: SharedArrayBuffer;
}

export interface ThreadMessage<Name extends PropertyKey> {
  readonly id: number;
  readonly name: Name;
  readonly params: unknown;
}

export type ThreadAnswer =
  { readonly id: number; readonly ok: object } | { readonly id: number; readonly refusal: string };

interface Waiting {
  readonly resolve: (reply: object) => void;
  readonly reject: (error: Error) => void;
}

export interface Thread<Told extends object> {
  readonly file: URL | string;
  /** What the thread is started with, beside its port. */
  readonly start: object;
  /** Makes a thread that blocks in a session, because nobody uses the mount, read its messages. */
  readonly wake: () => void;
  /** Of messages that answer no request. */
  readonly onTold: (told: Told) => void;
}

/**
 * What a disk allocates lives to the next request, or to a barrier. Left to itself V8 lets young objects take up to 48 MiB, of which some
 * 25 stay resident for nothing: measured, they save no time.
 */
const maxYoungGenerationSizeMb = 8;

export class ThreadLink<Requests extends ThreadRequests<keyof Requests>, Told extends object> {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #called: Int32Array;
  readonly #wake: () => void;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #fault: string | undefined;
  /** Resolves with a sentence when the thread has ended by a fault. */
  readonly failed: Promise<string>;

  constructor({ file, start, wake, onTold }: Thread<Told>) {
    const { port1, port2 } = new MessageChannel();
    const called = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const workerData: ThreadStart = { ...start, port: port2, called };
    const resourceLimits = { maxYoungGenerationSizeMb };
    this.#worker = new Worker(file, { workerData, transferList: [port2], resourceLimits });
    this.#port = port1;
    this.#called = new Int32Array(called);
    this.#wake = wake;
    port1.on('message', (message: ThreadAnswer | Told) => {
      if ('id' in message) this.#settle(message);
      else onTold(message);
    });
    this.failed = new Promise((resolve) => {
      const fail = (sentence: string): void => {
        for (const { reject } of this.#waiting.values()) reject(new Refusal(sentence));
        this.#waiting.clear();
        this.#fault ??= sentence;
        resolve(sentence);
      };
      this.#worker.once('error', (error: Error) => {
        fail(error.message);
      });
      this.#worker.once('exit', (code) => {
        fail(`its thread ended with code ${code}`);
      });
    });
  }

  /** Rejects when the thread cannot do what it is there for. */
  async ready(): Promise<this> {
    await once(this.#worker, 'message');
    return this;
  }

  /** `turn`: heard before the kernel's next request, or not before those that wait already are served. */
  async call<Name extends keyof Requests>(
    name: Name,
    params: Requests[Name]['params'],
    turn: 'next' | 'after those that wait' = 'next',
  ): Promise<Requests[Name]['reply']> {
    if (this.#fault !== undefined) throw new Refusal(this.#fault);
    const id = ++this.#lastId;
    const answered = new Promise<object>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    const message: ThreadMessage<Name> = { id, name, params };
    this.#port.postMessage(message);
    // Beside busy programs the thread looks here long before it is woken.
    if (turn === 'next') Atomics.store(this.#called, 0, 1);
    this.#wake();
    return answered as Promise<Requests[Name]['reply']>;
  }

  #settle(answer: ThreadAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('ok' in answer) waiting?.resolve(answer.ok);
    else waiting?.reject(new Refusal(answer.refusal));
  }
}
