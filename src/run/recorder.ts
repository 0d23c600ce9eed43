/**
 * Records the history as it happens, in memory for the checkers and in history.jsonl for everybody else. The file is
 * written in chunks as the run goes, so that a run which was killed can still be analysed.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { HistoryOp, Json } from '../checkers/history.ts';
import type { RunClock } from './clock.ts';

const chunkOps = 500;
/** An op is in the file after so long at the latest, if another one follows. */
const flushAfterMs = 1_000;

export type Recorded = Omit<HistoryOp, 'index' | 'timeMs' | 'boot'>;

export class Recorder {
  readonly history: HistoryOp[] = [];
  readonly #clock: Pick<RunClock, 'now'>;
  readonly #file: number;
  #isOpen = true;
  #written = 0;
  #flushedMs = 0;
  #boot = 0;

  constructor(clock: Pick<RunClock, 'now'>, file: string) {
    this.#clock = clock;
    this.#file = openSync(file, 'w', 0o600);
  }

  /** How often the machine has been booted. */
  get boot(): number {
    return this.#boot;
  }

  booted(): void {
    this.#boot++;
  }

  /** Throws when the store is full: what is not recorded must not happen. */
  record(op: Recorded): HistoryOp {
    const timeMs = this.#clock.now();
    const recorded: HistoryOp = { ...op, index: this.history.length, timeMs, boot: this.#boot };
    this.history.push(recorded);
    if (this.history.length - this.#written >= chunkOps || timeMs - this.#flushedMs >= flushAfterMs) {
      this.#flushedMs = timeMs;
      this.flush();
    }
    return recorded;
  }

  nemesis(type: HistoryOp['type'], f: string, value?: Json): HistoryOp {
    return this.record({ process: 'nemesis', type, f, ...(value === undefined ? {} : { value }) });
  }

  flush(): void {
    const lines = this.history.slice(this.#written).map((op) => `${JSON.stringify(op)}\n`);
    this.#written = this.history.length;
    const bytes = Buffer.from(lines.join(''));
    // A nearly full disk takes a part and says so in a number only.
    for (let offset = 0; offset < bytes.length;) offset += writeSync(this.#file, bytes, offset);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      this.flush();
    } finally {
      closeSync(this.#file);
    }
  }
}
