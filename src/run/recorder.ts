/**
 * Records the history as it happens, in memory for the checkers and in history.jsonl for everybody else. The file is
 * written in chunks as the run goes, so that a run which was killed can still be analysed.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { HistoryOp, Json } from '../checkers/history.ts';
import type { RunClock } from './clock.ts';

const chunkOps = 500;

export class Recorder {
  readonly history: HistoryOp[] = [];
  readonly #clock: RunClock;
  readonly #fd: number;
  #written = 0;
  #boot = 0;

  constructor(clock: RunClock, file: string) {
    this.#clock = clock;
    this.#fd = openSync(file, 'w', 0o600);
  }

  /** How often the machine has been booted. */
  get boot(): number {
    return this.#boot;
  }

  booted(): void {
    this.#boot++;
  }

  record(op: Omit<HistoryOp, 'index' | 'timeMs' | 'boot'> & { readonly timeMs?: number }): HistoryOp {
    const recorded: HistoryOp = {
      ...op,
      index: this.history.length,
      timeMs: op.timeMs ?? this.#clock.now(),
      boot: this.#boot,
    };
    this.history.push(recorded);
    if (this.history.length - this.#written >= chunkOps) this.flush();
    return recorded;
  }

  nemesis(type: HistoryOp['type'], f: string, value?: Json): HistoryOp {
    return this.record({ process: 'nemesis', type, f, ...(value === undefined ? {} : { value }) });
  }

  flush(): void {
    const lines = this.history.slice(this.#written).map((op) => `${JSON.stringify(op)}\n`);
    this.#written = this.history.length;
    if (lines.length > 0) writeSync(this.#fd, lines.join(''));
  }

  close(): void {
    this.flush();
    closeSync(this.#fd);
  }
}
