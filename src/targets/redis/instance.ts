/** A Redis server on a machine's disk: started, stopped, checked. */
import { join } from 'node:path';
import type { Json } from '../../checkers/history.ts';
import { UnavailableError } from '../../machine/unavailable.ts';
import { LogTail } from '../log-tail.ts';
import { needleOf } from '../needle.ts';
import { killedAlone } from '../own-end.ts';
import { reachablePath } from '../reachable.ts';
import { startTimeoutMs } from '../settings.ts';
import { StartError } from '../target.ts';
import type { Client, Integrity, TargetContext, TargetInstance } from '../target.ts';
import { detectRedis } from './binaries.ts';
import { RedisClient } from './client.ts';
import { checkIntegrity } from './integrity.ts';
import { RedisServer } from './server.ts';
import { configurationOf } from './settings.ts';

const stopGraceMs = 60_000;

export class RedisInstance implements TargetInstance {
  readonly #context: TargetContext;
  readonly #log: LogTail;
  readonly #socketPath: string;
  readonly #configuration: string;
  #program: string | undefined;
  #server: RedisServer | undefined;
  #stopping = false;
  #died: TargetInstance['died'] = new Promise(() => undefined);

  constructor(context: TargetContext) {
    this.#context = context;
    this.#log = new LogTail(join(context.logDirectory, 'redis.log'));
    this.#socketPath = join(context.runDirectory, 'redis.sock');
    // A setting that cannot be is told before anything is made.
    this.#configuration = configurationOf(context.settings, {
      disk: context.machine.directory,
      socket: this.#socketPath,
    });
    startTimeoutMs(context.settings);
  }

  get died(): TargetInstance['died'] {
    return this.#died;
  }

  /** An empty server makes its log; a clean stop leaves it as a start expects it. */
  async setup(): Promise<void> {
    const server = await this.#startServer();
    if (await server.stop(stopGraceMs)) return;
    await server.kill();
    throw new StartError('hang', 'redis did not stop after set-up', null, this.#log.lines());
  }

  async start(): Promise<void> {
    this.#died = new Promise(() => undefined);
    const old = this.#server;
    this.#server = undefined;
    await old?.kill();
    this.#stopping = false;
    const server = await this.#startServer();
    this.#server = server;
    this.#died = this.#deathOf(server);
  }

  async stop(graceMs: number): Promise<boolean> {
    this.#stopping = true;
    return (await this.#server?.stop(graceMs)) ?? true;
  }

  async connect(): Promise<Client> {
    return new RedisClient(this.#socketPath, this.#context.workload);
  }

  verify(): Promise<Integrity> {
    const { machine, workload } = this.#context;
    const program = this.#program ?? '';
    return checkIntegrity({ machine, program, socketPath: this.#socketPath, workload });
  }

  needle(value: Json): string {
    return needleOf(this.#context.workload, value);
  }

  async #startServer(): Promise<RedisServer> {
    const { machine, settings, runDirectory } = this.#context;
    const detected = await detectRedis();
    if (!detected.found) throw new UnavailableError(detected.sentence);
    const file = detected.path;
    this.#program = await reachablePath(machine, file, runDirectory, true);
    return RedisServer.start({
      machine,
      program: this.#program,
      file,
      configuration: this.#configuration,
      socketPath: this.#socketPath,
      log: this.#log,
      timeoutMs: startTimeoutMs(settings),
    });
  }

  /** Resolves when the server ends while it should run; never otherwise. */
  async #deathOf(server: RedisServer): Promise<Awaited<TargetInstance['died']>> {
    const { code, signal } = await server.exited;
    const alone = signal !== 'SIGKILL' || (await killedAlone(this.#context.machine));
    if (!alone || this.#stopping || server !== this.#server) return new Promise(() => undefined);
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
    return { sentence: `redis ended by itself (${how})`, lastLines: this.#log.lines() };
  }
}
