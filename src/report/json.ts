/**
 * The one object that `--json` prints. Its keys are a promise to programs: each is always there, `null` where there is
 * nothing to say, and times and sizes carry their units. More keys may come; none of these may go or change its meaning.
 */
import type { Finding, Results, UnsyncedEntry } from './results.ts';

/** One JSON object and a newline, for stdout. */
export function renderJson(results: Results): string {
  return `${harmless(JSON.stringify(jsonOf(results), null, 2))}\n`;
}

function jsonOf(results: Results): object {
  return {
    valid: results.valid,
    unknown: results.unknown ?? null,
    target: results.target,
    workload: results.workload,
    nemesis: results.nemesis,
    profile: results.profile,
    contract: results.contract,
    seed: results.seed,
    cuts: results.cuts,
    ops: results.ops,
    checkers: results.checkers,
    findings: results.findings.map(findingOf),
    unsynced: results.unsynced.map(unsyncedOf),
    notes: results.notes,
    store: results.store,
    command: results.command,
    startedAt: results.startedAt,
    durationMs: results.durationMs,
    powercut: results.powercut,
  };
}

function findingOf(finding: Finding): object {
  const { evidence } = finding;
  return {
    number: finding.number,
    class: finding.class,
    message: finding.message,
    cut: finding.cut,
    timeMs: finding.timeMs,
    profiles: finding.profiles,
    evidence: {
      op: evidence.op ?? null,
      count: evidence.count,
      diskOps: evidence.diskOps,
      processes: evidence.processes ?? {},
      cutMs: evidence.cutMs ?? null,
      rule: evidence.rule,
      sentences: evidence.sentences,
      log: evidence.log ?? [],
      exitCode: evidence.exitCode ?? null,
    },
    image: finding.image ?? null,
  };
}

function unsyncedOf(entry: UnsyncedEntry): object {
  return {
    path: entry.path,
    sizeBytes: entry.sizeBytes,
    ranges: entry.ranges,
    ageMs: entry.ageMs,
    lastOp: entry.lastOp,
    process: entry.process ?? null,
    expected: entry.expected ?? null,
  };
}

/** JSON lets DEL, C1 controls and direction marks stand as they are; a terminal or a log viewer would obey them. */
function harmless(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
