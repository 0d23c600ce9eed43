/** Carries out what the nemeses ask of a trial, in turn, until the time is up: their circumstances. */
import type { FreezeTrigger } from '../mount/control.ts';
import type { Circumstances, Nemesis } from '../nemeses/nemesis.ts';
import type { Random } from '../nemeses/random.ts';
import { harmlessFacts, lossFacts } from './cut-facts.ts';
import type { Trial } from './trial.ts';
import { Watch } from './watch.ts';

export interface StrikeParts {
  readonly nemeses: readonly Nemesis[];
  readonly random: Random;
  /** Aborted when the user wants the run to end: what was done until then is judged. */
  readonly interrupted: AbortSignal;
}

/** How long a cut waits for its op: a target that writes nothing is cut all the same. */
const triggerPatienceMs = 2_000;

/** From the first op to the end of the run's time. The last strike begins when the time is up. */
export async function strike(trial: Trial, { nemeses, random, interrupted }: StrikeParts): Promise<void> {
  const { clock, options } = trial.parts;
  const isOver = () => trial.ended || interrupted.aborted;
  const watch = new Watch(trial, clock.now() + options.timeMs, isOver);
  const circumstances = new Strikes(trial, watch, random);
  for (let turn = 0; !isOver() && !watch.isTimeUp(); turn++) {
    const nemesis = nemeses[turn % nemeses.length];
    if (nemesis === undefined) throw new Error('a trial needs a nemesis');
    await watch.work(options.intervalMs * (nemesis.pace ?? 1));
    if (!isOver()) await nemesis.strike(circumstances);
  }
}

class Strikes implements Circumstances {
  readonly random: Random;
  readonly intervalMs: number;
  readonly #trial: Trial;
  readonly #watch: Watch;

  constructor(trial: Trial, watch: Watch, random: Random) {
    this.random = random;
    this.intervalMs = trial.parts.options.intervalMs;
    this.#trial = trial;
    this.#watch = watch;
  }

  async work(durationMs: number): Promise<void> {
    await this.#watch.work(durationMs, true);
  }

  async cutPower(): Promise<void> {
    const trial = this.#trial;
    const { machine, clock, unsynced } = trial.parts;
    await this.#span('power-cut', async () => {
      await this.#stopIfGraceful();
      const report = await machine.cut(this.#trigger(), 'lose-all');
      trial.cuts++;
      const cut = lossFacts(clock, 'power-cut', trial.faults, report.frozenMs, report, report.image);
      trial.droppedOps += cut.opCount;
      unsynced.add(cut.files);
      await trial.comeBack('power-cut', cut);
    });
  }

  async kill(): Promise<void> {
    const trial = this.#trial;
    await this.#span('kill', async () => {
      await this.#stopIfGraceful();
      // Before the signal: an acknowledgement that crosses it counts for nothing, which errs on the target's side.
      const timeMs = trial.parts.clock.now();
      await trial.parts.machine.kill();
      trial.kills++;
      await trial.comeBack('kill', harmlessFacts('kill', trial.faults, timeMs));
    });
  }

  async checkpoint(): Promise<void> {
    await this.#span('checkpoint', async () => {
      await this.#trial.parts.machine.disk.request('checkpoint');
    });
  }

  takeReport(): Promise<void> {
    return this.#trial.takeReport();
  }

  async loseUnsynced(): Promise<void> {
    const trial = this.#trial;
    const { machine, clock, unsynced } = trial.parts;
    await this.#span('lose-unsynced', async () => {
      await machine.disk.request('freeze', { trigger: this.#trigger() });
      const { image, frozenMs } = await machine.disk.request('keep-image');
      // The loss waits for pages that held requests keep locked: it ends after the thaw.
      const losing = machine.disk.request('lose-unsynced');
      await machine.disk.request('thaw');
      const loss = await losing;
      trial.cuts++;
      trial.suffer();
      const cut = lossFacts(clock, 'lose-unsynced', trial.faults, frozenMs, loss, image);
      trial.droppedOps += cut.opCount;
      unsynced.add(cut.files);
      await trial.examine(cut);
      await machine.disk.request('drop-image', { image });
    });
    // How the living target takes it is worth a note.
    await this.#watch.work(this.intervalMs / 2, true);
    if (!this.#watch.isTimeUp()) {
      await trial.beginLife('after a loss under its feet the living target is not the one that was promised');
    }
  }

  async #stopIfGraceful(): Promise<void> {
    const trial = this.#trial;
    const { options, recorder, progress } = trial.parts;
    if (options.stopSignal !== 'SIGTERM') return;
    progress.phase('stop');
    await trial.stopCrew();
    const graceful = await trial.instance.stop(options.stopGraceMs);
    recorder.nemesis('info', 'stop', { graceful });
    if (!graceful)
      trial.notes.add(`the target did not stop within ${options.stopGraceMs / 1000} s of SIGTERM`);
    await trial.takeReport();
  }

  #trigger(): FreezeTrigger {
    if (this.#trial.parts.options.stopSignal === 'SIGTERM') return { at: 'now' };
    return {
      at: 'unsynced-op',
      // Small numbers meet the narrow windows of a busy target, large ones its rare ops.
      afterOps: this.random.integer(0, this.random.pick([4, 40, 400])),
      edge: this.random.pick(['after', 'before'] as const),
      withinMs: triggerPatienceMs,
    };
  }

  async #span(f: string, doIt: () => Promise<void>): Promise<void> {
    const { recorder, clock, progress } = this.#trial.parts;
    const startMs = clock.now();
    recorder.nemesis('invoke', f);
    progress.phase(f);
    await doIt();
    recorder.nemesis('info', f);
    this.#trial.spans.push({ f, startMs, endMs: clock.now() });
  }
}
