/**
 * A trial: one target on one disk under its nemeses, from set-up to the last read. It carries out what a nemesis asks,
 * records it, and judges what comes back after each fault while the crash image is still at hand.
 */
import type { Interruption, RunFacts } from '../checkers/facts.ts';
import type { Violation } from '../checkers/finding.ts';
import type { Machine } from '../machine/machine.ts';
import type { FreezeTrigger } from '../mount/control.ts';
import type { Circumstances, Nemesis } from '../nemeses/nemesis.ts';
import type { Random } from '../nemeses/random.ts';
import type { Progress } from '../report/progress.ts';
import type { NemesisSpan, Sample } from '../report/results.ts';
import type { Target, TargetContext, TargetInstance } from '../targets/target.ts';
import type { Workload } from '../workloads/workload.ts';
import type { RunClock } from './clock.ts';
import { sleep, startCrew, type Crew } from './crew.ts';
import { harmlessFacts, lossFacts, traceInRunTime, type CutFacts } from './cut-facts.ts';
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
  readonly nemeses: readonly Nemesis[];
  readonly random: Random;
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
  /** Aborted when the user wants the run to end: what is done until then is judged. */
  readonly interrupted: AbortSignal;
}

const sampleEveryMs = 100;
/** How long a cut waits for its op: a target that writes nothing is cut all the same. */
const triggerPatienceMs = 2_000;

export class Trial implements Circumstances {
  readonly random: Random;
  readonly intervalMs: number;
  readonly interruptions: Interruption[] = [];
  readonly samples: Sample[] = [];
  readonly spans: NemesisSpan[] = [];
  readonly notes = new Set<string>();
  /** Faults so far; and what they tested. */
  cuts = 0;
  kills = 0;
  droppedOps = 0;
  readonly #parts: TrialParts;
  readonly #generator: { next(): { readonly f: string } };
  readonly #seen = new Set<string>();
  /** Boots in which the living target lost data under its feet: what it shows then is no broken promise. */
  readonly #suffered = new Set<number>();
  #instance: TargetInstance | undefined;
  #crew: Crew | undefined;
  #lives = 0;
  #processes = 0;
  #workedUntilMs = Infinity;
  #ended = false;
  #lastSample = { timeMs: 0, okCount: 0 };

  constructor(parts: TrialParts) {
    this.#parts = parts;
    this.random = parts.random;
    this.intervalMs = parts.options.intervalMs;
    this.#generator = parts.workload.generator(parts.options.seed);
  }

  async live(): Promise<void> {
    const { nemeses, options, clock } = this.#parts;
    await this.#beginLife();
    this.#workedUntilMs = clock.now() + options.timeMs;
    for (let strike = 0; !this.#isOver(); strike++) {
      const nemesis = nemeses[strike % nemeses.length];
      if (nemesis === undefined) throw new Error('a trial needs a nemesis');
      await this.work(this.intervalMs * (nemesis.pace ?? 1));
      if (this.#ended) break;
      await nemesis.strike(this);
    }
    await this.#finish();
  }

  async work(durationMs: number): Promise<void> {
    const { clock, progress } = this.#parts;
    const untilMs = Math.min(clock.now() + durationMs, this.#workedUntilMs);
    progress.phase('work');
    while (clock.now() < untilMs && !this.#ended && !this.#parts.interrupted.aborted) {
      this.#crew ??= this.#startCrew();
      const died = await Promise.race([sleep(sampleEveryMs), this.#target().died]);
      await this.#sample();
      if (died !== undefined) await this.#targetDied(died.sentence);
      else if (clock.now() - this.#crew.lastOkMs() > 2 * this.#parts.options.opTimeoutMs)
        await this.#checkAlive();
    }
  }

  async cutPower(): Promise<void> {
    const { machine, clock } = this.#parts;
    await this.#span('power-cut', async () => {
      if (this.#parts.options.stopSignal === 'SIGTERM') await this.#stopGracefully();
      const report = await machine.cut(this.#trigger(), 'lose-all');
      this.cuts++;
      const facts = lossFacts(
        clock,
        'power-cut',
        this.cuts + this.kills,
        report.frozenMs,
        report,
        report.image,
      );
      this.droppedOps += facts.opCount;
      this.#parts.unsynced.add(facts.files);
      await this.#comeBack('power-cut', facts);
    });
  }

  async kill(): Promise<void> {
    const { machine, clock } = this.#parts;
    await this.#span('kill', async () => {
      if (this.#parts.options.stopSignal === 'SIGTERM') await this.#stopGracefully();
      // Before the signal: an acknowledgement that crosses it counts for nothing, which errs on the target's side.
      const timeMs = clock.now();
      await machine.kill();
      this.kills++;
      await this.#comeBack('kill', harmlessFacts('kill', this.cuts + this.kills, timeMs));
    });
  }

  async checkpoint(): Promise<void> {
    await this.#span('checkpoint', async () => {
      await this.#parts.machine.disk.request('checkpoint');
    });
  }

  async takeReport(): Promise<void> {
    const { machine, recorder, unsynced } = this.#parts;
    const report = await machine.disk.request('report');
    recorder.nemesis('info', 'unsynced-report', { files: report.files.length, sizeBytes: report.sizeBytes });
    if (report.note !== undefined) this.notes.add(report.note);
    unsynced.add(report.files);
  }

  async loseUnsynced(): Promise<void> {
    const { machine, clock, recorder, unsynced } = this.#parts;
    await this.#span('lose-unsynced', async () => {
      await machine.disk.request('freeze', { trigger: this.#trigger() });
      const { image, frozenMs } = await machine.disk.request('keep-image');
      // The loss waits for pages that held requests keep locked: it ends after the thaw.
      const losing = machine.disk.request('lose-unsynced');
      await machine.disk.request('thaw');
      const loss = await losing;
      this.cuts++;
      const facts = lossFacts(clock, 'lose-unsynced', this.cuts + this.kills, frozenMs, loss, image);
      this.droppedOps += facts.opCount;
      unsynced.add(facts.files);
      this.#suffered.add(recorder.boot);
      await this.#examine(facts);
      await machine.disk.request('drop-image', { image });
    });
    await this.work(this.intervalMs / 2);
    if (this.#isOver() && this.#parts.nemeses.every((nemesis) => nemesis.name !== 'power-cut')) return;
    await this.#beginLife('after lost writes the living target is not the one that was promised');
  }

  /** Set-up on an empty disk; not at risk unless asked for. */
  async #beginLife(why?: string): Promise<void> {
    const { machine, options, recorder, target, progress, clock, contextFor, onSetUp } = this.#parts;
    const fresh = this.#lives > 0;
    this.#lives++;
    await this.#crew?.stop();
    this.#crew = undefined;
    if (fresh) {
      recorder.nemesis('info', 'fresh', why ?? null);
      await machine.kill();
      await machine.disk.request('unmount');
      await machine.disk.request('wipe');
    }
    const timeMs = clock.now();
    recorder.booted();
    if (fresh) this.interruptions.push({ kind: 'stop', timeMs, boot: recorder.boot, fresh: true });
    progress.phase('set-up');
    await machine.boot();
    const instance = target.open(contextFor(machine, `life-${this.#lives}`));
    await instance.setup();
    if (!options.cutSetup) await machine.disk.request('checkpoint');
    await instance.start();
    this.#instance = instance;
    onSetUp(instance);
  }

  async #comeBack(kind: Interruption['kind'], facts: CutFacts): Promise<void> {
    const { machine, recorder, progress, workload } = this.#parts;
    await this.#crew?.stop();
    this.#crew = undefined;
    recorder.booted();
    this.interruptions.push({ kind, timeMs: facts.timeMs, boot: recorder.boot });
    progress.phase('boot');
    await machine.boot();
    const recovery = await recover(machine, this.#target(), workload.finalRead, this.#steps());
    const failure = judgeRecovery(recovery, facts, this.#parts.facts.contract);
    for (const note of failure.notes) this.notes.add(note);
    if (failure.finding !== undefined && !this.#suffered.has(recorder.boot)) {
      await this.#parts.findings.add(failure.finding, facts, recorder.boot);
    }
    await this.#judgeHistory(facts);
    if (facts.image !== undefined) await machine.disk.request('drop-image', { image: facts.image });
    if (failure.fatal) await this.#afterFatal();
  }

  /** New violations, with proof from this fault where it is the one before their boot. */
  async #judgeHistory(facts: CutFacts | undefined): Promise<void> {
    const { recorder, workload, findings, machine } = this.#parts;
    const { violations } = workload.check(recorder.history, this.facts());
    for (const violation of violations) {
      if (!this.#isNew(violation)) continue;
      if (this.#suffered.has(violation.boot)) {
        this.notes.add(`after lose-unsynced the living target suffered: ${violation.message}`);
        continue;
      }
      const cut = violation.boot === recorder.boot ? facts : undefined;
      const first = violation.ops[0];
      const needles =
        first === undefined || cut?.image === undefined ? [] : [this.#target().needle(first.value)];
      const traces = needles.length === 0 ? [] : await machine.disk.request('trace', { needles });
      const inRunTime = traces.map((trace) => traceInRunTime(this.#parts.clock, trace));
      await findings.add(
        findingOf(violation, proveViolation(violation, cut, inRunTime)),
        cut,
        violation.boot,
      );
    }
  }

  /** Boots in which un-synced data vanished under a living target. */
  sufferedBoots(): number[] {
    return [...this.#suffered];
  }

  facts(): RunFacts {
    return { contract: this.#parts.facts.contract, interruptions: this.interruptions };
  }

  /** Boots the durable state of the instant beside the living target, and judges it. */
  async #examine(facts: CutFacts): Promise<void> {
    const { machine, recorder, findings, clock } = this.#parts;
    const examined = await examineImage(this.#parts, machine, facts, this.facts());
    for (const note of examined.notes) this.notes.add(note);
    for (const { violation, finding } of examined.findings) {
      if (violation === undefined) {
        await findings.add(finding, facts, recorder.boot);
        continue;
      }
      const needles = violation.ops.slice(0, 1).map((op) => this.#target().needle(op.value));
      const traces = await machine.disk.request('trace', { needles });
      const proof = proveViolation(
        violation,
        facts,
        traces.map((trace) => traceInRunTime(clock, trace)),
      );
      await findings.add(findingOf(violation, proof), facts, recorder.boot);
    }
  }

  async #targetDied(sentence: string): Promise<void> {
    const { machine, clock, recorder } = this.#parts;
    const timeMs = clock.now();
    this.notes.add(
      `the target ended by itself at ${(timeMs / 1000).toFixed(1)} s and was started again: ${sentence}`,
    );
    recorder.nemesis('info', 'died', sentence);
    await this.#crew?.stop();
    await machine.kill();
    const suffering = this.#suffered.has(recorder.boot);
    if (suffering) this.#suffered.add(recorder.boot + 1);
    await this.#comeBack('died', harmlessFacts('died', this.cuts + this.kills, timeMs));
  }

  /** Nothing was acknowledged for long: is there an answer to a real read? */
  async #checkAlive(): Promise<void> {
    const { options, workload, clock, findings, recorder, machine } = this.#parts;
    const client = await this.#target().connect();
    const answer = await client.invoke(workload.finalRead, options.stopGraceMs);
    await client.close();
    if (answer.type === 'ok') {
      this.notes.add('for a while no op was acknowledged although the target answered a read');
      await this.#crew?.stop();
      this.#crew = undefined;
      return;
    }
    const silentMs = Math.round(clock.now() - (this.#crew?.lastOkMs() ?? 0));
    const message = `the target hangs: no op was acknowledged for ${(silentMs / 1000).toFixed(1)} s, and a read did not answer within ${options.stopGraceMs / 1000} s (${answer.error ?? answer.type})`;
    if (this.#suffered.has(recorder.boot))
      this.notes.add(`after lose-unsynced the living target suffered: ${message}`);
    else {
      const evidence = { count: 1, diskOps: [], rule: 'none', sentences: [message] };
      await findings.add({ class: 'hang', message, timeMs: clock.now(), evidence }, undefined, recorder.boot);
    }
    const timeMs = clock.now();
    await machine.kill();
    if (this.#suffered.has(recorder.boot)) this.#suffered.add(recorder.boot + 1);
    await this.#comeBack('died', harmlessFacts('died', this.cuts + this.kills, timeMs));
  }

  async #stopGracefully(): Promise<void> {
    const { options, recorder, progress } = this.#parts;
    progress.phase('stop');
    await this.#crew?.stop();
    this.#crew = undefined;
    const ended = await this.#target().stop(options.stopGraceMs);
    recorder.nemesis('info', 'stop', { graceful: ended });
    if (!ended) this.notes.add(`the target did not stop within ${options.stopGraceMs / 1000} s of SIGTERM`);
    await this.takeReport();
  }

  async #afterFatal(): Promise<void> {
    if (this.#parts.options.afterFatal === 'end' || this.#isOver()) {
      this.#ended = true;
      return;
    }
    await this.#beginLife('the old data cannot be used any more');
  }

  async #finish(): Promise<void> {
    const { progress, machine, workload, recorder } = this.#parts;
    await this.#crew?.stop();
    this.#crew = undefined;
    if (this.#ended) return;
    progress.phase('final read');
    await readAll(this.#target(), workload.finalRead, this.#steps());
    await this.#judgeHistory(undefined);
    await this.takeReport();
    recorder.nemesis('info', 'end');
    await this.#target().stop(this.#parts.options.stopGraceMs);
    await machine.kill();
  }

  #startCrew(): Crew {
    const { options, recorder, workload, clock } = this.#parts;
    return startCrew(
      {
        instance: this.#target(),
        recorder,
        generator: this.#generator,
        concurrency: Math.min(options.concurrency, workload.concurrency ?? Infinity),
        opTimeoutMs: options.opTimeoutMs,
        ratePerSecond: options.ratePerSecond,
        nextProcess: () => this.#processes++,
      },
      () => clock.now(),
    );
  }

  #steps(): RecoverySteps {
    const { recorder, progress } = this.#parts;
    const process = this.#processes++;
    return {
      record: (op) => recorder.record({ process, final: true, ...op }),
      onPhase: (name) => progress.phase(name),
    };
  }

  #trigger(): FreezeTrigger {
    if (this.#parts.options.stopSignal === 'SIGTERM') return { at: 'now' };
    return {
      at: 'unsynced-op',
      afterOps: this.random.integer(0, this.random.pick([4, 40, 400])),
      edge: this.random.pick(['after', 'before'] as const),
      withinMs: triggerPatienceMs,
    };
  }

  async #sample(): Promise<void> {
    const { machine, clock, progress } = this.#parts;
    const stats = await machine.disk.request('stats');
    const timeMs = clock.now();
    this.samples.push({ timeMs, unsyncedBytes: stats.unsyncedBytes, diskOps: stats.ops });
    const okCount = this.#crew?.okCount() ?? 0;
    const { timeMs: lastMs, okCount: lastOk } = this.#lastSample;
    const opsPerSecond = (Math.max(0, okCount - lastOk) / Math.max(1, timeMs - lastMs)) * 1000;
    if (timeMs - lastMs > 1000 || okCount < lastOk) this.#lastSample = { timeMs, okCount };
    progress.sample({ opsPerSecond, unsyncedBytes: stats.unsyncedBytes, cuts: this.cuts });
  }

  async #span(f: string, strike: () => Promise<void>): Promise<void> {
    const { recorder, clock, progress } = this.#parts;
    const startMs = clock.now();
    recorder.nemesis('invoke', f);
    progress.phase(f);
    await strike();
    recorder.nemesis('info', f);
    this.spans.push({ f, startMs, endMs: clock.now() });
  }

  #isNew(violation: Violation): boolean {
    const key = `${violation.class}|${violation.boot}|${violation.ops[0]?.index ?? violation.message}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }

  #isOver(): boolean {
    return this.#ended || this.#parts.interrupted.aborted || this.#parts.clock.now() >= this.#workedUntilMs;
  }

  #target(): TargetInstance {
    if (this.#instance === undefined) throw new Error('the target is not set up yet');
    return this.#instance;
  }
}
