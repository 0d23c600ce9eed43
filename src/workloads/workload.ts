/** A workload: what clients do to a target, and which checkers judge it. */
import type { CheckerResult, RunFacts } from '../checkers/facts.ts';
import type { Violation } from '../checkers/finding.ts';
import type { HistoryOp } from '../checkers/history.ts';
import type { ClientOp } from '../targets/target.ts';

export type { Interruption, RunFacts } from '../checkers/facts.ts';

export interface Workload {
  readonly name: string;
  readonly about: string;
  /** How many clients it stands, where that is fewer than asked for: `sequence` has a single writer. */
  readonly concurrency?: number;
  /** A stream of client ops for one run; the same seed gives the same stream. */
  generator(seed: number): { next(): ClientOp };
  /** The op that asks for everything, made after each boot and at the end. */
  readonly finalRead: ClientOp;
  check(history: readonly HistoryOp[], facts: RunFacts): WorkloadVerdict;
}

export interface WorkloadVerdict {
  /** One entry a checker: its own figures, for results.json. */
  readonly checkers: Readonly<Record<string, CheckerResult>>;
  readonly violations: readonly Violation[];
  /** What a reader should know and no verdict hangs on, a sentence each. */
  readonly notes?: readonly string[];
}
