/**
 * Passes signals that ask powercut to end on to the inner powercut. The first SIGINT, SIGTERM or SIGHUP asks for a
 * graceful end; a second SIGINT ends everything at once. Whoever starts powercut (npx, timeout, a shell) may send one
 * wish twice, to the process and to its group: what comes within a moment counts once.
 */
const duplicateMs = 300;
const retryMs = 5;

const ends = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Relayed = (typeof ends)[number] | 'SIGWINCH';

export interface RelayOptions {
  /** The process that gets the signals; `undefined` while it is not there yet. */
  readonly target: () => number | undefined;
  /** Ends everything at once. */
  readonly kill: () => void;
}

export class SignalRelay {
  /** True once a second SIGINT has ended everything. */
  killed = false;
  readonly #options: RelayOptions;
  readonly #handlers = new Map<Relayed, () => void>();
  #firstMs: number | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    for (const name of ends) this.#on(name, () => this.#end(name));
    // The terminal tells only its foreground group of a new size.
    this.#on('SIGWINCH', () => this.#pass('SIGWINCH', 'once'));
  }

  close(): void {
    clearTimeout(this.#retry);
    for (const [name, handler] of this.#handlers) process.off(name, handler);
  }

  #on(name: Relayed, handler: () => void): void {
    this.#handlers.set(name, handler);
    process.on(name, handler);
  }

  #end(name: Relayed): void {
    const nowMs = performance.now();
    if (this.#firstMs === undefined) {
      this.#firstMs = nowMs;
      this.#pass(name, 'retry');
    } else if (name === 'SIGINT' && nowMs - this.#firstMs > duplicateMs) {
      this.killed = true;
      this.#options.kill();
    }
  }

  #pass(name: Relayed, when: 'once' | 'retry'): void {
    const pid = this.#options.target();
    try {
      if (pid !== undefined) process.kill(pid, name);
      else if (when === 'retry') this.#retry = setTimeout(() => this.#pass(name, when), retryMs);
    } catch {
      // It ended in the meantime: there is nothing left to ask.
    }
  }
}
