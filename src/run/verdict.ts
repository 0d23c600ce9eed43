/** From what a run saw to its verdict. A run that tested nothing is not a pass: it says what was missing. Pure. */
import type { CheckerResult } from '../checkers/facts.ts';
import { mergeValid, type HistoryOp, type Valid } from '../checkers/history.ts';
import type { Nemesis } from '../nemeses/nemesis.ts';
import type { Finding, Results } from '../report/results.ts';

export interface Tested {
  readonly nemeses: readonly Nemesis[];
  readonly cuts: number;
  readonly kills: number;
  /** Ops that cuts dropped. */
  readonly droppedOps: number;
  /** Images that were booted beside the living target and read. */
  readonly imagesRead: number;
  readonly ops: Results['ops'];
}

export function verdict(
  findings: readonly Finding[],
  checkers: Readonly<Record<string, CheckerResult>>,
  tested: Tested,
): { readonly valid: Valid; readonly unknown?: string } {
  if (findings.length > 0) return { valid: false };
  const untested = whyUntested(tested);
  if (untested !== undefined) return { valid: 'unknown', unknown: untested };
  const valid = mergeValid(Object.values(checkers).map((checker) => checker.valid));
  // What a checker alone calls invalid was already judged: as a note, under a nemesis that no power cut resembles.
  if (valid !== 'unknown' || tested.imagesRead > 0) return { valid: true };
  return { valid, unknown: 'a checker had too little to decide on' };
}

function whyUntested({ nemeses, cuts, kills, droppedOps, ops }: Tested): string | undefined {
  if (ops.ok === 0) return 'no op was acknowledged, so nothing was promised';
  if (nemeses.every((nemesis) => nemesis.tests === 'nothing')) {
    return 'nothing went wrong in this run, so nothing was tested: the report says what a cut would have taken';
  }
  const wantsPower = nemeses.some((nemesis) => nemesis.tests === 'power-loss');
  if (wantsPower && cuts === 0) return 'the power was never cut, so nothing was tested';
  if (wantsPower && droppedOps === 0) {
    return 'no cut found anything un-synced on the disk, so nothing could be lost';
  }
  return !wantsPower && kills === 0 ? 'nothing was killed, so nothing was tested' : undefined;
}

/** Client ops by outcome; those that never completed count as info. */
export function countOps(history: readonly HistoryOp[]): Results['ops'] {
  const counts = { invoke: 0, ok: 0, fail: 0, info: 0 };
  for (const op of history) if (op.process !== 'nemesis') counts[op.type]++;
  const { invoke, ok, fail } = counts;
  return { invoked: invoke, ok, fail, info: invoke - ok - fail };
}
