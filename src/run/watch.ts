/**
 * The watch over a working target: samples, and the watchdog. Alive means that a real client operation is answered, not
 * that a port is open.
 */
import { formatInstant } from '../report/format.ts';
import type { Completion, TargetInstance } from '../targets/target.ts';
import { sleep } from './crew.ts';
import { isSilent } from './recovery.ts';
import type { Trial } from './trial.ts';

const sampleEveryMs = 100;
const rateEveryMs = 1_000;

type Trouble =
  | { readonly kind: 'died'; readonly sentence: string }
  | { readonly kind: 'hang'; readonly sentence: string }
  | { readonly kind: 'refuses'; readonly sentence: string };

export class Watch {
  readonly #trial: Trial;
  readonly #endMs: number;
  readonly #isOver: () => boolean;
  readonly #ends = new EndWatch();
  #last = { timeMs: 0, okCount: 0 };
  #opsPerSecond = 0;

  /** `endMs`: when the run's time is up. `isOver`: nothing is to go on, whatever the time. */
  constructor(trial: Trial, endMs: number, isOver: () => boolean) {
    this.#trial = trial;
    this.#endMs = endMs;
    this.#isOver = isOver;
  }

  isTimeUp(): boolean {
    return this.#trial.parts.clock.now() >= this.#endMs;
  }

  /** Lets the crew work, on a target that is kept alive. Ends early when the run's time is up, unless it `mustLast`. */
  async work(durationMs: number, mustLast = false): Promise<void> {
    const untilMs = this.#trial.parts.clock.now() + durationMs;
    const endMs = mustLast ? untilMs : Math.min(untilMs, this.#endMs);
    for (;;) {
      const trouble = await this.#workUntil(endMs);
      if (trouble === undefined) return;
      await this.#help(trouble);
    }
  }

  /** Lets the crew work on a target that lost data under its feet at `sinceMs`. What comes of it is a note. */
  async suffer(durationMs: number, sinceMs: number): Promise<void> {
    const trial = this.#trial;
    const trouble = await this.#workUntil(trial.parts.clock.now() + durationMs);
    const complaints = trouble === undefined ? await trial.complaintsSince(sinceMs) : [trouble.sentence];
    for (const complaint of complaints) {
      trial.notes.add(
        `un-synced data vanished under the living target at ${formatInstant(sinceMs)}, which no power cut does; it suffered: ${complaint}`,
      );
    }
    await trial.giveUp();
  }

  /** Undefined when the time has come; else what is wrong with the target. */
  async #workUntil(endMs: number): Promise<Trouble | undefined> {
    const trial = this.#trial;
    const { clock, progress, options } = trial.parts;
    if (trial.isAlive) progress.phase('work');
    while (trial.isAlive && clock.now() < endMs && !this.#isOver()) {
      const crew = trial.startCrew();
      await sleep(sampleEveryMs);
      crew.check();
      await this.#sample();
      const end = this.#ends.of(trial.instance);
      if (end !== undefined) return { kind: 'died', sentence: end };
      if (clock.now() - crew.lastOkMs() <= 2 * options.opTimeoutMs) continue;
      const trouble = await this.#examine(crew.lastOkMs());
      if (trouble !== undefined) return trouble;
      trial.notes.add('for a while no op was acknowledged although the target answered a read');
      // Its clients may be what is stuck.
      await trial.stopCrew();
    }
    return undefined;
  }

  async #help({ kind, sentence }: Trouble): Promise<void> {
    const trial = this.#trial;
    const { clock, recorder, progress } = trial.parts;
    const timeMs = clock.now();
    recorder.nemesis('info', kind, sentence);
    switch (kind) {
      case 'died':
        progress.event(`the target ended by itself and is started again: ${sentence}`);
        trial.notes.addDeath(timeMs, sentence);
        break;
      case 'hang':
        await trial.hangs(sentence);
        break;
      case 'refuses':
        trial.notes.add(`the target was started again: ${sentence}`);
        break;
    }
    await trial.restart(kind === 'died' ? 'died' : 'hang', timeMs);
  }

  /** Nothing was acknowledged for long: is there an answer to a real read? */
  async #examine(lastOkMs: number): Promise<Trouble | undefined> {
    const { options, clock } = this.#trial.parts;
    const { instance } = this.#trial;
    const answer = await this.#read(instance, options.stopGraceMs);
    if (answer.type === 'ok') return undefined;
    const end = this.#ends.of(instance);
    if (end !== undefined) return { kind: 'died', sentence: end };
    const silent = `no op was acknowledged for ${formatInstant(clock.now() - lastOkMs, 1)}`;
    if (isSilent(answer)) {
      const sentence = `${silent}, and a read was not answered within ${options.stopGraceMs / 1000} s`;
      return { kind: 'hang', sentence };
    }
    return { kind: 'refuses', sentence: `${silent}, and a read was refused: ${answer.error ?? answer.type}` };
  }

  /** Bounded, the connecting included. */
  async #read(instance: TargetInstance, timeoutMs: number): Promise<Completion> {
    const { finalRead } = this.#trial.parts.workload;
    const answer = instance.connect().then(async (client) => {
      const completion = await client.invoke(finalRead, timeoutMs);
      await client.close();
      return completion;
    });
    const silence = sleep(timeoutMs).then((): Completion => ({ type: 'info', error: 'timeout' }));
    return Promise.race([answer, silence]);
  }

  async #sample(): Promise<void> {
    const { machine, clock, progress } = this.#trial.parts;
    const stats = await machine.disk.request('stats');
    const timeMs = clock.now();
    this.#trial.samples.push({ timeMs, unsyncedBytes: stats.unsyncedBytes, diskOps: stats.ops });
    const okCount = this.#trial.crew?.okCount() ?? 0;
    if (okCount < this.#last.okCount) this.#last = { timeMs, okCount: 0 };
    if (timeMs - this.#last.timeMs >= rateEveryMs) {
      this.#opsPerSecond = ((okCount - this.#last.okCount) / (timeMs - this.#last.timeMs)) * 1000;
      this.#last = { timeMs, okCount };
    }
    progress.sample({
      opsPerSecond: this.#opsPerSecond,
      unsyncedBytes: stats.unsyncedBytes,
      cuts: this.#trial.tally.cuts,
    });
  }
}

/** Whether a target has ended by itself, without a listener for each time that it is asked. */
class EndWatch {
  #promise: TargetInstance['died'] | undefined;
  #sentence: string | undefined;

  of({ died }: TargetInstance): string | undefined {
    if (died === this.#promise) return this.#sentence;
    this.#promise = died;
    this.#sentence = undefined;
    void died.then(({ sentence }) => {
      if (this.#promise === died) this.#sentence = sentence;
    });
    return undefined;
  }
}
