/** `powercut analyze`: checks a stored history again, without running anything. */
import { existsSync, readFileSync } from 'node:fs';
import type { HistoryOp } from '../checkers/history.ts';
import type { Results } from '../report/results.ts';
import { UsageError } from '../targets/usage-error.ts';
import { findingOf } from './judge.ts';
import { makePlan } from './plan.ts';
import { proveViolation } from './proof.ts';
import type { RunRecord } from './run-record.ts';
import { readJson, storeAt } from './store.ts';
import { countOps, verdict } from './verdict.ts';

export interface Analysis {
  readonly results: Results;
  /** What is no longer as the stored results say; empty when the checkers agree with them. */
  readonly differences: readonly string[];
}

export function analyzeStore(directory: string): Analysis {
  const store = storeAt(directory);
  for (const file of [store.historyFile, store.runFile, store.resultsFile]) {
    if (!existsSync(file)) {
      throw new UsageError(`${directory} does not hold a finished run: ${file} is missing`);
    }
  }
  const run = readJson<RunRecord>(store.runFile);
  const stored = readJson<Results>(store.resultsFile);
  const history = readHistory(store.historyFile);
  const plan = makePlan(run.options);
  const checked = plan.workload.check(history, run.facts);
  const suffered = new Set(run.sufferedBoots);
  const violations = checked.violations.filter((violation) => !suffered.has(violation.boot));
  // What the checkers do not see in a history, a start that failed or an image that was booted beside, stands as it was.
  const unseen = stored.findings.filter(
    (finding) => !violations.some((found) => found.message === finding.message),
  );
  const kept = unseen.filter(
    (finding) => finding.evidence.op === undefined || stored.nemesis.includes('lose-unsynced'),
  );
  const confirmed = violations.map((violation) => {
    const before = stored.findings.find((finding) => finding.message === violation.message);
    return (
      before ?? {
        ...findingOf(violation, proveViolation(violation, undefined, [])),
        number: 0,
        cut: violation.boot - 1,
        profiles: [stored.profile],
      }
    );
  });
  const findings = [...kept, ...confirmed]
    .sort((a, b) => a.timeMs - b.timeMs)
    .map((finding, index) => ({ ...finding, number: finding.number === 0 ? index + 1 : finding.number }));
  const ops = countOps(history);
  const { cuts, kills, droppedOps, imagesRead } = run;
  const judged = verdict(findings, checked.checkers, {
    nemeses: plan.nemeses,
    cuts,
    kills,
    droppedOps,
    imagesRead,
    ops,
  });
  const { unknown: _unknown, ...rest } = stored;
  const results: Results = { ...rest, ...judged, checkers: checked.checkers, findings, ops };
  return { results, differences: differencesOf(stored, results) };
}

function differencesOf(stored: Results, results: Results): string[] {
  const differences: string[] = [];
  if (stored.valid !== results.valid) {
    differences.push(`the verdict was ${String(stored.valid)} and is ${String(results.valid)} now`);
  }
  const before = new Set(stored.findings.map((finding) => finding.message));
  const now = new Set(results.findings.map((finding) => finding.message));
  for (const message of before) if (!now.has(message)) differences.push(`no longer found: ${message}`);
  for (const message of now) if (!before.has(message)) differences.push(`newly found: ${message}`);
  return differences;
}

/** Reads history.jsonl; a line that was cut off at the end by a crash of the runner is left out. */
export function readHistory(file: string): HistoryOp[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  const history: HistoryOp[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    try {
      history.push(JSON.parse(line) as HistoryOp);
    } catch {
      if (index === lines.length - 1) break;
      throw new UsageError(`${file}: line ${index + 1} is not JSON`);
    }
  }
  return history;
}
