/** Findings: broken promises, each with its class and with what justifies it. Pure data. */
import type { Json } from './history.ts';

export type FindingClass =
  | 'lost-write'
  | 'unrestartable'
  | 'unopenable'
  | 'hang'
  | 'corruption'
  | 'resurrected'
  | 'phantom'
  | 'duplicate'
  | 'torn'
  | 'stale';

/** A client op that a finding speaks of: what was acknowledged and when. */
export interface BrokenOp {
  readonly f: string;
  readonly value: Json;
  readonly process: number;
  readonly invokedMs: number;
  readonly acknowledgedMs?: number;
  /** Index of its completion (or invocation, where none) in history.jsonl. */
  readonly index: number;
}

/** A violation names so many of its ops; the count of all stands in its message. */
export const opsPerViolation = 32;

/** What a checker says before the disk's proof is attached. */
export interface Violation {
  readonly class: FindingClass;
  /** One sentence with numbers. */
  readonly message: string;
  /** The boot whose reads showed it: boot n comes after cut n-1. */
  readonly boot: number;
  /** When the first read that showed it completed. */
  readonly timeMs: number;
  /** True where nothing interrupted the target between the last sign of the ops and their loss: no cut explains it. */
  readonly duringBoot?: boolean;
  /** The ops that are missing or wrong, earliest first; at most `opsPerViolation` of them. */
  readonly ops: readonly BrokenOp[];
  /** How many ops are missing or wrong in all, where checkers count them. */
  readonly count?: number;
}
