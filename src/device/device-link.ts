/** The main thread's side of the thread that serves the devices: requests out, answers in, and how it ended. */
import { once } from 'node:events';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { Refusal } from '../mount/refusal.ts';
import { compiledFile } from '../mount/start-disk.ts';
import type { DeviceAnswer, DeviceMessage, DeviceRequests, DeviceStart } from './device-requests.ts';
import type { FileSystemDiskOptions } from './file-system-disk.ts';

interface Waiting {
  readonly resolve: (reply: object) => void;
  readonly reject: (error: Error) => void;
}

export class DeviceLink {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #wake: () => void;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #fault: string | undefined;
  /** Resolves with a sentence when the thread has ended by a fault. */
  readonly failed: Promise<string>;

  private constructor(
    options: FileSystemDiskOptions,
    wake: () => void,
    onWarning: (sentence: string) => void,
  ) {
    const { port1, port2 } = new MessageChannel();
    const start: DeviceStart = { options, port: port2 };
    this.#worker = new Worker(compiledFile(import.meta.url, 'device-worker.js'), {
      workerData: start,
      transferList: [port2],
    });
    this.#port = port1;
    this.#wake = wake;
    port1.on('message', (answer: DeviceAnswer) => {
      if ('warning' in answer) onWarning(answer.warning);
      else this.#settle(answer);
    });
    this.failed = new Promise((resolve) => {
      const fail = (sentence: string): void => {
        for (const { reject } of this.#waiting.values()) reject(new Refusal(sentence));
        this.#waiting.clear();
        this.#fault ??= sentence;
        resolve(sentence);
      };
      this.#worker.once('error', (error: Error) => fail(error.message));
      this.#worker.once('exit', (code) => fail(`its thread ended with code ${code}`));
    });
  }

  /** `wake` makes a thread that blocks in the session read its messages. Rejects when the devices cannot be made. */
  static async start(
    options: FileSystemDiskOptions,
    wake: () => void,
    onWarning: (sentence: string) => void,
  ): Promise<DeviceLink> {
    const link = new DeviceLink(options, wake, onWarning);
    await once(link.#worker, 'message');
    return link;
  }

  async call<Name extends keyof DeviceRequests>(
    name: Name,
    params: DeviceRequests[Name]['params'],
  ): Promise<DeviceRequests[Name]['reply']> {
    if (this.#fault !== undefined) throw new Refusal(this.#fault);
    const message: DeviceMessage = { id: ++this.#lastId, name, params };
    const answered = new Promise<object>((resolve, reject) => {
      this.#waiting.set(message.id, { resolve, reject });
    });
    this.#port.postMessage(message);
    this.#wake();
    // The worker answers each name with its own reply: see `handlers` in device-worker.ts, which the compiler checks.
    return (await answered) as DeviceRequests[Name]['reply'];
  }

  #settle(answer: Exclude<DeviceAnswer, { readonly warning: string }>): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('ok' in answer) waiting?.resolve(answer.ok);
    else waiting?.reject(new Refusal(answer.refusal));
  }
}
