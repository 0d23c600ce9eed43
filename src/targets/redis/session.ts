/**
 * One connection to the server, whose every wait is bounded: a server on a frozen disk answers nothing, and its socket stays
 * open. It never reconnects by itself and queues nothing, so that what was sent is known.
 */
import type { createClient } from '@redis/client';

type Connection = ReturnType<typeof createClient>;

/** A reply as the protocol has it: text, numbers, null, lists of them. */
export type Reply = string | number | null | readonly Reply[];

export class Session {
  readonly #connection: Connection;
  readonly #isRefusal: (error: unknown) => boolean;
  #lost = false;

  /** Rejects when it is not connected within `timeoutMs`. */
  static async open(socketPath: string, timeoutMs: number): Promise<Session> {
    // Loaded where it is needed: the client takes longer to load than all of powercut.
    const { createClient, ErrorReply } = await import('@redis/client');
    const connection = createClient({
      RESP: 2,
      socket: { path: socketPath, reconnectStrategy: false, connectTimeout: timeoutMs },
      disableOfflineQueue: true,
      disableClientInfo: true,
    });
    const session = new Session(connection as unknown as Connection, (error) => error instanceof ErrorReply);
    try {
      await within(connection.connect(), timeoutMs);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  private constructor(connection: Connection, isRefusal: (error: unknown) => boolean) {
    this.#connection = connection;
    this.#isRefusal = isRefusal;
    connection.on('error', () => (this.#lost = true));
    connection.on('end', () => (this.#lost = true));
  }

  get lost(): boolean {
    return this.#lost || !this.#connection.isReady;
  }

  /** Rejects with `Refusal` when the server says no, with `Timeout` after `timeoutMs`, else when the connection is lost. */
  async send(words: readonly string[], timeoutMs: number): Promise<Reply> {
    try {
      return await within(this.#connection.sendCommand<Reply>([...words]), timeoutMs);
    } catch (error) {
      if (this.#isRefusal(error)) throw new Refusal((error as Error).message);
      throw error;
    }
  }

  /** At once: whatever is still under way is given up. */
  close(): void {
    this.#lost = true;
    if (this.#connection.isOpen) this.#connection.destroy();
  }
}

/** An error reply: the server did not do what it was asked. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

export class Timeout extends Error {
  override readonly name = 'Timeout';
}

async function within<Value>(promise: Promise<Value>, timeoutMs: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Timeout(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? error.name : error.message;
}
