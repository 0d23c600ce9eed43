/**
 * The watch over a working target: samples, and the watchdog. Alive means that a real client operation is answered, not
 * that a port is open.
 */
import { sleep } from './crew.ts';
import type { Trial } from './trial.ts';

const sampleEveryMs = 100;

export class Watch {
  readonly #trial: Trial;
  readonly #endMs: number;
  readonly #isOver: () => boolean;
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

  /** Lets the crew work. Ends early when the run's time is up, unless the strike `mustLast`. */
  async work(durationMs: number, mustLast = false): Promise<void> {
    const { clock, progress, options } = this.#trial.parts;
    const untilMs = clock.now() + durationMs;
    const endMs = mustLast ? untilMs : Math.min(untilMs, this.#endMs);
    progress.phase('work');
    while (clock.now() < endMs && !this.#isOver()) {
      const crew = this.#trial.startCrew();
      const died = await Promise.race([sleep(sampleEveryMs), this.#trial.instance.died]);
      await this.#sample();
      if (died !== undefined) await this.#onDeath(died.sentence);
      else if (clock.now() - crew.lastOkMs() > 2 * options.opTimeoutMs)
        await this.#checkAlive(crew.lastOkMs());
    }
  }

  async #onDeath(sentence: string): Promise<void> {
    const { clock, recorder } = this.#trial.parts;
    const timeMs = clock.now();
    const message = `the target ended by itself at ${(timeMs / 1000).toFixed(1)} s and was started again: ${sentence}`;
    if (this.#trial.isSuffering) this.#trial.noteSuffering(message);
    else this.#trial.notes.add(message);
    recorder.nemesis('info', 'died', sentence);
    await this.#trial.restart(timeMs);
  }

  /** Nothing was acknowledged for long: is there an answer to a real read? */
  async #checkAlive(lastOkMs: number): Promise<void> {
    const trial = this.#trial;
    const { options, workload, clock, findings, recorder } = trial.parts;
    const client = await trial.instance.connect();
    const answer = await client.invoke(workload.finalRead, options.stopGraceMs);
    await client.close();
    if (answer.type === 'ok') {
      trial.notes.add('for a while no op was acknowledged although the target answered a read');
      await trial.stopCrew();
      return;
    }
    const silent = `no op was acknowledged for ${((clock.now() - lastOkMs) / 1000).toFixed(1)} s`;
    const message = `the target hangs: ${silent}, and a read was not answered within ${options.stopGraceMs / 1000} s (${answer.error ?? answer.type})`;
    if (trial.isSuffering) trial.noteSuffering(message);
    else {
      const evidence = {
        count: 1,
        diskOps: [],
        rule: 'none: nothing was taken from the disk',
        sentences: [message],
      };
      await findings.add({ class: 'hang', message, timeMs: clock.now(), evidence }, undefined, recorder.boot);
    }
    await trial.restart(clock.now());
  }

  async #sample(): Promise<void> {
    const { machine, clock, progress } = this.#trial.parts;
    const stats = await machine.disk.request('stats');
    const timeMs = clock.now();
    this.#trial.samples.push({ timeMs, unsyncedBytes: stats.unsyncedBytes, diskOps: stats.ops });
    const okCount = this.#trial.crew?.okCount() ?? 0;
    if (okCount < this.#last.okCount) this.#last = { timeMs, okCount: 0 };
    if (timeMs - this.#last.timeMs >= 1000) {
      this.#opsPerSecond = ((okCount - this.#last.okCount) / (timeMs - this.#last.timeMs)) * 1000;
      this.#last = { timeMs, okCount };
    }
    progress.sample({
      opsPerSecond: this.#opsPerSecond,
      unsyncedBytes: stats.unsyncedBytes,
      cuts: this.#trial.cuts,
    });
  }
}
