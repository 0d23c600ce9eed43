/** Carries out what the nemeses ask of a trial, in turn, until the time is up: their circumstances. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FreezeTrigger, RecoveredFileSystem, Selection } from '../mount/control.ts';
import { formatChoice } from '../mount/selection.ts';
import type { Circumstances, Nemesis } from '../nemeses/nemesis.ts';
import type { Random } from '../nemeses/random.ts';
import { formatInstant, formatSize, plural } from '../report/format.ts';
import { alsoDropping, harmlessFacts, lossFacts, type CutFacts } from './cut-facts.ts';
import { exportImage } from './export-image.ts';
import { bootImage } from './image-boot.ts';
import type { Trial } from './trial.ts';
import { Watch } from './watch.ts';

export interface StrikeParts {
  readonly nemeses: readonly Nemesis[];
  readonly random: Random;
  /** Where images lie that are booted. */
  readonly scratchDirectory: string;
}

/** How long a cut waits for its op: a target that writes nothing is cut all the same. */
const triggerPatienceMs = 2_000;

const maxSeed = 2 ** 32 - 1;

/** How long a cut during a recovery waits for its op. */
const recoveryPatienceMs = 500;

type OpTrigger = Extract<FreezeTrigger, { at: 'unsynced-op' }>;

/** From the first op to the end of the run's time. The last strike begins when the time is up. */
export async function strike(trial: Trial, parts: StrikeParts): Promise<void> {
  const { clock, options, interrupted } = trial.parts;
  const isOver = () => trial.ended || interrupted.aborted;
  const watch = new Watch(trial, clock.now() + options.timeMs, isOver);
  const circumstances = new Strikes(trial, watch, parts, isOver);
  for (let turn = 0; !isOver() && !watch.isTimeUp(); turn++) {
    const nemesis = parts.nemeses[turn % parts.nemeses.length];
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
  readonly #scratchDirectory: string;
  readonly #isOver: () => boolean;

  constructor(trial: Trial, watch: Watch, parts: StrikeParts, isOver: () => boolean) {
    this.random = parts.random;
    this.intervalMs = trial.parts.options.intervalMs;
    this.#trial = trial;
    this.#watch = watch;
    this.#scratchDirectory = parts.scratchDirectory;
    this.#isOver = isOver;
  }

  async work(durationMs: number): Promise<void> {
    await this.#watch.work(durationMs, true);
  }

  async cutPower(): Promise<void> {
    if (this.#isOver()) return;
    const trial = this.#trial;
    const trigger = this.#drawTrigger();
    await this.#span('power-cut', trigger, async () => {
      const cut = await this.#cut((await this.#stopGracefully()) ? { at: 'now' } : trigger);
      await trial.comeBack('power-cut', cut);
    });
  }

  async cutRecovery(): Promise<void> {
    if (this.#isOver()) return;
    const trial = this.#trial;
    const [first, second] = [this.#drawTrigger(), this.#drawTrigger()];
    await this.#span('recovery-cut', first, async () => {
      const before = await this.#cut(first);
      const during = await trial.startInto('power-cut', before, () =>
        // Recoveries are short, and many write little: this one does not wait long.
        this.#cut({ ...second, afterOps: second.afterOps % 8, withinMs: recoveryPatienceMs }),
      );
      await trial.comeBack('power-cut', alsoDropping(during, before));
    });
  }

  async kill(): Promise<void> {
    if (this.#isOver()) return;
    const trial = this.#trial;
    const { clock, machine } = trial.parts;
    await this.#span('kill', undefined, async () => {
      await this.#stopGracefully();
      // Before the signal: an acknowledgement that crosses it counts for nothing, which errs on the target's side.
      const timeMs = clock.now();
      await machine.kill();
      trial.tally.kills++;
      await trial.comeBack('kill', harmlessFacts('kill', timeMs));
    });
  }

  async checkpoint(): Promise<void> {
    if (this.#isOver()) return;
    await this.#span('checkpoint', undefined, async () => {
      await this.#trial.parts.machine.disk.request('checkpoint');
    });
  }

  async takeReport(): Promise<void> {
    if (!this.#isOver()) await this.#trial.takeReport();
  }

  async loseUnsynced(): Promise<void> {
    if (this.#isOver()) return;
    const trial = this.#trial;
    const loss = await this.#loseUnsynced();
    // How the living target takes it is worth a note.
    await this.#watch.suffer(this.intervalMs / 2, loss.timeMs);
    await this.#bootApart(loss);
    if (!this.#isOver() && !this.#watch.isTimeUp()) {
      await trial.beginAnew('the power cut is over that took what the living target lost');
    }
  }

  async #loseUnsynced(): Promise<CutFacts> {
    const { disk } = this.#trial.parts.machine;
    const trigger = this.#drawTrigger();
    return this.#span('lose-unsynced', trigger, async () => {
      const { frozenMs } = await disk.request('freeze', { trigger });
      // All of one instant: nothing is applied in between.
      const kept = await disk.request('keep-image');
      await disk.request('lose-unsynced');
      await disk.request('thaw');
      const cut = lossFacts('lose-unsynced', this.#countCut(kept.opCount), { ...kept, frozenMs });
      this.#tell(cut);
      return cut;
    });
  }

  async #bootApart(loss: CutFacts): Promise<void> {
    const trial = this.#trial;
    const { machine, target, workload, contextFor, progress } = trial.parts;
    if (loss.image === undefined) throw new Error('the loss left no image');
    const scratch = await mkdtemp(join(this.#scratchDirectory, 'image-'));
    try {
      const directory = join(scratch, 'disk');
      progress.phase('boot');
      await exportImage(machine.disk, loss.image, directory);
      const parts = {
        target,
        workload,
        contextFor: (apart: typeof machine) => contextFor(apart, `image-${loss.number}`),
      };
      const place = { directory, mountPoint: machine.directory };
      await trial.replaceBy(loss, (steps) => bootImage(parts, place, steps));
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  /** True when it was asked for: nothing of the target runs any more then. */
  async #stopGracefully(): Promise<boolean> {
    const trial = this.#trial;
    const { options, recorder, progress } = trial.parts;
    if (options.stopSignal !== 'SIGTERM') return false;
    progress.phase('stop');
    await trial.stopCrew();
    const graceful = await trial.instance.stop(options.stopGraceMs);
    recorder.nemesis('info', 'stop', { graceful });
    if (!graceful) {
      trial.notes.add(`the target did not stop within ${options.stopGraceMs / 1000} s of being asked to`);
      return true;
    }
    const left = await trial.takeReport();
    // What the kernel of a real file system still holds, nobody knows.
    if (options.fileSystem === undefined) trial.notes.addCleanStop(left);
    return true;
  }

  /** Always drawn, and always alike, so that one seed gives the same triggers however long things take. */
  #drawTrigger(): OpTrigger {
    // Small numbers meet the narrow windows of a busy target, large ones its rare ops.
    const most = this.random.pick([4, 40, 400]);
    const afterOps = this.random.integer(0, most);
    const edge = this.random.pick(['after', 'before'] as const);
    return { at: 'unsynced-op', afterOps, edge, withinMs: triggerPatienceMs };
  }

  async #cut(trigger: FreezeTrigger): Promise<CutFacts> {
    const choice = this.#drawChoice();
    const report = await this.#trial.parts.machine.cut(trigger, choice);
    const cut = lossFacts('power-cut', this.#countCut(report.opCount), report, choice);
    this.#tell(cut);
    return cut;
  }

  #drawChoice(): Selection {
    const { image } = this.#trial.parts.options;
    return image === 'random' ? { kind: 'random', seed: this.random.integer(0, maxSeed) } : image;
  }

  #countCut(droppedOps: number): number {
    const { tally } = this.#trial;
    tally.droppedOps += droppedOps;
    return ++tally.cuts;
  }

  #tell(cut: CutFacts): void {
    const { progress, unsynced, recorder } = this.#trial.parts;
    unsynced.add(cut.files);
    const { number, timeMs, opCount, sizeBytes, files, choice = 'lose-all', fileSystem } = cut;
    recorder.nemesis('info', 'cut', {
      number,
      timeMs,
      droppedOps: opCount,
      sizeBytes,
      files: files.length,
      image: formatChoice(choice),
      ...(fileSystem === undefined ? {} : { check: checkOf(fileSystem) }),
    });
    if (fileSystem !== undefined) {
      this.#tellOfFileSystem(cut, fileSystem);
      return;
    }
    const dropped = `${plural(opCount, 'disk op')} with ${formatSize(sizeBytes)} of data in ${plural(files.length, 'file')}`;
    progress.event(
      `cut ${number} at ${formatInstant(timeMs)} dropped ${opCount === 0 ? 'nothing' : dropped}`,
    );
  }

  #tellOfFileSystem({ number, timeMs, opCount, sizeBytes }: CutFacts, fileSystem: RecoveredFileSystem): void {
    const { name, check, clean, lines, taken } = fileSystem;
    const files = taken === undefined ? '' : `: changes of ${plural(taken.length, 'file')}`;
    const writes = opCount === 0 ? '' : ` and ${plural(opCount, 'block write')} (${formatSize(sizeBytes)})`;
    const verdict = clean ? 'clean' : 'NOT clean';
    this.#trial.parts.progress.event(
      `cut ${number} at ${formatInstant(timeMs)} dropped the kernel's memory${writes}${files}; ${name} recovered, ${check}: ${verdict}`,
    );
    if (clean) return;
    this.#trial.notes.add(
      `after the power cut ${number} the kernel's recovery left an ${name} of which ${check} says: ${lines[0] ?? 'nothing'}`,
    );
  }

  async #span<Result>(
    f: string,
    trigger: OpTrigger | undefined,
    doIt: () => Promise<Result>,
  ): Promise<Result> {
    const { recorder, clock, progress } = this.#trial.parts;
    const startMs = clock.now();
    recorder.nemesis(
      'invoke',
      f,
      trigger === undefined ? undefined : { ...trigger, edge: trigger.edge ?? 'after' },
    );
    progress.phase(f);
    const result = await doIt();
    recorder.nemesis('info', f);
    this.#trial.spans.push({ f, startMs, endMs: clock.now() });
    return result;
  }
}

/** For the history. */
function checkOf({ check, clean, lines }: RecoveredFileSystem): string {
  return `${check}: ${clean ? 'clean' : lines.join('; ')}`;
}
