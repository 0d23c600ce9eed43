/** Stored runs, written by hand: what an analysis makes of them. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { everything, Script } from '../checkers/testing/script.ts';
import { setWorkload } from '../workloads/set.ts';
import { UsageError } from '../targets/usage-error.ts';
import { analyzeStore, readHistory } from './analyze.ts';
import { conclude } from './conclusion.ts';
import { untried, type StoredFinding } from './finding-book.ts';
import { violationKey } from './history-judge.ts';
import { testDefaults } from './options.ts';
import { findJudges } from './plan.ts';
import { proveAlone } from './proof.ts';
import type { RunRecord } from './run-record.ts';
import { storeAt, writeJson, type RunStore } from './store.ts';

let directory: string;
let store: RunStore;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'powercut-analyze-'));
  store = storeAt(directory);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const options = { ...testDefaults, seed: 7, command: 'powercut test' };

function recordOf(script: Script, parts: Partial<RunRecord> = {}): RunRecord {
  return {
    format: 1,
    finished: true,
    powercut: '0.1.0',
    startedAt: '2026-02-03T04:05:06.789Z',
    durationMs: 1_000,
    options,
    target: { name: 'sqlite', version: '3', settings: {} },
    facts: script.facts(everything),
    tally: { cuts: 1, kills: 0, droppedOps: 10 },
    notes: [],
    samples: [],
    spans: [],
    ...parts,
  };
}

function writeHistory(script: Script): void {
  writeFileSync(store.historyFile, script.history.map((op) => `${JSON.stringify(op)}\n`).join(''));
}

function storeFinding(number: number, parts: Partial<StoredFinding>): StoredFinding {
  const finding: StoredFinding = {
    number,
    class: 'lost-write',
    message: `finding ${number}`,
    cut: 1,
    timeMs: 100,
    profiles: ['strict'],
    tried: untried(['ext4', 'xfs', 'btrfs'], 'the disk is gone'),
    evidence: proveAlone('so it was'),
    boot: 2,
    ...parts,
  };
  writeJson(join(store.findingDirectory(number), 'finding.json'), finding);
  return finding;
}

/** A run that has finished, as it is stored. */
function storeRun(script: Script, findings: readonly StoredFinding[] = []): void {
  const record = recordOf(script);
  writeHistory(script);
  writeJson(store.runFile, record);
  const plain = findings.map(({ boot: _boot, violation: _violation, fault: _fault, ...finding }) => finding);
  const told = new Set(findings.flatMap(({ violation }) => violation ?? []));
  const known = { record, history: script.history, findings: plain, told, unsynced: [], store: directory };
  writeJson(store.resultsFile, conclude(findJudges(options), known));
}

const valid = () => new Script().adds(1, 2, 3).cut().finalRead([1, 2, 3]);
const lossy = () => new Script().adds(1, 2, 3).cut().finalRead([1]);

function violationOf(script: Script): string {
  return violationKey(setWorkload.check(script.history, script.facts(everything)).violations[0]!);
}

describe('a run that has finished', () => {
  test('and was valid is valid again', () => {
    storeRun(valid());
    const { results, differences } = analyzeStore(directory);
    expect(differences).toEqual([]);
    expect(results).toMatchObject({
      valid: true,
      findings: [],
      ops: { ok: 4 },
      target: { name: 'sqlite' },
      cuts: 1,
    });
  });

  test('has its findings confirmed, with the proof that they had', () => {
    const script = lossy();
    const evidence = proveAlone('written by db[88]');
    const finding = storeFinding(1, { violation: violationOf(script), evidence });
    storeRun(script, [finding]);
    const { results, differences } = analyzeStore(directory);
    expect([results.valid, differences]).toEqual([false, []]);
    expect(results.findings).toHaveLength(1);
    expect(results.findings[0]!.evidence).toEqual(evidence);
    expect(results.findings[0]).not.toHaveProperty('boot');
  });

  test('keeps what no history shows: starts that failed, hangs', () => {
    storeRun(valid(), [storeFinding(1, { class: 'unrestartable' })]);
    const { results } = analyzeStore(directory);
    expect([results.valid, results.findings[0]?.class]).toEqual([false, 'unrestartable']);
  });

  test('loses a finding that the checkers do not confirm, and that is told', () => {
    storeRun(valid(), [storeFinding(1, { violation: 'lost-write|2|99' })]);
    const { results, differences } = analyzeStore(directory);
    expect(results).toMatchObject({ valid: true, findings: [] });
    expect(differences).toEqual(['the verdict was false and is true now', 'no longer found: finding 1']);
  });

  test('has a new finding where the checkers see more, and that is told', () => {
    const script = lossy();
    storeRun(script);
    writeJson(store.resultsFile, { ...analyzeStore(directory).results, valid: true, findings: [] });
    const { results, differences } = analyzeStore(directory);
    expect(results.findings).toMatchObject([{ number: 1, class: 'lost-write', cut: 0, profiles: ['ext4'] }]);
    expect(differences).toEqual([
      'the verdict was true and is false now',
      `newly found: ${results.findings[0]!.message}`,
    ]);
  });
});

describe('a run without results', () => {
  test('is judged by what it recorded, and said not to have finished', () => {
    const script = valid();
    writeHistory(script);
    writeJson(store.runFile, recordOf(script, { finished: false, durationMs: 5 }));
    const { results, differences } = analyzeStore(directory);
    expect(results.valid).toBe('unknown');
    expect(results.unknown).toMatch(/^the run did not finish, or is still going on: /);
    expect(results.durationMs).toBe(script.history.at(-1)!.timeMs);
    expect(differences).toEqual([]);
  });

  test('is invalid where it broke a promise before', () => {
    const script = lossy();
    writeHistory(script);
    writeJson(store.runFile, recordOf(script, { finished: false }));
    storeFinding(1, { violation: violationOf(script) });
    expect(analyzeStore(directory).results).toMatchObject({ valid: false, findings: [{ number: 1 }] });
  });

  test('may have been killed in the middle of a line', () => {
    const script = valid();
    writeHistory(script);
    appendFileSync(store.historyFile, '{"process":1,"type":"inv');
    writeJson(store.runFile, recordOf(script, { finished: false }));
    expect(analyzeStore(directory).results.ops.ok).toBe(4);
  });
});

describe('what is no stored run', () => {
  test.each(['run.json', 'history.jsonl'])('says that %s is missing', (name) => {
    storeRun(valid());
    rmSync(join(directory, name));
    expect(() => analyzeStore(directory)).toThrow(
      `there is no run to analyse: ${join(directory, name)} is missing`,
    );
    expect(() => analyzeStore(directory)).toThrow(UsageError);
  });

  test('says which line of a history is broken', () => {
    storeRun(valid());
    writeFileSync(store.historyFile, '{}\nnonsense\n{}\n');
    expect(() => analyzeStore(directory)).toThrow(`${store.historyFile}: line 2 is not JSON`);
  });

  test('says that it was written by another version', () => {
    storeRun(valid());
    writeJson(store.runFile, { format: 2 });
    expect(() => analyzeStore(directory)).toThrow(/run\.json was written by another version of powercut/);
  });

  test('is not disturbed by other files beside the findings', () => {
    storeRun(valid());
    mkdirSync(join(store.findingsDirectory, 'notes-of-mine'), { recursive: true });
    expect(analyzeStore(directory).results.valid).toBe(true);
  });
});

test('a history of many pieces is read as it was written', () => {
  const ops = Array.from({ length: 30_000 }, (_, index) => ({ index, error: 'ü'.repeat(index % 50) }));
  writeFileSync(store.historyFile, ops.map((op) => `${JSON.stringify(op)}\n`).join(''));
  expect(readHistory(store.historyFile)).toEqual(ops);
});
