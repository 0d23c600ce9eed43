/**
 * The channel to one driver process: sends requests, matches replies by id, and notices when the process ends, falls silent
 * or speaks nonsense. Every request gets exactly one answer, whatever the driver does; nothing here waits without a bound.
 */
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { LineSplitter } from '../../mount/json-lines.ts';
import { formatRequest, maxLineLength, parseReply } from './protocol.ts';
import type { Reply, Request } from './protocol.ts';

/** The process as the channel needs it. */
export interface DriverEnds {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

export type Answer =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'timeout' }
  /** `sent`: the driver may have acted on the request. */
  | { readonly kind: 'broken'; readonly broken: Broken; readonly sent: boolean };

/** Why nothing more can be asked. `sentence` completes "the driver …". */
export interface Broken {
  readonly why: 'exit' | 'nonsense';
  readonly sentence: string;
  readonly exitCode: number | null;
  /** Ended by SIGKILL, as all are when the machine is killed or cut. */
  readonly killed: boolean;
}

/** Between a process's end and the end of its output (which a child of it may hold open), or the other way round. */
const drainMs = 500;

export class DriverChannel {
  /** Resolves once, when the channel breaks. */
  readonly whenBroken: Promise<Broken>;
  readonly #ends: DriverEnds;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #lines = new LineSplitter(maxLineLength);
  #nextId = 0;
  #broken: Broken | undefined;
  #resolveBroken!: (broken: Broken) => void;

  constructor(ends: DriverEnds) {
    this.#ends = ends;
    this.whenBroken = new Promise((resolve) => (this.#resolveBroken = resolve));
    ends.stdout.setEncoding('utf8');
    ends.stdout.on('data', (text: string) => this.#receive(text));
    // A dead reader: `exited` says it better.
    ends.stdin.on('error', () => undefined);
    ends.stdout.on('error', () => undefined);
    void this.#watch();
  }

  get broken(): Broken | undefined {
    return this.#broken;
  }

  async request(request: Request, timeoutMs: number): Promise<Answer> {
    if (this.#broken !== undefined) return { kind: 'broken', broken: this.#broken, sent: false };
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => answer({ kind: 'timeout' }), timeoutMs);
      const answer = (given: Answer): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(given);
      };
      this.#waiting.set(id, answer);
      this.#ends.stdin.write(formatRequest(id, request));
    });
  }

  /** No more requests: the driver reads the end of its stdin. */
  end(): void {
    this.#ends.stdin.end();
  }

  #receive(text: string): void {
    if (this.#broken !== undefined) return;
    let lines: readonly string[];
    try {
      lines = this.#lines.push(text);
    } catch {
      this.#breakBy(`printed a line of more than ${maxLineLength} characters`);
      return;
    }
    for (const line of lines) this.#receiveLine(line);
  }

  #receiveLine(line: string): void {
    if (this.#broken !== undefined || line.trim() === '') return;
    const reply = parseReply(line);
    if ('wrong' in reply) {
      this.#breakBy(reply.wrong);
    } else if (reply.id >= this.#nextId) {
      this.#breakBy(`answered request ${String(reply.id)}, which was never sent`);
    } else {
      // No one waiting: the answer to a request that timed out.
      this.#waiting.get(reply.id)?.({ kind: 'reply', reply });
    }
  }

  async #watch(): Promise<void> {
    const ended = new Promise<'ended'>((resolve) => {
      for (const event of ['end', 'close', 'error']) this.#ends.stdout.once(event, () => resolve('ended'));
    });
    const first = await Promise.race([this.#ends.exited, ended]);
    const second = first === 'ended' ? this.#ends.exited : ended;
    const within = await Promise.race([second, delay(drainMs, 'late' as const, { ref: false })]);
    if (first === 'ended' && within === 'late') {
      this.#breakBy('closed its stdout');
      return;
    }
    const { code, signal } = await this.#ends.exited;
    const killed = signal === 'SIGKILL';
    this.#break({ why: 'exit', sentence: howEnded(code, signal), exitCode: code, killed });
  }

  #breakBy(nonsense: string): void {
    this.#break({ why: 'nonsense', sentence: nonsense, exitCode: null, killed: false });
  }

  #break(broken: Broken): void {
    if (this.#broken !== undefined) return;
    this.#broken = broken;
    for (const answer of [...this.#waiting.values()]) answer({ kind: 'broken', broken, sent: true });
    this.#resolveBroken(broken);
  }
}

export function howEnded(code: number | null, signal: string | null): string {
  if (signal !== null) return `was ended by ${signal}`;
  return code === null ? 'ended' : `ended with exit code ${String(code)}`;
}
