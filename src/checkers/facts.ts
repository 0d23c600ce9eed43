/** What a checker must know of a run beyond its client ops, and what it says in the end. Pure data. */
import type { JudgedContract } from './contract.ts';
import type { Violation } from './finding.ts';
import type { Json, Valid } from './history.ts';

export interface RunFacts {
  readonly contract: JudgedContract;
  /** How each boot but the first came about, in order; `interruptions[0]` separates boot 1 from boot 2. */
  readonly interruptions: readonly Interruption[];
}

export interface Interruption {
  readonly kind: 'power-cut' | 'kill' | 'stop' | 'died';
  /** The instant: what is recorded later than it, of ops invoked before, counts for nothing. */
  readonly timeMs: number;
  /** The boot that follows. */
  readonly boot: number;
  /** The boot that follows began on fresh, empty data: nothing from before may be there. */
  readonly fresh?: boolean;
}

/** A checker's own figures, as results.json shows them. */
export type CheckerResult = { readonly valid: Valid } & { readonly [key: string]: Json };

export interface CheckerVerdict {
  readonly result: CheckerResult;
  readonly violations: readonly Violation[];
}
