/**
 * A trial: one target on one disk, from set-up to the last read. It brings the target to life, back to life after each
 * fault, and judges what comes back while the crash image is still at hand. What goes wrong, and when, is not its business.
 */
import type { Interruption, RunFacts } from '../checkers/facts.ts';
import type { Violation } from '../checkers/finding.ts';
import type { Machine } from '../machine/machine.ts';
import type { Progress } from '../report/progress.ts';
import type { NemesisSpan, Sample } from '../report/results.ts';
import type { Target, TargetContext, TargetInstance } from '../targets/target.ts';
import type { Workload } from '../workloads/workload.ts';
import type { RunClock } from './clock.ts';
import { startCrew, type Crew } from './crew.ts';
import { filesInRunTime, harmlessFacts, traceInRunTime, type CutFacts } from './cut-facts.ts';
import type { FindingBook } from './finding-book.ts';
import { examineImage } from './image-boot.ts';
import { findingOf, judgeRecovery } from './judge.ts';
import type { TestOptions } from './options.ts';
import { proveViolation } from './proof.ts';
import type { Recorder } from './recorder.ts';
import { readAll, recover, type RecoverySteps } from './recovery.ts';
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
  /** A fresh context for each instance of the target. */
  readonly contextFor: (machine: Machine, name: string) => TargetContext;
  /** Called once the target has said who it is. */
  readonly onSetUp: (instance: TargetInstance) => void;
}

export class Trial {
  readonly parts: TrialParts;
  readonly interruptions: Interruption[] = [];
  readonly samples: Sample[] = [];
  readonly spans: NemesisSpan[] = [];
  readonly notes = new Set<string>();
  cuts = 0;
  kills = 0;
  /** Ops that cuts dropped. */
  droppedOps = 0;
  /** Images that were booted beside the living target and read. */
  imagesRead = 0;
  /** Set when the trial cannot or need not go on. */
  ended = false;
  crew: Crew | undefined;
  readonly #generator: { next(): { readonly f: string } };
  readonly #seen = new Set<string>();
  /** Boots in which the living target lost data under its feet: what it shows then is no broken promise. */
  readonly #suffered = new Set<number>();
  #instance: TargetInstance | undefined;
  #lives = 0;
  #processes = 0;

  constructor(parts: TrialParts) {
    this.parts = parts;
    this.#generator = parts.workload.generator(parts.options.seed);
  }

  get instance(): TargetInstance {
    if (this.#instance === undefined) throw new Error('the target is not set up yet');
    return this.#instance;
  }

  get faults(): number {
    return this.cuts + this.kills;
  }

  get isSuffering(): boolean {
    return this.#suffered.has(this.parts.recorder.boot);
  }

  /** From here on, what this boot shows is a note. */
  suffer(): void {
    this.#suffered.add(this.parts.recorder.boot);
  }

  sufferedBoots(): number[] {
    return [...this.#suffered];
  }

  runFacts(): RunFacts {
    return { contract: this.parts.facts.contract, interruptions: this.interruptions };
  }

  /** Set-up on an empty disk; not at risk unless asked for. `why`: after an earlier life. */
  async beginLife(why?: string): Promise<void> {
    const { machine, options, recorder, target, progress, clock, contextFor, onSetUp } = this.parts;
    await this.stopCrew();
    const timeMs = clock.now();
    recorder.booted();
    if (why !== undefined) {
      recorder.nemesis('info', 'fresh', why);
      await machine.kill();
      await machine.disk.request('unmount');
      await machine.disk.request('wipe');
      this.interruptions.push({ kind: 'stop', timeMs, boot: recorder.boot, fresh: true });
    }
    progress.phase('set-up');
    await machine.boot();
    this.#lives++;
    const instance = target.open(contextFor(machine, `life-${this.#lives}`));
    await instance.setup();
    if (!options.cutSetup) await machine.disk.request('checkpoint');
    await instance.start();
    this.#instance = instance;
    onSetUp(instance);
  }

  startCrew(): Crew {
    const { options, recorder, workload, clock } = this.parts;
    this.crew ??= startCrew(
      {
        instance: this.instance,
        recorder,
        generator: this.#generator,
        concurrency: Math.min(options.concurrency, workload.concurrency ?? Infinity),
        opTimeoutMs: options.opTimeoutMs,
        ratePerSecond: options.ratePerSecond,
        nextProcess: () => this.#processes++,
      },
      () => clock.now(),
    );
    return this.crew;
  }

  async stopCrew(): Promise<void> {
    await this.crew?.stop();
    this.crew = undefined;
  }

  /** Boots after a fault, starts the target, reads everything, and judges it. */
  async comeBack(kind: Interruption['kind'], cut: CutFacts): Promise<void> {
    const { machine, recorder, progress, workload, findings, facts } = this.parts;
    await this.stopCrew();
    const suffers = this.isSuffering && kind !== 'power-cut';
    recorder.booted();
    if (suffers) this.suffer();
    this.interruptions.push({ kind, timeMs: cut.timeMs, boot: recorder.boot });
    progress.phase('boot');
    await machine.boot();
    const recovery = await recover(machine, this.instance, workload.finalRead, this.#steps());
    const { finding, notes, fatal } = judgeRecovery(recovery, cut, facts.contract);
    for (const note of notes) this.notes.add(note);
    if (finding !== undefined && suffers) this.noteSuffering(finding.message);
    else if (finding !== undefined) await findings.add(finding, cut, recorder.boot);
    await this.#judgeHistory(cut);
    if (cut.image !== undefined) await machine.disk.request('drop-image', { image: cut.image });
    if (fatal) await this.#afterFatal();
  }

  /** The target ended, or was ended, without a fault of the disk: the processes are started anew. */
  async restart(timeMs: number): Promise<void> {
    await this.stopCrew();
    await this.parts.machine.kill();
    await this.comeBack('died', harmlessFacts('died', this.faults, timeMs));
  }

  /** Boots the durable state of the instant beside the living target, and judges it. */
  async examine(cut: CutFacts): Promise<void> {
    const { machine, recorder, findings } = this.parts;
    const examined = await examineImage(this.parts, machine, cut, this.runFacts());
    if (examined.wasRead) this.imagesRead++;
    for (const note of examined.notes) this.notes.add(note);
    for (const { violation, finding } of examined.findings) {
      const proven = violation === undefined ? finding : await this.#prove(violation, cut);
      await findings.add(proven, cut, recorder.boot);
    }
  }

  noteSuffering(sentence: string): void {
    this.notes.add(`after lose-unsynced the living target suffered: ${sentence}`);
  }

  /** Asks the disk what is un-synced. */
  async takeReport(): Promise<void> {
    const { machine, recorder, unsynced, clock } = this.parts;
    const report = await machine.disk.request('report');
    recorder.nemesis('info', 'unsynced-report', { files: report.files.length, sizeBytes: report.sizeBytes });
    if (report.note !== undefined) this.notes.add(report.note);
    unsynced.add(filesInRunTime(clock, report.files));
  }

  /** The last read, and the end of the target. */
  async finish(): Promise<void> {
    const { progress, machine, workload, recorder, options } = this.parts;
    await this.stopCrew();
    if (this.ended) return;
    progress.phase('final read');
    await readAll(this.instance, workload.finalRead, this.#steps());
    await this.#judgeHistory(undefined);
    await this.takeReport();
    recorder.nemesis('info', 'end');
    await this.instance.stop(options.stopGraceMs);
    await machine.kill();
  }

  /** New violations, with proof from this fault where it is the one before their boot. */
  async #judgeHistory(fault: CutFacts | undefined): Promise<void> {
    const { recorder, workload, findings } = this.parts;
    const { violations } = workload.check(recorder.history, this.runFacts());
    for (const violation of violations) {
      if (!this.#isNew(violation)) continue;
      if (this.#suffered.has(violation.boot)) {
        this.noteSuffering(violation.message);
        continue;
      }
      const cut = violation.boot === recorder.boot ? fault : undefined;
      await findings.add(await this.#prove(violation, cut), cut, violation.boot);
    }
  }

  async #prove(violation: Violation, cut: CutFacts | undefined): Promise<ReturnType<typeof findingOf>> {
    const { machine, clock } = this.parts;
    const first = violation.ops[0];
    const needles =
      first === undefined || cut?.image === undefined ? [] : [this.instance.needle(first.value)];
    const traces = needles.length === 0 ? [] : await machine.disk.request('trace', { needles });
    const inRunTime = traces.map((trace) => traceInRunTime(clock, trace));
    return findingOf(violation, proveViolation(violation, cut, inRunTime));
  }

  async #afterFatal(): Promise<void> {
    if (this.parts.options.afterFatal === 'end') this.ended = true;
    else await this.beginLife('the old data cannot be used any more');
  }

  #steps(): RecoverySteps {
    const { recorder, progress } = this.parts;
    const process = this.#processes++;
    return {
      record: (op) => recorder.record({ process, final: true, ...op }),
      onPhase: (name) => progress.phase(name),
    };
  }

  #isNew(violation: Violation): boolean {
    const key = `${violation.class}|${violation.boot}|${violation.ops[0]?.index ?? violation.message}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }
}
