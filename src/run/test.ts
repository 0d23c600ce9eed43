/** `powercut test`: one run from a plan to results, report and store. Whatever happens, it takes down what it put up. */
import { chownSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { startFileSystemDisk } from '../device/file-system-disk.ts';
import { createMachine } from '../machine/create-machine.ts';
import { within } from '../machine/deadline.ts';
import { clearLeftovers } from '../machine/leftovers.ts';
import type { Machine } from '../machine/machine.ts';
import { programsUser } from '../machine/programs-user.ts';
import { watchSyncCalls } from '../machine/sync-calls.ts';
import { UnavailableError } from '../machine/unavailable.ts';
import { createWorkDirectory, type WorkDirectory } from '../machine/work-directory.ts';
import type { DiskControl } from '../mount/control.ts';
import { startDisk } from '../mount/start-disk.ts';
import { seededRandom } from '../nemeses/random.ts';
import { renderJson } from '../report/json.ts';
import { renderPage } from '../report/page/page.ts';
import type { Progress } from '../report/progress.ts';
import type { Results } from '../report/results.ts';
import { judgedContract } from '../targets/judged-contract.ts';
import type { TargetContext, TargetInstance } from '../targets/target.ts';
import { startClock, type RunClock } from './clock.ts';
import { conclude } from './conclusion.ts';
import { FindingBook } from './finding-book.ts';
import { logEnds } from './logs.ts';
import { describeFileSystem } from './file-system.ts';
import { rulesOf, type TestOptions } from './options.ts';
import { makePlan, type Plan } from './plan.ts';
import { lookingIn, tryOtherProfiles } from './other-profiles.ts';
import { Recorder } from './recorder.ts';
import type { RunRecord } from './run-record.ts';
import { createStore, writeJson, writeWhole, type RunStore } from './store.ts';
import { strike } from './strikes.ts';
import { Trial } from './trial.ts';
import { unheardSyncs } from './unheard-syncs.ts';
import { UnsyncedLog } from './unsynced-log.ts';
import { packageVersion } from './version.ts';

export interface RunUi {
  readonly progress: Progress;
  /** Aborted by Ctrl-C: the run ends early, and what was done is judged. */
  readonly interrupted: AbortSignal;
}

export async function runTest(options: TestOptions, ui: RunUi): Promise<Results> {
  const plan = makePlan(options);
  const detected = await plan.target.detect();
  if (!detected.found) throw new UnavailableError(detected.sentence);
  await clearLeftovers();
  const startedAt = new Date();
  const store = createStore(options.store, testName(options), startedAt);
  const work = await createWorkDirectory(programsUser());
  try {
    const run = new Run(plan, options, ui, store, { version: detected.version, startedAt });
    return await run.run(work);
  } finally {
    await work.remove();
  }
}

function testName(options: TestOptions): string {
  const target = basename(options.target).replaceAll(/[^\w.-]/g, '_');
  return [target, options.workload, ...options.nemesis].join('-');
}

class Run {
  readonly #plan: Plan;
  readonly #options: TestOptions;
  readonly #ui: RunUi;
  readonly #store: RunStore;
  readonly #startedAt: string;
  readonly #fileSystem: RunRecord['fileSystem'];
  readonly #clock: RunClock = startClock();
  readonly #unsynced = new UnsyncedLog();
  /** What the target says of itself, once it runs, outranks what was known before. */
  readonly #facts: { contract: RunRecord['facts']['contract'] };
  #target: Results['target'];
  #expected: ReturnType<Plan['target']['expectedUnsynced']>;

  constructor(
    plan: Plan,
    options: TestOptions,
    ui: RunUi,
    store: RunStore,
    begun: { readonly version: string; readonly startedAt: Date },
  ) {
    const { target, settings } = plan;
    this.#plan = plan;
    this.#options = options;
    this.#ui = ui;
    this.#store = store;
    this.#fileSystem = describeFileSystem(options);
    this.#startedAt = begun.startedAt.toISOString();
    this.#facts = { contract: judgedContract(target.documented(settings), options.contract) };
    this.#target = { name: target.name, version: begun.version, settings };
    this.#expected = target.expectedUnsynced(settings);
  }

  async run(work: WorkDirectory): Promise<Results> {
    const disk = await this.#startDisk(work);
    const machine = createMachine({ disk, directory: work.mountPoint });
    // After the disk's own process, which calls syncfs(2) for its reports. A real file system hears of them.
    const syncs = this.#options.fileSystem === undefined ? watchSyncCalls() : undefined;
    const recorder = new Recorder(this.#clock, this.#store.historyFile);
    const findings = this.#findingBook(disk);
    const trial = this.#trial({ work, machine, recorder, findings });
    const failures: unknown[] = [];
    const attempt = (doIt: () => Promise<void>) => doIt().catch((error: unknown) => failures.push(error));
    await attempt(() => whileDiskLives(disk, this.#live(trial, work)));
    this.#ui.progress.phase('clean up');
    await attempt(() => machine.close());
    await attempt(() => trial.stopCrew());
    for (const sentence of unheardSyncs(syncs?.end() ?? [])) trial.notes.add(sentence);
    await attempt(async () => recorder.close());
    await attempt(() => disk.close());
    if (failures.length > 0) throw failures[0];
    this.#ui.progress.phase('check');
    return this.#conclude(trial, recorder, findings);
  }

  #startDisk(work: WorkDirectory): Promise<DiskControl> {
    const { fileSystem, profile, pins, writes, room } = this.#options;
    const common = {
      mountPoint: work.mountPoint,
      workDirectory: work.control,
      ...room,
      opLogFile: this.#store.opLogFile,
      owner: programsUser(),
      epochMs: this.#clock.epochMs,
    };
    if (fileSystem !== undefined) return startFileSystemDisk({ ...common, fileSystem });
    return startDisk({ ...common, profile, pins, writes });
  }

  async #live(trial: Trial, work: WorkDirectory): Promise<void> {
    await trial.beginLife();
    await strike(trial, {
      nemeses: this.#plan.nemeses,
      random: seededRandom(this.#options.seed),
      scratchDirectory: work.control,
    });
    if (this.#ui.interrupted.aborted) {
      const seconds = (this.#clock.now() / 1000).toFixed(1);
      trial.notes.add(`the run was interrupted at ${seconds} s: what had been done until then was judged`);
    }
    await trial.finish();
    await tryOtherProfiles(trial.parts.findings, lookingIn(trial, work.control));
  }

  #findingBook(disk: DiskControl): FindingBook {
    return new FindingBook(this.#store, disk, rulesOf(this.#options), (finding) =>
      this.#ui.progress.event(`finding ${finding.number} (${finding.class}): ${finding.message}`),
    );
  }

  #trial(parts: {
    readonly work: WorkDirectory;
    readonly machine: Machine;
    readonly recorder: Recorder;
    readonly findings: FindingBook;
  }): Trial {
    const { work, machine, recorder, findings } = parts;
    const trial: Trial = new Trial({
      target: this.#plan.target,
      workload: this.#plan.workload,
      options: this.#options,
      progress: this.#ui.progress,
      interrupted: this.#ui.interrupted,
      clock: this.#clock,
      unsynced: this.#unsynced,
      facts: this.#facts,
      machine,
      recorder,
      findings,
      contextFor: (inMachine, name) => this.#contextIn(work, inMachine, name),
      onSetUp: (instance) => this.#learn(instance),
      save: () => {
        recorder.flush();
        writeJson(this.#store.runFile, this.#record(trial, findings, false));
      },
    });
    return trial;
  }

  /** Logs go to the store, sockets and passwords to the programs' own folder off the disk. */
  #contextIn(work: WorkDirectory, machine: Machine, name: string): TargetContext {
    const logDirectory = join(this.#store.logsDirectory, name);
    const runDirectory = join(work.run, name);
    mkdirSync(logDirectory, { recursive: true, mode: 0o700 });
    mkdirSync(runDirectory, { recursive: true, mode: 0o700 });
    const { uid, gid } = programsUser();
    chownSync(runDirectory, uid, gid);
    const { settings, workload } = this.#plan;
    return { machine, settings, workload: workload.name, logDirectory, runDirectory };
  }

  #learn({ declared }: TargetInstance): void {
    if (declared === undefined) return;
    this.#target = { ...this.#target, name: declared.name, version: declared.version };
    this.#expected = declared.expectedUnsynced;
    this.#facts.contract = judgedContract(declared.documented, this.#options.contract);
  }

  #record(trial: Trial, findings: FindingBook, finished: boolean): RunRecord {
    const full = this.#unsynced.isFull ? ['more files were un-synced than are listed'] : [];
    return {
      format: 1,
      finished,
      powercut: packageVersion(),
      startedAt: this.#startedAt,
      durationMs: this.#clock.now(),
      options: this.#options,
      target: this.#target,
      ...(this.#fileSystem === undefined ? {} : { fileSystem: this.#fileSystem }),
      facts: trial.runFacts(),
      tally: trial.tally,
      notes: [...trial.notes.list(), ...findings.notes, ...full],
      samples: finished ? trial.samples : [],
      spans: finished ? trial.spans : [],
    };
  }

  /** Results come last: a store that has them is complete. */
  #conclude(trial: Trial, { history }: Recorder, book: FindingBook): Results {
    const store = this.#store;
    const record = this.#record(trial, book, true);
    const { samples, spans } = record;
    const results = conclude(this.#plan, {
      record,
      history,
      findings: book.findings,
      told: book.told,
      unsynced: this.#unsynced.entries(this.#expected),
      store: store.directory,
    });
    writeJson(store.runFile, record);
    const logs = logEnds(store.logsDirectory);
    writeWhole(store.pageFile, renderPage({ results, history, samples, spans, logs }));
    writeWhole(store.resultsFile, renderJson(results));
    return results;
  }
}

/** What a run stumbles over when its disk dies comes before the news of its death, and says less. */
const newsMs = 500;

/** Rejects when the disk ends; with what it ended by, wherever that is the cause. */
async function whileDiskLives(disk: DiskControl, live: Promise<void>): Promise<void> {
  const ended = disk.ended.then((how) => new Error(`the disk ended in the middle of the run: ${how}`));
  const outcome = live.then(
    () => undefined,
    async (error: unknown) => {
      const news = await within(ended, newsMs);
      throw news === 'timeout' ? error : news;
    },
  );
  const first = await Promise.race([outcome, ended]);
  if (first !== undefined) throw first;
}
