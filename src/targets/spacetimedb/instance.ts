/** A SpacetimeDB server on a machine's disk: its database published, started, stopped, checked. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Json } from '../../checkers/history.ts';
import { UnavailableError } from '../../machine/unavailable.ts';
import { LogTail } from '../log-tail.ts';
import { killedAlone } from '../own-end.ts';
import { freePort } from '../postgres/port.ts';
import { reachablePath } from '../reachable.ts';
import { settingOf, startTimeoutMs } from '../settings.ts';
import { StartError } from '../target.ts';
import type { Client, Declared, Integrity, TargetContext, TargetInstance } from '../target.ts';
import { detectServer } from './binaries.ts';
import { SpacetimedbClient } from './client.ts';
import type { Way } from './client.ts';
import { spacetimedbContract, syncIntervalMs } from './contract.ts';
import { keyDirectory, restoreCredentials, storeCredentials } from './credentials.ts';
import type { KeyPlace } from './credentials.ts';
import { Database, Refusal, rowNeedle } from './database.ts';
import { checkIntegrity } from './integrity.ts';
import { readable } from './said.ts';
import { SpacetimedbServer } from './server.ts';
import { checkForVersion, confirmedWord, portOf } from './settings.ts';
import { spacetimedbUnsynced } from './unsynced.ts';
import { isTwo } from './version.ts';

const publishTimeoutMs = 120_000;
const stopGraceMs = 60_000;
/** A port that is taken between the look and the bind. */
const startAttempts = 10;

export class SpacetimedbInstance implements TargetInstance {
  readonly #context: TargetContext;
  readonly #log: LogTail;
  #found: { readonly version: string; readonly path: string } | undefined;
  #token: string | undefined;
  #port: number | undefined;
  #server: SpacetimedbServer | undefined;
  #stopping = false;
  #died: TargetInstance['died'] = new Promise(() => undefined);

  constructor(context: TargetContext) {
    this.#context = context;
    this.#log = new LogTail(join(context.logDirectory, 'spacetimedb.log'));
    // A setting that cannot be is told before anything is made.
    portOf(context.settings, 'port', 'auto');
    portOf(context.settings, 'pg-port', 'off');
    startTimeoutMs(context.settings);
  }

  get declared(): Declared | undefined {
    if (this.#found === undefined) return undefined;
    const { settings } = this.#context;
    const { version } = this.#found;
    return {
      name: 'spacetimedb',
      version,
      documented: spacetimedbContract(settings, version),
      expectedUnsynced: spacetimedbUnsynced(settings, version),
    };
  }

  get died(): TargetInstance['died'] {
    return this.#died;
  }

  async setup(): Promise<void> {
    const { version } = await this.#find();
    checkForVersion(this.#context.settings, version);
    await this.#choosePort(portOf(this.#context.settings, 'port', 'auto'));
    const server = await this.#startServer(undefined);
    try {
      await this.#publish();
      // What is committed in memory gets its turn at the log: a stop is no flush.
      await delay(3 * syncIntervalMs);
    } catch (error) {
      await server.kill();
      throw error;
    }
    if (await server.stop(stopGraceMs)) return;
    await server.kill();
    throw new StartError('hang', 'spacetimedb did not stop after set-up', null, readable(this.#log.lines()));
  }

  async start(): Promise<void> {
    this.#died = new Promise(() => undefined);
    const old = this.#server;
    this.#server = undefined;
    await old?.kill();
    this.#stopping = false;
    this.#token ??= await restoreCredentials(this.#keyPlace);
    const server = await this.#startServer(this.#token);
    this.#server = server;
    this.#died = this.#deathOf(server);
  }

  async stop(graceMs: number): Promise<boolean> {
    this.#stopping = true;
    return (await this.#server?.stop(graceMs)) ?? true;
  }

  async connect(): Promise<Client> {
    return new SpacetimedbClient(this.#database, this.#way, this.#context.workload);
  }

  async verify(): Promise<Integrity> {
    const database = this.#database;
    try {
      return await checkIntegrity(database, this.#context.workload);
    } finally {
      database.close();
    }
  }

  needle(value: Json): string {
    return rowNeedle(this.#context.workload, value);
  }

  get #database(): Database {
    if (this.#port === undefined) throw new Error('spacetimedb is not started');
    return new Database(this.#port, this.#token);
  }

  get #way(): Way {
    const { settings } = this.#context;
    const version = this.#found?.version ?? '';
    const confirmed = confirmedWord(settings, version);
    const via = settingOf(settings, 'via') === 'call' ? 'call' : 'sql';
    return { via, confirmed, barrierAfterCall: via === 'call' && confirmed === 'true' };
  }

  get #keyPlace(): KeyPlace {
    const { machine, runDirectory, settings } = this.#context;
    return { machine, runDirectory, onDisk: settingOf(settings, 'keys') === 'on-disk' };
  }

  async #find(): Promise<{ readonly version: string; readonly path: string }> {
    if (this.#found !== undefined) return this.#found;
    const detected = await detectServer();
    if (!detected.found) throw new UnavailableError(detected.sentence);
    return (this.#found = detected);
  }

  async #publish(): Promise<void> {
    const stranger = new Database(this.#port!);
    try {
      this.#token = await stranger.identify(publishTimeoutMs);
    } finally {
      stranger.close();
    }
    const owner = this.#database;
    try {
      await owner.publish(publishTimeoutMs);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new StartError(
        'unopenable',
        `spacetimedb ${this.#found?.version ?? ''} refuses powercut's module: ${error.message}`,
        null,
        readable(this.#log.lines()),
      );
    } finally {
      owner.close();
    }
    await storeCredentials(this.#keyPlace, this.#token);
  }

  async #startServer(token: string | undefined): Promise<SpacetimedbServer> {
    const { machine, settings, runDirectory } = this.#context;
    const { path, version } = await this.#find();
    const program = await reachablePath(machine, path, runDirectory, false);
    for (let attempt = 1; ; attempt++) {
      // Without a set-up of its own this is a crash image, which may be booted while its origin lives on.
      if (this.#port === undefined) await this.#choosePort('auto');
      try {
        return await SpacetimedbServer.start({
          machine,
          program,
          file: path,
          port: this.#port!,
          keyDirectory: keyDirectory(this.#keyPlace),
          arguments: this.#flags(version),
          env: settingOf(settings, 'disk-logging') === 'off' ? { SPACETIMEDB_DISABLE_DISK_LOGGING: '1' } : {},
          log: this.#log,
          timeoutMs: startTimeoutMs(settings),
          token,
        });
      } catch (error) {
        if (!(error instanceof StartError) || attempt === startAttempts || !isPortTaken(error)) throw error;
        const wanted = portOf(settings, 'port', 'auto');
        await this.#choosePort(this.#port === wanted ? wanted : 'auto');
      }
    }
  }

  #flags(version: string): string[] {
    if (!isTwo(version)) return [];
    const pgPort = portOf(this.#context.settings, 'pg-port', 'off');
    return ['--non-interactive', ...(pgPort === 'off' ? [] : ['--pg-port', String(pgPort)])];
  }

  async #choosePort(wanted: number | 'auto'): Promise<void> {
    this.#port = await freePort(wanted);
    if (this.#port !== undefined) return;
    throw new UnavailableError(
      `port ${wanted} on 127.0.0.1 is taken by another program: choose another with --set port=N, or leave it out`,
    );
  }

  /** Resolves when the server ends while it should run; never otherwise. */
  async #deathOf(server: SpacetimedbServer): Promise<Awaited<TargetInstance['died']>> {
    const { code, signal } = await server.exited;
    const alone = signal !== 'SIGKILL' || (await killedAlone(this.#context.machine));
    if (!alone || this.#stopping || server !== this.#server) return new Promise(() => undefined);
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
    return { sentence: `spacetimedb ended by itself (${how})`, lastLines: readable(this.#log.lines()) };
  }
}

function isPortTaken(error: StartError): boolean {
  return error.lastLines.some((line) => /Address already in use|Port \d+ is already in use/.test(line));
}
