/** Writes histories for tests, op by op, as a runner would record them. Each step takes 10 ms unless the clock is set. */
import type { JudgedContract } from '../contract.ts';
import { strictContract } from '../contract.ts';
import type { Interruption, RunFacts } from '../facts.ts';
import type { HistoryOp, Json } from '../history.ts';

export const everything: JudgedContract = {
  ...strictContract,
  kind: 'strict',
  reason: 'asks for everything',
};

export function contract(parts: Partial<JudgedContract>): JudgedContract {
  return { ...everything, kind: 'documented', reason: 'as the vendor says', ...parts };
}

type Completing = 'ok' | 'fail' | 'info';

export class Script {
  readonly history: HistoryOp[] = [];
  readonly interruptions: Interruption[] = [];
  readonly #pending = new Map<number, HistoryOp>();
  #boot = 1;
  #nowMs = 0;
  #nextProcess = 1000;

  facts(judgedBy: JudgedContract = everything): RunFacts {
    return { contract: judgedBy, interruptions: this.interruptions };
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  at(timeMs: number): this {
    this.#nowMs = timeMs - 10;
    return this;
  }

  /** A whole add by a client of its own; `null` leaves it without a completion. */
  add(value: Json, type: Completing | null = 'ok'): this {
    const process = this.#nextProcess++;
    this.invoke(process, 'add', value);
    return type === null ? this : this.complete(process, type);
  }

  adds(...values: readonly number[]): this {
    for (const value of values) this.add(value);
    return this;
  }

  read(values: Json, final = false): this {
    const process = this.#nextProcess++;
    return this.invoke(process, 'read', undefined, final).complete(process, 'ok', values);
  }

  finalRead(values: Json): this {
    return this.read(values, true);
  }

  invoke(process: number, f: string, value?: Json, final = false): this {
    this.#pending.set(process, this.#record({ process, type: 'invoke', f, value, final }));
    return this;
  }

  complete(process: number, type: Completing, value?: Json): this {
    const { f, value: asked, final } = this.#pending.get(process)!;
    this.#record({ process, type, f, value: value ?? asked, final: final === true });
    return this;
  }

  /** `noticedMs` is how long after the instant the runner wrote it down. */
  interrupt(kind: Interruption['kind'] = 'power-cut', fresh = false, noticedMs = 0): this {
    this.#record({ process: 'nemesis', type: 'info', f: kind, value: undefined, final: false });
    this.#boot++;
    const timeMs = Math.max(this.#nowMs - noticedMs, this.interruptions.at(-1)?.timeMs ?? 0);
    this.interruptions.push({ kind, timeMs, boot: this.#boot, ...(fresh && { fresh }) });
    return this;
  }

  cut(): this {
    return this.interrupt('power-cut');
  }

  #record(op: {
    process: number | 'nemesis';
    type: HistoryOp['type'];
    f: string;
    value: Json | undefined;
    final: boolean;
  }): HistoryOp {
    this.#nowMs += 10;
    const recorded: HistoryOp = {
      index: this.history.length,
      process: op.process,
      type: op.type,
      f: op.f,
      ...(op.value !== undefined && { value: op.value }),
      timeMs: this.#nowMs,
      boot: this.#boot,
      ...(op.final && { final: true }),
    };
    this.history.push(recorded);
    return recorded;
  }
}
