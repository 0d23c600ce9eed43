/**
 * The serving thread's side of its link (thread-link.ts is the other): requests in, answers out. While the thread sits in blocking
 * reads of /dev/fuse it hears messages only between requests of the kernel, before each (see Gate.isCalled); between mounts it hears
 * them in its event loop.
 */
import { parentPort, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { errorCode, messageOf } from './mount-errors.ts';
import { Refusal } from './refusal.ts';
import type { ThreadAnswer, ThreadMessage, ThreadRequests, ThreadStart } from './thread-link.ts';

/** Undefined: the answer comes later. */
type Handler<Params, Reply> = (params: Params, id: number) => Reply | undefined;

export type Handlers<Requests extends ThreadRequests<keyof Requests>> = {
  readonly [Name in keyof Requests]: Handler<Requests[Name]['params'], Requests[Name]['reply']>;
};

export class ThreadPort<Requests extends ThreadRequests<keyof Requests>, Told extends object> {
  readonly #port: MessagePort;
  readonly #called: Int32Array;
  #handlers: Handlers<Requests> | undefined;
  #onHandled: () => void = () => undefined;

  constructor({ port, called }: ThreadStart) {
    this.#port = port;
    this.#called = new Int32Array(called);
  }

  /** Says that the thread is ready, and hears from then on. `onHandled` is called after each message. */
  listen(handlers: Handlers<Requests>, onHandled: () => void): void {
    this.#handlers = handlers;
    this.#onHandled = onHandled;
    this.#port.on('message', (message: ThreadMessage<keyof Requests>) => {
      this.#handle(message);
    });
    parentPort?.postMessage('ready');
  }

  /** Whether messages may be waiting. Costs nothing: it is asked before each request. */
  readonly isCalled = (): boolean => Atomics.load(this.#called, 0) !== 0;

  /** Handles the messages that are waiting. */
  readonly drain = (): void => {
    // Before they are taken: who sends one more calls again.
    Atomics.store(this.#called, 0, 0);
    for (;;) {
      const received = receiveMessageOnPort(this.#port) as
        { readonly message: ThreadMessage<keyof Requests> } | undefined;
      if (received === undefined) return;
      this.#handle(received.message);
    }
  };

  /** What nobody asked for. */
  tell(told: Told): void {
    this.#port.postMessage(told);
  }

  /** Of a request whose handler left it for later. */
  answer(id: number, outcome: object): void {
    this.#send(outcome instanceof Error ? { id, refusal: outcome.message } : { id, ok: outcome });
  }

  #handle({ id, name, params }: ThreadMessage<keyof Requests>): void {
    try {
      const handler = this.#handlers?.[name] as Handler<unknown, object>;
      const ok = handler(params, id);
      if (ok !== undefined) this.#send({ id, ok });
    } catch (error) {
      // Anything else is a fault of this program: it ends the thread rather than serve what cannot be trusted.
      if (!(error instanceof Refusal) && errorCode(error) === undefined) throw error;
      this.#send({ id, refusal: messageOf(error) });
    }
    this.#onHandled();
  }

  #send(answer: ThreadAnswer): void {
    this.#port.postMessage(answer);
  }
}
