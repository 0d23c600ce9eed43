/** From everything that is known of a run, or of a stored one, to its results. Pure. */
import type { HistoryOp } from '../checkers/history.ts';
import { formatChoice } from '../mount/selection.ts';
import type { Finding, Results } from '../report/results.ts';
import { isFailure } from '../report/profiles.ts';
import { violationKey } from './history-judge.ts';
import { rulesOf } from './options.ts';
import type { Judges } from './plan.ts';
import type { RunRecord } from './run-record.ts';
import { countOps, verdict } from './verdict.ts';

export interface Known {
  readonly record: RunRecord;
  readonly history: readonly HistoryOp[];
  readonly findings: readonly Finding[];
  /** Keys of the violations that the findings tell of. */
  readonly told: ReadonlySet<string>;
  readonly unsynced: Results['unsynced'];
  /** Directory of the run. */
  readonly store: string;
}

export function conclude({ workload, nemeses }: Judges, known: Known): Results {
  const { record, history, findings, told, unsynced, store } = known;
  const { options, facts, tally } = record;
  const { checkers, violations, notes = [] } = workload.check(history, facts);
  const judged = verdict(checkers, {
    ...tally,
    findings: findings.length,
    failures: findings.filter((finding) => isFailure(finding, options.failOn)).length,
    untold: violations.filter((violation) => !told.has(violationKey(violation))).length,
    keepsAll: options.image === 'keep-all',
    nemeses,
    acknowledged: countAcknowledged(history, workload.finalRead.f),
    finished: record.finished,
    losesMemory: options.fileSystem !== undefined,
  });
  return {
    ...judged,
    target: record.target,
    workload: options.workload,
    nemesis: options.nemesis,
    profile: rulesOf(options),
    ...(record.fileSystem === undefined ? {} : { fileSystem: record.fileSystem }),
    image: formatChoice(options.image),
    failOn: options.failOn,
    writes: options.writes,
    contract: facts.contract,
    seed: options.seed,
    command: options.command,
    startedAt: record.startedAt,
    durationMs: record.durationMs,
    powercut: record.powercut,
    cuts: tally.cuts,
    ops: countOps(history),
    checkers,
    findings,
    unsynced,
    notes: [...record.notes, ...notes],
    store,
  };
}

function countAcknowledged(history: readonly HistoryOp[], read: string): number {
  let count = 0;
  for (const { process, type, f } of history)
    if (process !== 'nemesis' && type === 'ok' && f !== read) count++;
  return count;
}
