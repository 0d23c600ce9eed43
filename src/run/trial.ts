/**
 * A trial: one target on one disk, from set-up to the last read. It brings the target to life, back to life after each
 * fault, and judges what comes back while the crash image is still at hand. What goes wrong, and when, is not its business.
 */
import type { Interruption, RunFacts } from '../checkers/facts.ts';
import type { Machine } from '../machine/machine.ts';
import type { Progress } from '../report/progress.ts';
import { formatInstant } from '../report/format.ts';
import type { NemesisSpan, Sample } from '../report/results.ts';
import { StartError, type Target, type TargetContext, type TargetInstance } from '../targets/target.ts';
import type { Workload } from '../workloads/workload.ts';
import type { RunClock } from './clock.ts';
import { startCrew, type Crew } from './crew.ts';
import { harmlessFacts, type CutFacts } from './cut-facts.ts';
import type { FindingBook } from './finding-book.ts';
import { HistoryJudge } from './history-judge.ts';
import { judgeRecovery } from './judge.ts';
import { Notes } from './notes.ts';
import type { TestOptions } from './options.ts';
import { proveAlone } from './proof.ts';
import type { Recorder } from './recorder.ts';
import { isSilent, readAll, recover, type Recovery, type RecoverySteps } from './recovery.ts';
import type { UnsyncedLog } from './unsynced-log.ts';

export interface TrialParts {
  readonly options: TestOptions;
  readonly target: Target;
  readonly workload: Workload;
  readonly clock: RunClock;
  readonly recorder: Recorder;
  readonly machine: Machine;
  readonly findings: FindingBook;
  readonly unsynced: UnsyncedLog;
  readonly progress: Progress;
  readonly facts: { contract: RunFacts['contract'] };
  /** Aborted when the user wants the run to end: nothing new is begun then. */
  readonly interrupted: AbortSignal;
  /** A fresh context for each instance of the target. */
  readonly contextFor: (machine: Machine, name: string) => TargetContext;
  /** Called once the target has said who it is. */
  readonly onSetUp: (instance: TargetInstance) => void;
  /** What is known by now outlives this process. Called at each boot. */
  readonly save: () => void;
}

export class Trial {
  readonly parts: TrialParts;
  readonly interruptions: Interruption[] = [];
  readonly samples: Sample[] = [];
  readonly spans: NemesisSpan[] = [];
  readonly notes = new Notes();
  readonly tally = { cuts: 0, kills: 0, droppedOps: 0 };
  /** Set when the trial cannot or need not go on. */
  ended = false;
  crew: Crew | undefined;
  readonly #generator: ReturnType<Workload['generator']>;
  readonly #judge: HistoryJudge;
  #instance: TargetInstance | undefined;
  #isAlive = false;
  #lives = 0;
  #processes = 0;

  constructor(parts: TrialParts) {
    const { workload, options, recorder, findings, machine } = parts;
    this.parts = parts;
    this.#generator = workload.generator(options.seed);
    this.#judge = new HistoryJudge({
      workload,
      history: recorder.history,
      findings,
      disk: machine.disk,
      needle: (value) => this.instance.needle(value),
    });
  }

  get instance(): TargetInstance {
    if (this.#instance === undefined) throw new Error('the target is not set up yet');
    return this.#instance;
  }

  /** Whether there is a target that clients can work on. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  runFacts(): RunFacts {
    return { contract: this.parts.facts.contract, interruptions: this.interruptions };
  }

  /** Set-up on an empty disk; not at risk unless asked for. Rejects with a StartError. */
  async beginLife(): Promise<void> {
    const { machine, options, recorder, target, progress, contextFor, onSetUp, save } = this.parts;
    recorder.booted();
    recorder.nemesis('info', 'boot');
    save();
    progress.phase('set-up');
    await machine.boot();
    this.#lives++;
    const instance = target.open(contextFor(machine, `life-${this.#lives}`));
    await instance.setup();
    if (!options.cutSetup) await machine.disk.request('checkpoint');
    await instance.start();
    this.#instance = instance;
    this.#isAlive = true;
    onSetUp(instance);
    save();
  }

  /** After an earlier life, on a disk that was wiped. */
  async beginAnew(why: string): Promise<void> {
    const { machine, recorder, clock, interrupted } = this.parts;
    await this.stopCrew();
    this.#isAlive = false;
    if (interrupted.aborted) return;
    recorder.nemesis('info', 'fresh', why);
    await machine.kill();
    await machine.disk.request('unmount');
    await machine.disk.request('wipe');
    this.interruptions.push({ kind: 'stop', timeMs: clock.now(), boot: recorder.boot + 1, fresh: true });
    try {
      await this.beginLife();
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      this.notes.add(`the run ended early, because fresh data could not be set up again: ${error.message}`);
      this.ended = true;
    }
  }

  startCrew(): Crew {
    const { options, recorder, workload, clock, machine } = this.parts;
    this.crew ??= startCrew({
      instance: this.instance,
      recorder,
      generator: this.#generator,
      concurrency: Math.min(options.concurrency, workload.concurrency ?? Infinity),
      opTimeoutMs: options.opTimeoutMs,
      ratePerSecond: options.ratePerSecond,
      now: () => clock.now(),
      isUp: () => machine.running,
      nextProcess: () => this.#processes++,
    });
    return this.crew;
  }

  async stopCrew(): Promise<void> {
    const crew = this.crew;
    this.crew = undefined;
    await crew?.stop();
  }

  /** Boots after a fault, starts the target, reads everything, and judges it. */
  async comeBack(kind: Interruption['kind'], fault: CutFacts): Promise<void> {
    const { machine, progress, workload } = this.parts;
    await this.stopCrew();
    this.#interrupt(kind, fault);
    progress.phase('boot');
    await machine.boot();
    const recovery = await recover(machine, this.instance, workload.finalRead, this.#steps());
    if (await this.#judgeRecovery(recovery, fault)) await this.#afterFatal();
  }

  /** Boots after a fault and starts the target, which loses its power again before anybody reads: `cut` says when. */
  async startInto(
    kind: Interruption['kind'],
    fault: CutFacts,
    cut: () => Promise<CutFacts>,
  ): Promise<CutFacts> {
    const { machine, progress } = this.parts;
    await this.stopCrew();
    this.#interrupt(kind, fault);
    progress.phase('boot');
    await machine.boot();
    // What becomes of this start is told by the next one: it loses its machine under its feet.
    const starting = this.instance.start().catch((error: unknown) => {
      if (!(error instanceof StartError)) throw error;
    });
    const [next] = await Promise.all([cut(), starting]);
    if (fault.image !== undefined) await machine.disk.request('drop-image', { image: fault.image });
    return next;
  }

  /** Ended, or hanging, without a fault of the disk: the processes are started anew. */
  async restart(kind: 'died' | 'hang', timeMs: number): Promise<void> {
    this.crew?.halt();
    // First, or ops that are never answered would be waited for.
    await this.parts.machine.kill();
    await this.comeBack(kind === 'died' ? 'died' : 'kill', harmlessFacts(kind, timeMs));
  }

  /**
   * The durable state of an earlier instant takes the living target's place, as if the power had gone then: what `boot` on
   * it says and reads is judged. Nobody works afterwards.
   */
  async replaceBy(fault: CutFacts, boot: (steps: RecoverySteps) => Promise<Recovery>): Promise<void> {
    this.crew?.halt();
    await this.parts.machine.kill();
    await this.stopCrew();
    this.#isAlive = false;
    this.#interrupt('power-cut', fault);
    const fatal = await this.#judgeRecovery(await boot(this.#steps()), fault);
    if (fatal && this.parts.options.afterFatal === 'end') this.ended = true;
  }

  /** The target is given up: its machine stays off. */
  async giveUp(): Promise<void> {
    this.crew?.halt();
    await this.parts.machine.kill();
    await this.stopCrew();
    this.#isAlive = false;
  }

  /** What a reader of the living target finds wrong since an instant, in sentences; no finding comes of it. */
  async complaintsSince(timeMs: number): Promise<readonly string[]> {
    const { recorder, workload } = this.parts;
    await this.stopCrew();
    const read = await readAll(this.instance, workload.finalRead, this.#steps());
    const { violations } = workload.check(recorder.history, this.runFacts());
    const found = violations.filter(({ boot, timeMs: at }) => boot === recorder.boot && at >= timeMs);
    const refused = read.type === 'ok' ? [] : [`a read was not answered: ${read.error ?? read.type}`];
    // Something did happen to it, and it is not the checkers' business what.
    const messages = found.map(({ message }) =>
      message.replace(', though nothing interrupted the target', ''),
    );
    return [...refused, ...messages];
  }

  /** Asks the disk what is un-synced. */
  async takeReport(): Promise<{ readonly files: number; readonly sizeBytes: number }> {
    const { machine, recorder, unsynced } = this.parts;
    const { files, sizeBytes, note } = await machine.disk.request('report');
    const figures = { files: files.length, sizeBytes };
    recorder.nemesis('info', 'unsynced-report', figures);
    if (note !== undefined) this.notes.add(note);
    unsynced.add(files);
    return figures;
  }

  /** The last read, and the end of the target. */
  async finish(): Promise<void> {
    const { progress, machine, workload, recorder } = this.parts;
    await this.stopCrew();
    if (this.#isAlive) {
      progress.phase('final read');
      const read = await readAll(this.instance, workload.finalRead, this.#steps());
      if (isSilent(read)) await this.hangs('the last read was not answered in time');
      else if (read.type !== 'ok') this.notes.add(`the last read was refused: ${read.error ?? read.type}`);
      await this.#judge.judge(this.runFacts());
      await this.takeReport();
    }
    recorder.nemesis('info', 'end');
    await machine.kill();
    this.#isAlive = false;
  }

  /** A finding of its own: nothing was taken from the target. `how` completes "the target hangs: …". */
  async hangs(how: string): Promise<void> {
    const { findings, clock, recorder } = this.parts;
    const timeMs = clock.now();
    const last = recorder.history.findLast(({ type, process }) => type === 'ok' && process !== 'nemesis');
    const proof =
      last === undefined
        ? 'no op was ever acknowledged, and nothing was taken from the disk'
        : `the last op was acknowledged at ${formatInstant(last.timeMs)}, and nothing was taken from the disk since`;
    await findings.add(
      { class: 'hang', message: `the target hangs: ${how}`, timeMs, evidence: proveAlone(proof) },
      { boot: recorder.boot },
    );
  }

  #interrupt(kind: Interruption['kind'], fault: CutFacts): void {
    const { recorder, save } = this.parts;
    recorder.booted();
    recorder.nemesis('info', 'boot');
    this.interruptions.push({ kind, timeMs: fault.timeMs, boot: recorder.boot });
    this.#judge.expect(recorder.boot, fault);
    save();
  }

  /** True when the data cannot be worked with any more. */
  async #judgeRecovery(recovery: Recovery, fault: CutFacts): Promise<boolean> {
    const { machine, recorder, findings, facts } = this.parts;
    const { finding, notes, fatal } = judgeRecovery(recovery, fault, facts.contract);
    for (const note of notes) this.notes.add(note);
    if (finding !== undefined) await findings.add(finding, { boot: recorder.boot, fault });
    await this.#judge.judge(this.runFacts(), fault);
    if (fault.image !== undefined) await machine.disk.request('drop-image', { image: fault.image });
    return fatal;
  }

  async #afterFatal(): Promise<void> {
    this.#isAlive = false;
    if (this.parts.options.afterFatal === 'end') this.ended = true;
    else await this.beginAnew('the old data cannot be used any more');
  }

  /** Each read of everything is made by a client that nobody has been. */
  #steps(): RecoverySteps {
    const { recorder, progress } = this.parts;
    let process = 0;
    return {
      record: (op) => {
        if (op.type === 'invoke') process = this.#processes++;
        recorder.record({ process, final: true, ...op });
      },
      onPhase: (name) => progress.phase(name),
    };
  }
}
