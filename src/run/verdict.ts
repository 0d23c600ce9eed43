/** From what a run saw to its verdict. A run that tested nothing is not a pass: it says what was missing. Pure. */
import type { CheckerResult } from '../checkers/facts.ts';
import { mergeValid, type HistoryOp, type Valid } from '../checkers/history.ts';
import type { Nemesis } from '../nemeses/nemesis.ts';
import type { Results } from '../report/results.ts';
import type { Tally } from './run-record.ts';

export interface Tested extends Tally {
  readonly nemeses: readonly Pick<Nemesis, 'tests'>[];
  /** Ops that were acknowledged and changed something: reads promise nothing that could be lost. */
  readonly acknowledged: number;
  readonly finished: boolean;
  readonly findings: number;
  /** Those of them that fail the run: the others are portability warnings. */
  readonly failures: number;
  /** Violations that no finding tells of. */
  readonly untold: number;
  /** Cuts were to lose nothing. */
  readonly keepsAll: boolean;
  /** On a real file system a cut always takes something: the kernel's memory, of which nobody knows what it held. */
  readonly losesMemory?: boolean;
}

export function verdict(
  checkers: Readonly<Record<string, CheckerResult>>,
  tested: Tested,
): { readonly valid: Valid; readonly unknown?: string } {
  // What a checker calls invalid is told by findings, and they know of each whether it fails the run.
  const isTold = tested.findings > 0 && tested.untold === 0;
  const words = Object.values(checkers).map(
    (checker) => (isTold && checker.valid === false) || checker.valid,
  );
  const valid = mergeValid(words);
  if (tested.failures > 0 || valid === false) return { valid: false };
  const untested = whyUntested(tested);
  if (untested !== undefined) return { valid: 'unknown', unknown: untested };
  if (valid === true) return { valid };
  const undecided = Object.keys(checkers).filter((name) => checkers[name]?.valid === 'unknown');
  return { valid, unknown: `too little was seen to decide: checker ${undecided.join(', ')} is undecided` };
}

function whyUntested({
  finished,
  nemeses,
  cuts,
  kills,
  droppedOps,
  acknowledged,
  keepsAll,
  losesMemory = false,
}: Tested): string | undefined {
  if (!finished)
    return 'the run did not finish, or is still going on: what it recorded shows no broken promise so far';
  if (acknowledged === 0) return 'no op that changes anything was acknowledged, so nothing was promised';
  if (nemeses.every((nemesis) => nemesis.tests === 'nothing')) {
    return 'nothing went wrong in this run, so nothing was tested: the report says what a cut would have taken';
  }
  const wantsPower = nemeses.some((nemesis) => nemesis.tests === 'power-loss');
  if (wantsPower && cuts === 0) return 'the power was never cut, so nothing was tested';
  if (wantsPower && droppedOps === 0 && !losesMemory) {
    if (keepsAll) return 'every cut kept everything, as it was asked to, so nothing could be lost: a control';
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
