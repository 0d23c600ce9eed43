/** `powercut replay`: boots the crash image of a finding again, on a copy, and checks it again. */
import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Op } from '../disk/op.ts';
import { clearLeftovers } from '../machine/leftovers.ts';
import { UnavailableError } from '../machine/unavailable.ts';
import { createWorkDirectory, type WorkDirectory } from '../machine/work-directory.ts';
import type { UnsyncedFile } from '../mount/control.ts';
import type { Finding } from '../report/results.ts';
import type { TargetContext } from '../targets/target.ts';
import { UsageError } from '../targets/usage-error.ts';
import { readHistory } from './analyze.ts';
import type { CutFacts } from './cut-facts.ts';
import { judgeImage } from './image-boot.ts';
import type { Found } from './judge.ts';
import { makePlan } from './plan.ts';
import type { RunRecord } from './run-record.ts';
import { readJson, storeAt } from './store.ts';

export interface Replay {
  readonly finding: Finding;
  /** What the image shows now. */
  readonly found: readonly Found[];
  /** True when a finding of the same class came out again. */
  readonly reproduced: boolean;
  readonly notes: readonly string[];
}

interface StoredFinding extends Finding {
  readonly boot: number;
  readonly cutTimeMs: number | null;
  readonly dropped: {
    readonly files: readonly UnsyncedFile[];
    readonly ops: readonly Op[];
    readonly opCount: number;
  } | null;
}

const programsUser = { uid: 65534, gid: 65534 } as const;

export async function replayFinding(directory: string): Promise<Replay> {
  const findingDirectory = resolve(directory);
  const findingFile = join(findingDirectory, 'finding.json');
  if (!existsSync(findingFile)) throw new UsageError(`${directory} is not a finding: it has no finding.json`);
  const finding = readJson<StoredFinding>(findingFile);
  const image = join(findingDirectory, 'image');
  if (!existsSync(image) || finding.cutTimeMs === null) {
    throw new UsageError(
      `${directory} holds no crash image: only the first findings of a class, and those of a power cut, keep one`,
    );
  }
  await clearLeftovers();
  const work = await createWorkDirectory(programsUser);
  try {
    return await replayIn(work, findingDirectory, finding, image);
  } finally {
    await work.remove();
  }
}

async function replayIn(
  work: WorkDirectory,
  findingDirectory: string,
  finding: StoredFinding,
  image: string,
): Promise<Replay> {
  const store = storeAt(dirname(dirname(findingDirectory)));
  const run = readJson<RunRecord>(store.runFile);
  const plan = makePlan(run.options);
  const detected = await plan.target.detect();
  if (!detected.found) throw new UnavailableError(detected.sentence);
  const copy = join(work.control, 'image');
  await copyTree(image, copy);
  const logDirectory = join(findingDirectory, 'replay-logs');
  mkdirSync(logDirectory, { recursive: true, mode: 0o700 });
  chownSync(work.run, programsUser.uid, programsUser.gid);
  const cut = factsOf(finding);
  const boot = run.sufferedBoots.includes(finding.boot) ? finding.boot : finding.boot - 1;
  const before = readHistory(store.historyFile).filter((op) => op.timeMs <= cut.timeMs);
  const { findings, notes } = await judgeImage(
    {
      target: plan.target,
      workload: plan.workload,
      clock: { now: () => cut.timeMs + 1 },
      contextFor: (machine): TargetContext => ({
        machine,
        settings: plan.settings,
        workload: plan.workload.name,
        logDirectory,
        runDirectory: work.run,
      }),
    },
    { directory: copy, mountPoint: work.mountPoint, cut, boot, before, facts: run.facts },
  );
  const found = findings.map((entry) => entry.finding);
  return { finding, found, notes, reproduced: found.some((entry) => entry.class === finding.class) };
}

function factsOf(finding: StoredFinding): CutFacts {
  const { files = [], ops = [], opCount = 0 } = finding.dropped ?? {};
  return {
    number: finding.cut,
    kind: 'power-cut',
    timeMs: finding.cutTimeMs ?? 0,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    files,
    ops,
    opCount,
    processes: {},
    rules: { data: finding.evidence.rule, name: finding.evidence.rule, attributes: finding.evidence.rule },
  };
}

/** With owners, times, links and holes: Node's own copy keeps no owners. */
function copyTree(from: string, to: string): Promise<void> {
  return new Promise((done, fail) => {
    const copying = spawn('cp', ['-a', '--', from, to], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    copying.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    copying.on('error', fail);
    copying.on('close', (code) => {
      if (code === 0) done();
      else fail(new UnavailableError(`the image ${from} could not be copied: ${said.trim()}`));
    });
  });
}
