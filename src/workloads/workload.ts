/** A workload: what clients do to a target, and which checkers judge it. */
import type { JudgedContract } from '../checkers/contract.ts';
import type { Violation } from '../checkers/finding.ts';
import type { HistoryOp, Json, Valid } from '../checkers/history.ts';
import type { ClientOp } from '../targets/target.ts';

export interface Workload {
  readonly name: string;
  readonly about: string;
  /** A stream of client ops for one run; the same seed gives the same stream. */
  generator(seed: number): { next(): ClientOp };
  /** The op that asks for everything, made after each boot and at the end. */
  readonly finalRead: ClientOp;
  check(history: readonly HistoryOp[], facts: RunFacts): WorkloadVerdict;
}

/** What the checkers need to know of a run beyond its client ops. */
export interface RunFacts {
  readonly contract: JudgedContract;
  /** How each boot but the first came about; `interruptions[0]` separates boot 1 from boot 2. */
  readonly interruptions: readonly Interruption[];
}

export interface Interruption {
  readonly kind: 'power-cut' | 'kill' | 'stop' | 'died';
  /** The instant: acknowledgements recorded after it count for nothing. */
  readonly timeMs: number;
  /** The boot that follows. */
  readonly boot: number;
}

export interface WorkloadVerdict {
  /** One entry a checker: its own figures, for results.json. */
  readonly checkers: Readonly<Record<string, { readonly valid: Valid } & { readonly [key: string]: Json }>>;
  readonly violations: readonly Violation[];
}
