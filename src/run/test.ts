/** `powercut test`: one run from a plan to results, report and store. Whatever happens, it takes down what it put up. */
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RunFacts } from '../checkers/facts.ts';
import { createMachine } from '../machine/create-machine.ts';
import { clearLeftovers } from '../machine/leftovers.ts';
import type { Machine } from '../machine/machine.ts';
import { UnavailableError } from '../machine/unavailable.ts';
import { createWorkDirectory, type WorkDirectory } from '../machine/work-directory.ts';
import { startDisk } from '../mount/start-disk.ts';
import { seededRandom } from '../nemeses/random.ts';
import { renderPage } from '../report/page/page.ts';
import type { Progress } from '../report/progress.ts';
import type { Results } from '../report/results.ts';
import { judgedContract } from '../targets/judged-contract.ts';
import type { TargetContext, TargetInstance } from '../targets/target.ts';
import { startClock } from './clock.ts';
import { FindingBook } from './finding-book.ts';
import type { TestOptions } from './options.ts';
import { makePlan, type Plan } from './plan.ts';
import { Recorder } from './recorder.ts';
import type { RunRecord } from './run-record.ts';
import { createStore, writeJson, type RunStore } from './store.ts';
import { strike } from './strikes.ts';
import { Trial } from './trial.ts';
import { UnsyncedLog } from './unsynced-log.ts';
import { countOps, verdict } from './verdict.ts';
import { packageVersion } from './version.ts';

export interface RunUi {
  readonly progress: Progress;
  /** Aborted by Ctrl-C: the run ends early, and what was done is judged. */
  readonly interrupted: AbortSignal;
}

const programsUser = { uid: 65534, gid: 65534 } as const;

export async function runTest(options: TestOptions, ui: RunUi): Promise<Results> {
  const plan = makePlan(options);
  const detected = await plan.target.detect();
  if (!detected.found) throw new UnavailableError(detected.sentence);
  await clearLeftovers();
  const startedAt = new Date();
  const store = createStore(options.store, testName(options), startedAt);
  const work = await createWorkDirectory(programsUser);
  try {
    return await runIn(work, store, plan, options, ui, { version: detected.version, startedAt });
  } finally {
    await work.remove();
  }
}

interface Identity {
  name: string;
  version: string;
}

async function runIn(
  work: WorkDirectory,
  store: RunStore,
  plan: Plan,
  options: TestOptions,
  ui: RunUi,
  begun: { readonly version: string; readonly startedAt: Date },
): Promise<Results> {
  const clock = startClock();
  const disk = await startDisk({
    mountPoint: work.mountPoint,
    workDirectory: work.control,
    profile: options.profile,
    pins: options.pins,
    opLogFile: store.opLogFile,
    owner: programsUser,
  });
  const machine = createMachine({ disk, directory: work.mountPoint });
  const recorder = new Recorder(clock, store.historyFile);
  const facts = { contract: judgedContract(plan.target.documented(plan.settings), options.contract) };
  const identity: Identity = { name: plan.target.name, version: begun.version };
  let expected = plan.target.expectedUnsynced(plan.settings);
  const findings = new FindingBook(store, disk, options.profile, (finding) =>
    ui.progress.event(`finding ${finding.number} (${finding.class}): ${finding.message}`),
  );
  const unsynced = new UnsyncedLog();
  const trial = new Trial({
    target: plan.target,
    workload: plan.workload,
    progress: ui.progress,
    options,
    clock,
    recorder,
    machine,
    findings,
    unsynced,
    facts,
    contextFor: contextsIn(work, store, plan, options.workload),
    onSetUp(instance: TargetInstance) {
      if (instance.declared === undefined) return;
      identity.name = instance.declared.name;
      identity.version = instance.declared.version;
      expected = instance.declared.expectedUnsynced;
      facts.contract = judgedContract(instance.declared.documented, options.contract);
    },
  });
  try {
    await Promise.race([live(trial, plan, options, ui), diskLoss(disk.ended)]);
  } finally {
    ui.progress.phase('clean up');
    recorder.close();
    await machine.close();
    await disk.close();
  }
  ui.progress.phase('check');
  const results = assemble(trial, {
    plan,
    options,
    store,
    recorder,
    findings,
    identity,
    facts,
    begun,
    durationMs: clock.now(),
  });
  const complete = { ...results, unsynced: unsynced.entries(expected) };
  writeRun(store, trial, options, recorder, complete);
  return complete;
}

async function live(trial: Trial, plan: Plan, options: TestOptions, ui: RunUi): Promise<void> {
  await trial.beginLife();
  const random = seededRandom(options.seed);
  await strike(trial, { nemeses: plan.nemeses, random, interrupted: ui.interrupted });
  await trial.finish();
}

async function diskLoss(ended: Promise<string>): Promise<never> {
  throw new Error(`the disk ended in the middle of the run: ${await ended}`);
}

/** Logs go to the store, sockets and passwords to the programs' own folder off the disk. */
function contextsIn(work: WorkDirectory, store: RunStore, plan: Plan, workload: string) {
  return (machine: Machine, name: string): TargetContext => {
    const logDirectory = join(store.logsDirectory, name);
    const runDirectory = join(work.run, name);
    mkdirSync(logDirectory, { recursive: true, mode: 0o700 });
    mkdirSync(runDirectory, { recursive: true, mode: 0o700 });
    chownSync(runDirectory, programsUser.uid, programsUser.gid);
    return { machine, settings: plan.settings, workload, logDirectory, runDirectory };
  };
}

interface Assembly {
  readonly plan: Plan;
  readonly options: TestOptions;
  readonly store: RunStore;
  readonly recorder: Recorder;
  readonly findings: FindingBook;
  readonly identity: Identity;
  readonly facts: { readonly contract: RunFacts['contract'] };
  readonly begun: { readonly startedAt: Date };
  readonly durationMs: number;
}

function assemble(trial: Trial, parts: Assembly): Results {
  const { plan, options, store, recorder, findings, identity, facts, begun, durationMs } = parts;
  const { checkers, notes = [] } = plan.workload.check(recorder.history, trial.runFacts());
  const ops = countOps(recorder.history);
  const { cuts, kills, droppedOps, imagesRead } = trial;
  return {
    ...verdict(findings.findings, checkers, {
      nemeses: plan.nemeses,
      cuts,
      kills,
      droppedOps,
      imagesRead,
      ops,
    }),
    target: { ...identity, settings: plan.settings },
    workload: options.workload,
    nemesis: options.nemesis,
    profile: options.profile,
    contract: facts.contract,
    seed: options.seed,
    command: options.command,
    startedAt: begun.startedAt.toISOString(),
    durationMs,
    powercut: packageVersion(),
    cuts,
    ops,
    checkers,
    findings: findings.findings,
    unsynced: [],
    notes: [...trial.notes, ...notes],
    store: store.directory,
  };
}

function writeRun(
  store: RunStore,
  trial: Trial,
  options: TestOptions,
  recorder: Recorder,
  results: Results,
): void {
  const { samples, spans, cuts, kills, droppedOps, imagesRead } = trial;
  const record: RunRecord = {
    format: 1,
    options,
    facts: trial.runFacts(),
    sufferedBoots: trial.sufferedBoots(),
    cuts,
    kills,
    droppedOps,
    imagesRead,
    samples,
    spans,
  };
  writeJson(store.runFile, record);
  writeJson(store.resultsFile, results);
  const page = renderPage({ results, history: recorder.history, samples, spans });
  writeFileSync(store.pageFile, page, { mode: 0o600 });
}

function testName(options: TestOptions): string {
  const target = basename(options.target).replaceAll(/[^\w.-]/g, '_');
  return [target, options.workload, ...options.nemesis].join('-');
}
