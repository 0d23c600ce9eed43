/**
 * The history of a run: every client and nemesis operation in Jepsen's sense. An op is invoked, and completes as `ok` (it
 * happened), `fail` (it certainly did not) or `info` (nobody knows). Pure data: this module must never read a clock.
 */

/** What clients and drivers exchange; everything in a history survives a round trip through JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface HistoryOp {
  /** Position in the history, from 0. Order of record is order of real time. */
  readonly index: number;
  /** A client's number; after an `info` the client goes on under a new number. `nemesis` for what goes wrong. */
  readonly process: number | 'nemesis';
  readonly type: 'invoke' | 'ok' | 'fail' | 'info';
  /** What is done: `add`, `read`, … for clients; `power-cut`, `boot`, `checkpoint`, … for the nemesis. */
  readonly f: string;
  readonly value?: Json;
  /** Milliseconds since the run began, monotonic, with fractions. */
  readonly timeMs: number;
  /** How often the machine had been booted when this was recorded: 1 before the first cut. */
  readonly boot: number;
  /** True for the read that the workload makes after each boot, before clients go on, and for the last one. */
  readonly final?: boolean;
  readonly error?: string;
}

/** Validity ordered as verdicts merge: a failure outranks an unknown, an unknown outranks a pass. */
export type Valid = true | false | 'unknown';

export function mergeValid(parts: Iterable<Valid>): Valid {
  let merged: Valid = true;
  for (const part of parts) {
    if (part === false) return false;
    if (part === 'unknown') merged = 'unknown';
  }
  return merged;
}
