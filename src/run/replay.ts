/** `powercut replay`: boots the crash image of a finding again, on a copy, and checks it again. */
import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { clearLeftovers } from '../machine/leftovers.ts';
import { programsUser } from '../machine/programs-user.ts';
import { UnavailableError } from '../machine/unavailable.ts';
import { createWorkDirectory, type WorkDirectory } from '../machine/work-directory.ts';
import type { Finding } from '../report/results.ts';
import { UsageError } from '../targets/usage-error.ts';
import { readHistory, readRecord } from './analyze.ts';
import type { StoredFinding } from './finding-book.ts';
import { judgeImage } from './image-judge.ts';
import type { Found } from './judge.ts';
import { makePlan } from './plan.ts';
import { readJson, storeAt } from './store.ts';

export interface Replay {
  readonly finding: Finding;
  /** What the image shows now. */
  readonly found: readonly Found[];
  /** True when a finding of the same class came out again. */
  readonly reproduced: boolean;
  readonly notes: readonly string[];
}

/** A finding whose image is there. */
interface Replayable extends StoredFinding {
  readonly fault: NonNullable<StoredFinding['fault']>;
}

export async function replayFinding(directory: string): Promise<Replay> {
  const findingDirectory = resolve(directory);
  const finding = findFinding(directory, findingDirectory);
  await clearLeftovers();
  const work = await createWorkDirectory(programsUser());
  try {
    return await replayIn(work, findingDirectory, finding);
  } finally {
    await work.remove();
  }
}

function findFinding(asked: string, directory: string): Replayable {
  const file = join(directory, 'finding.json');
  if (!existsSync(file)) throw new UsageError(`${asked} is not a finding: it has no finding.json`);
  const finding = readJson<StoredFinding>(file);
  const { fault } = finding;
  if (fault !== undefined && existsSync(join(directory, 'image'))) return { ...finding, fault };
  throw new UsageError(
    `${asked} holds no crash image: only the first findings of a class, and those of a power cut, keep one`,
  );
}

async function replayIn(work: WorkDirectory, findingDirectory: string, finding: Replayable): Promise<Replay> {
  const store = storeAt(dirname(dirname(findingDirectory)));
  const record = readRecord(store);
  const plan = makePlan(record.options);
  const detected = await plan.target.detect();
  if (!detected.found) throw new UnavailableError(detected.sentence);
  const image = join(work.control, 'image');
  await copyTree(join(findingDirectory, 'image'), image);
  const logDirectory = join(findingDirectory, 'replay-logs');
  mkdirSync(logDirectory, { recursive: true, mode: 0o700 });
  const { uid, gid } = programsUser();
  chownSync(work.run, uid, gid);
  const { target, workload, settings } = plan;
  const { found, notes } = await judgeImage(
    {
      target,
      workload,
      contextFor: (machine) => ({
        machine,
        settings,
        workload: workload.name,
        logDirectory,
        runDirectory: work.run,
      }),
    },
    { directory: image, mountPoint: work.mountPoint },
    {
      history: readHistory(store.historyFile),
      facts: record.facts,
      boot: finding.boot,
      fault: finding.fault,
    },
  );
  return { finding, found, notes, reproduced: found.some((one) => one.class === finding.class) };
}

/**
 * With owners, times, links and holes: Node's own copy keeps no owners. What belonged to the programs of the run belongs to
 * those of the replay, which may be others': a user ran it, and root replays it.
 */
async function copyTree(from: string, to: string): Promise<void> {
  await finish(from, 'cp', ['-a', '--', from, to]);
  const [was, is] = [statSync(to), programsUser()];
  if (was.uid === is.uid && was.gid === is.gid) return;
  await finish(from, 'chown', ['-hR', `--from=${was.uid}:${was.gid}`, `${is.uid}:${is.gid}`, '--', to]);
}

function finish(image: string, command: string, args: readonly string[]): Promise<void> {
  return new Promise((done, fail) => {
    const running = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    running.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    running.on('error', fail);
    running.on('close', (code) => {
      if (code === 0) done();
      else fail(new UnavailableError(`the image ${image} could not be copied: ${said.trim()}`));
    });
  });
}
