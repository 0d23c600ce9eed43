/** The main thread's side of the thread that owns the disk: requests out, answers in, and how it ended. */
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { once } from 'node:events';
import type { DiskOptions } from './control.ts';
import { Refusal } from './refusal.ts';
import type { Unfinished } from './steps.ts';
import type {
  LossNotice,
  WorkerAnswer,
  WorkerMessage,
  WorkerRequests,
  WorkerStart,
} from './worker-requests.ts';

interface Waiting {
  readonly resolve: (reply: object) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerLink {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #flags: Int32Array;
  readonly #wake: () => void;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #fault: string | undefined;
  /** Hears of losses that a fault made. */
  onLoss: (notice: LossNotice) => void = () => undefined;
  /** Resolves with a sentence when the thread has ended by a fault. */
  readonly failed: Promise<string>;

  private constructor(options: DiskOptions, wake: () => void, onWarning: (sentence: string) => void) {
    const { port1, port2 } = new MessageChannel();
    const flags = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const start: WorkerStart = { options, port: port2, flags };
    this.#worker = new Worker(new URL('./disk-worker.js', import.meta.url), {
      workerData: start,
      transferList: [port2],
    });
    this.#port = port1;
    this.#flags = new Int32Array(flags);
    this.#wake = wake;
    port1.on('message', (answer: WorkerAnswer) => {
      if ('warning' in answer) onWarning(answer.warning);
      else if ('lost' in answer) this.onLoss(answer.lost);
      else this.#settle(answer);
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

  /** `wake` makes a thread that blocks in the session read its messages. Rejects when the disk cannot be made. */
  static async start(
    options: DiskOptions,
    wake: () => void,
    onWarning: (sentence: string) => void,
  ): Promise<WorkerLink> {
    const link = new WorkerLink(options, wake, onWarning);
    await once(link.#worker, 'message');
    return link;
  }

  get isLogPending(): boolean {
    return this.#flags[0] === 1;
  }

  async call<Name extends keyof WorkerRequests>(
    name: Name,
    params: WorkerRequests[Name]['params'],
  ): Promise<WorkerRequests[Name]['reply']> {
    if (this.#fault !== undefined) throw new Refusal(this.#fault);
    const message: WorkerMessage = { id: ++this.#lastId, name, params };
    const answered = new Promise<object>((resolve, reject) => {
      this.#waiting.set(message.id, { resolve, reject });
    });
    this.#port.postMessage(message);
    this.#wake();
    // The worker answers each name with its own reply: see `handlers` in disk-worker.ts, which the compiler checks.
    return (await answered) as WorkerRequests[Name]['reply'];
  }

  /** Work in slices, until it is done. Where it answers in text, `onText` gets what comes before the last answer. */
  async callInSlices<Name extends 'export-image' | 'import' | 'report'>(
    name: Name,
    params: WorkerRequests[Name]['params'],
    onText: (text: string) => void = () => undefined,
  ): Promise<Exclude<WorkerRequests[Name]['reply'], Unfinished>> {
    type Reply = WorkerRequests[Name]['reply'];
    let reply: Reply = await this.call(name, params);
    while ('more' in reply) {
      onText(reply.text);
      reply = (await this.call('continue', { number: reply.more })) as Reply;
    }
    return reply as Exclude<Reply, Unfinished>;
  }

  #settle(answer: Exclude<WorkerAnswer, { warning: string } | { lost: LossNotice }>): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('ok' in answer) waiting?.resolve(answer.ok);
    else waiting?.reject(new Refusal(answer.refusal));
  }
}
