/**
 * A target that is spoken to through the driver protocol. Its first process after each start is kept for questions of
 * powercut's own (the first read, verify); clients share it or get processes of their own, as the driver's hello says.
 */
import { join } from 'node:path';
import type { Json } from '../../checkers/history.ts';
import { LogTail } from '../log-tail.ts';
import { needleOf } from '../needle.ts';
import { killedAlone } from '../own-end.ts';
import { startTimeoutMs } from '../settings.ts';
import { StartError } from '../target.ts';
import type { Client, ClientOp, Declared, Integrity, TargetContext, TargetInstance } from '../target.ts';
import type { Answer } from './channel.ts';
import { DriverClient } from './client.ts';
import type { DriverAccess } from './client.ts';
import { DriverProcess } from './process.ts';
import type { Launch } from './process.ts';

const verifyTimeoutMs = 120_000;
const setupGraceMs = 10_000;

/** What a started target must answer before it counts as started, by workload. */
const probes: Readonly<Record<string, ClientOp>> = { set: { f: 'read' } };

export interface DriverOptions {
  /** What sentences and the log call it. */
  readonly name: string;
  /** Called at each start: what it makes in the machine dies with the machine. */
  prepare(): Promise<Launch>;
  /** Whether its hello is the word on what it promises; false for built-in drivers, whose target says it. */
  readonly declares: boolean;
}

export class DriverInstance implements TargetInstance {
  readonly #context: TargetContext;
  readonly #options: DriverOptions;
  readonly #log: LogTail;
  readonly #timeoutMs: number;
  readonly #processes = new Set<DriverProcess>();
  #launch: Launch | undefined;
  #main: DriverProcess | undefined;
  #stopping = false;
  #declared: Declared | undefined;
  #died: TargetInstance['died'] = new Promise(() => undefined);

  constructor(context: TargetContext, options: DriverOptions) {
    this.#context = context;
    this.#options = options;
    this.#log = new LogTail(join(context.logDirectory, `${options.name}.log`));
    this.#timeoutMs = startTimeoutMs(context.settings);
  }

  get declared(): Declared | undefined {
    return this.#declared;
  }

  get died(): TargetInstance['died'] {
    return this.#died;
  }

  async setup(): Promise<void> {
    await this.#begin();
    const main = await this.#spawn();
    const answer = await main.request({ f: 'setup' }, this.#timeoutMs);
    this.#requireOk('setup', answer);
    this.#stopping = true;
    if (!(await main.close(setupGraceMs))) main.kill();
  }

  async start(): Promise<void> {
    await this.#begin();
    const main = await this.#spawn();
    this.#main = main;
    const probe = probes[this.#context.workload];
    if (probe !== undefined)
      this.#requireOk(`a first ${probe.f}`, await main.request(probe, this.#timeoutMs));
    if (main.hello.processes === 'shared') this.#died = this.#deathOf(main);
  }

  async stop(graceMs: number): Promise<boolean> {
    this.#stopping = true;
    const ended = await Promise.all([...this.#processes].map((driver) => driver.close(graceMs)));
    return !ended.includes(false);
  }

  async connect(): Promise<Client> {
    const client = new DriverClient(this.#access());
    await client.open(this.#timeoutMs);
    return client;
  }

  async verify(): Promise<Integrity> {
    const main = await this.#usableMain();
    const answer = await main.request({ f: 'verify' }, verifyTimeoutMs);
    if (answer.kind !== 'reply') {
      const what =
        answer.kind === 'timeout'
          ? `did not answer within ${verifyTimeoutMs / 1000} s`
          : answer.broken.sentence;
      return { ok: false, method: 'verify', lines: [`the driver ${this.#options.name} ${what}`] };
    }
    const { type, error, fields } = answer.reply;
    // `fail` is how a driver says that it has no check of its own.
    if (type === 'fail') return { ok: true, method: 'none', lines: [] };
    if (type === 'info') return { ok: false, method: 'verify', lines: [error ?? 'the check failed'] };
    const lines = Array.isArray(fields['lines'])
      ? (fields['lines'] as readonly Json[]).slice(0, 20).map(String)
      : [];
    const method = typeof fields['method'] === 'string' ? fields['method'] : 'verify';
    // A bare `ok` says that the check was passed; what was found wrong has to be said.
    return { ok: fields['ok'] !== false, method, lines };
  }

  needle(value: Json): string {
    return needleOf(this.#context.workload, value);
  }

  /** Processes of an earlier start may still run when the target died without its machine. */
  async #begin(): Promise<void> {
    this.#main = undefined;
    for (const driver of this.#processes) driver.kill();
    this.#processes.clear();
    this.#stopping = false;
    this.#died = new Promise(() => undefined);
    this.#log.mark();
    this.#launch = await this.#options.prepare();
  }

  #access(): DriverAccess {
    const main = this.#main;
    const { name } = this.#options;
    if (main?.hello.processes === 'per-client') {
      return { name, own: true, reach: (timeoutMs) => this.#spawn(Math.min(timeoutMs, this.#timeoutMs)) };
    }
    const reach = async (): Promise<DriverProcess> => {
      if (main === undefined) throw new Error(`the driver ${name} is not started`);
      return main;
    };
    return { name, own: false, reach };
  }

  async #spawn(timeoutMs = this.#timeoutMs): Promise<DriverProcess> {
    if (this.#launch === undefined) throw new Error('a driver is prepared before it is spawned');
    const driver = await DriverProcess.start({
      machine: this.#context.machine,
      name: this.#options.name,
      launch: this.#launch,
      workload: this.#context.workload,
      settings: this.#context.settings,
      timeoutMs,
      log: this.#log,
    });
    this.#processes.add(driver);
    void driver.channel.whenBroken.then(() => this.#processes.delete(driver));
    if (this.#options.declares) this.#declared = driver.hello;
    return driver;
  }

  async #usableMain(): Promise<DriverProcess> {
    if (this.#main !== undefined && this.#main.channel.broken === undefined) return this.#main;
    return (this.#main = await this.#spawn());
  }

  #requireOk(what: string, answer: Answer): void {
    if (answer.kind === 'reply' && answer.reply.type === 'ok') return;
    for (const driver of this.#processes) driver.kill();
    const [failure, why, exitCode] = failureOf(answer, what, this.#timeoutMs);
    throw new StartError(failure, `the driver ${this.#options.name} ${why}`, exitCode, this.#log.lines());
  }

  /** Resolves when the process dies while it should run; never otherwise. */
  async #deathOf(main: DriverProcess): Promise<Awaited<TargetInstance['died']>> {
    const broken = await main.channel.whenBroken;
    const alone = !broken.killed || (await killedAlone(this.#context.machine));
    if (!alone || this.#stopping || main !== this.#main) return new Promise(() => undefined);
    return { sentence: `the driver ${this.#options.name} ${broken.sentence}`, lastLines: this.#log.lines() };
  }
}

function failureOf(
  answer: Answer,
  what: string,
  timeoutMs: number,
): [StartError['class'], string, number | null] {
  switch (answer.kind) {
    case 'timeout':
      return ['hang', `did not answer ${what} within ${timeoutMs / 1000} s`, null];
    case 'broken': {
      const { why, sentence, exitCode } = answer.broken;
      if (why === 'nonsense') return ['unopenable', sentence, null];
      return ['unrestartable', `${sentence} when it was asked for ${what}`, exitCode];
    }
    case 'reply':
      return [
        'unopenable',
        `failed ${what}: ${answer.reply.error ?? `it answered ${answer.reply.type}`}`,
        null,
      ];
  }
}
