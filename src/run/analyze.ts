/** `powercut analyze`: checks a stored history again, without running anything. */
import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { Violation } from '../checkers/finding.ts';
import type { HistoryOp } from '../checkers/history.ts';
import type { Finding, Results } from '../report/results.ts';
import { UsageError } from '../targets/usage-error.ts';
import { conclude } from './conclusion.ts';
import { untried, type StoredFinding } from './finding-book.ts';
import { profilesBeside } from './instants.ts';
import { violationKey } from './history-judge.ts';
import { findingOf } from './judge.ts';
import { findJudges } from './plan.ts';
import { proveViolation } from './proof.ts';
import { rulesOf } from './options.ts';
import type { RunRecord } from './run-record.ts';
import { readJson, storeAt, type RunStore } from './store.ts';

export interface Analysis {
  readonly results: Results;
  /** What is no longer as the stored results say; empty when the checkers agree with them. */
  readonly differences: readonly string[];
}

/** A run that did not finish is judged by what it had recorded; its results say so. Throws a UsageError's sentence. */
export function analyzeStore(directory: string): Analysis {
  const store = storeAt(directory);
  const record = readRecord(store);
  const history = readHistory(requireFile(store.historyFile));
  const stored = existsSync(store.resultsFile) ? readJson<Results>(store.resultsFile) : undefined;
  const judges = findJudges(record.options);
  const { violations } = judges.workload.check(history, record.facts);
  const findings = storedFindings(store);
  const results = conclude(judges, {
    record: stored === undefined ? unfinished(record, history) : record,
    history,
    findings: confirm(findings, violations, record),
    // What is found for the first time is a finding now.
    told: new Set(violations.map(violationKey)),
    unsynced: stored?.unsynced ?? [],
    store: directory,
  });
  return { results, differences: stored === undefined ? [] : differencesOf(stored, results) };
}

export function readRecord(store: RunStore): RunRecord {
  const record = readJson<RunRecord>(requireFile(store.runFile));
  if (record.format === 1) return record;
  throw new UsageError(`${store.runFile} was written by another version of powercut: run the test again`);
}

/** Reads history.jsonl; a line that was cut off at the end by a crash of the runner is left out. */
export function readHistory(file: string): HistoryOp[] {
  const history: HistoryOp[] = [];
  for (const { line, number, isWhole } of linesOf(file)) {
    try {
      history.push(JSON.parse(line) as HistoryOp);
    } catch {
      if (isWhole) throw new UsageError(`${file}: line ${number} is not JSON`);
    }
  }
  return history;
}

function requireFile(file: string): string {
  if (existsSync(file)) return file;
  throw new UsageError(`there is no run to analyse: ${file} is missing`);
}

function unfinished(record: RunRecord, history: readonly HistoryOp[]): RunRecord {
  const durationMs = Math.max(record.durationMs, history.at(-1)?.timeMs ?? 0);
  return { ...record, finished: false, durationMs };
}

/** As they were written down, by number. */
function storedFindings(store: RunStore): StoredFinding[] {
  if (!existsSync(store.findingsDirectory)) return [];
  return readdirSync(store.findingsDirectory)
    .map((name) => join(store.findingsDirectory, name, 'finding.json'))
    .filter((file) => existsSync(file))
    .map((file) => readJson<StoredFinding>(file))
    .sort((a, b) => a.number - b.number);
}

/**
 * What a history does not show, a start that failed or a hang, stands as it was. What it shows must be found again; what is
 * found for the first time has no proof, for the disk is gone.
 */
function confirm(
  stored: readonly StoredFinding[],
  violations: readonly Violation[],
  { options }: RunRecord,
): Finding[] {
  const found = new Map(violations.map((violation) => [violationKey(violation), violation]));
  const kept = stored.filter(({ violation }) => violation === undefined || found.has(violation));
  for (const { violation } of stored) if (violation !== undefined) found.delete(violation);
  let number = stored.at(-1)?.number ?? 0;
  const added = [...found.values()].map((violation) => ({
    ...findingOf(violation, proveViolation(violation, undefined, undefined)),
    number: ++number,
    cut: 0,
    profiles: [rulesOf(options)],
    tried: untried(profilesBeside(rulesOf(options)), 'the disk is gone'),
  }));
  return [...kept.map(withoutOrigin), ...added];
}

function withoutOrigin({
  boot: _boot,
  violation: _violation,
  fault: _fault,
  ...finding
}: StoredFinding): Finding {
  return finding;
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

interface Line {
  readonly line: string;
  /** From 1. */
  readonly number: number;
  /** It ends with a newline. */
  readonly isWhole: boolean;
}

/** A history may be longer than the longest string. */
function* linesOf(file: string): Iterable<Line> {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(1024 * 1024);
    const decoder = new StringDecoder('utf8');
    let number = 0;
    let rest = '';
    for (;;) {
      const length = readSync(descriptor, bytes, 0, bytes.length, null);
      if (length === 0) break;
      const lines = (rest + decoder.write(bytes.subarray(0, length))).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield { line, number: ++number, isWhole: true };
    }
    if (rest !== '') yield { line: rest, number: number + 1, isWhole: false };
  } finally {
    closeSync(descriptor);
  }
}
