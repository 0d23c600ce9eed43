/**
 * What happens to each request, in order: served, held or failed, as the gate says. Holds no descriptor and never waits, so
 * that it can be tried without a kernel; `session.ts` feeds it.
 */
import { EIO, ENOSYS, EPROTO } from './codec/errno.ts';
import { isWriteBack, opensRoot } from './codec/write-back.ts';
import { negotiate, replyBufferBytes, type WriteMode } from './codec/init.ts';
import { opcodeName, opcodes } from './codec/opcodes.ts';
import { Reply } from './codec/reply.ts';
import type { Request } from './codec/request.ts';
import { answer, hear, isOneWay, type OnError } from './dispatch.ts';
import type { FileSystem } from './filesystem.ts';
import type { Gate } from './gate.ts';

export class Conversation {
  readonly #fs: FileSystem;
  readonly #gate: Gate;
  readonly #writes: WriteMode;
  readonly #readsWhileHeld: boolean;
  readonly #onError: OnError;
  readonly #send: (reply: Reply) => void;
  /** One for all requests: they are answered one after the other. */
  readonly #reply = new Reply(replyBufferBytes);
  /**
   * In the order of arrival. Bounded by the kernel: a thread waits for at most one request, and what it sends in the
   * background is limited at INIT.
   */
  #held: Request[] = [];

  constructor(options: {
    readonly fileSystem: FileSystem;
    readonly gate: Gate;
    readonly writes: WriteMode;
    readonly readsWhileHeld?: boolean;
    readonly onError: OnError;
    /** Sends a finished reply, whose buffer the next one overwrites. */
    readonly send: (reply: Reply) => void;
  }) {
    this.#fs = options.fileSystem;
    this.#gate = options.gate;
    this.#writes = options.writes;
    this.#readsWhileHeld = options.readsWhileHeld ?? false;
    this.#onError = options.onError;
    this.#send = options.send;
  }

  /** Takes a request in a buffer that will be overwritten afterwards. */
  receive(request: Request): void {
    if (!request.isWellFormed) {
      this.#onError(
        new Error(`the kernel sent ${request.length} bytes that are no request`),
        'reading a request',
      );
      return;
    }
    switch (request.opcode) {
      case opcodes.INIT:
        this.#begin(request);
        return;
      case opcodes.STATFS:
        this.#wake(request);
        return;
      default:
        // Among busy programs a STATFS of ours has to wait like everybody's requests. What the kernel forgot before it is known first.
        if (this.#gate.isCalled() && !isOneWay(request.opcode)) this.#hearMessages();
        // Held requests come first: what arrived later must not overtake them.
        if (this.#gate.state() === 'held' && !this.#isServedAnyway(request)) this.#held.push(request.copy());
        else this.#serve(request);
        this.#settle();
    }
  }

  /**
   * Pages that the kernel kept back are what was written before the gate closed, whenever they come. They are un-synced like
   * everything that no barrier covers, and taking them is the only way to know of them.
   */
  #isServedAnyway(request: Request): boolean {
    if (this.#readsWhileHeld && request.opcode === opcodes.READ) return true;
    return this.#writes === 'cached' && (isWriteBack(request) || opensRoot(request));
  }

  /** INIT is answered whatever the gate says: until then the mount itself hangs. */
  #begin(request: Request): void {
    this.#reply.clear();
    const negotiated = negotiate(request, this.#reply, this.#writes);
    if (typeof negotiated === 'number') {
      this.#onError(
        new Error('this kernel speaks a FUSE protocol older than 7.31: Linux 5.4 or later is needed'),
        opcodeName(request.opcode),
      );
      this.#fail(request, negotiated === EPROTO ? EPROTO : EIO);
      return;
    }
    this.#fs.begin();
    this.#reply.finish(request, 0);
    this.#send(this.#reply);
  }

  /** STATFS wakes whoever has messages for this thread; it changes nothing, so it is answered even while others are held. */
  #wake(request: Request): void {
    this.#hearMessages();
    if (this.#gate.state() === 'failing') this.#fail(request, EIO);
    else this.#answer(request);
  }

  #hearMessages(): void {
    this.#gate.wake();
    this.#settle();
  }

  #serve(request: Request): void {
    const failing = this.#gate.state() === 'failing';
    if (isOneWay(request.opcode)) {
      // What the kernel forgets while failing is forgotten with the mount.
      if (!failing) hear(this.#fs, request, this.#onError);
    } else if (failing) {
      this.#fail(request, EIO);
    } else if (request.opcode === opcodes.LSEEK && this.#writes === 'cached') {
      // What the kernel holds back is no hole; it says so itself (all is data) once it knows that we do not know.
      this.#fail(request, ENOSYS);
    } else if (this.#answer(request)) {
      this.#gate.applied();
    }
  }

  /** Serves or fails what was held, once the gate lets it; the gate may close again in between. */
  #settle(): void {
    while (this.#held.length > 0 && this.#gate.state() !== 'held') this.#serve(this.#held.shift()!);
  }

  #answer(request: Request): boolean {
    const mutated = answer(this.#fs, request, this.#reply, this.#onError);
    this.#send(this.#reply);
    return mutated;
  }

  #fail(request: Request, error: number): void {
    this.#reply.finish(request, error);
    this.#send(this.#reply);
  }
}
