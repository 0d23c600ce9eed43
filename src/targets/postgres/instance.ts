/** A PostgreSQL cluster on a machine's disk: made, started, stopped, checked. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Json } from '../../checkers/history.ts';
import { UnavailableError } from '../../machine/unavailable.ts';
import { LogTail } from '../log-tail.ts';
import { needleOf } from '../needle.ts';
import { killedAlone } from '../own-end.ts';
import { isReachable } from '../reachable.ts';
import { settingOf, startTimeoutMs } from '../settings.ts';
import { StartError } from '../target.ts';
import type { Client, Integrity, TargetContext, TargetInstance } from '../target.ts';
import { findBinaries } from './binaries.ts';
import { PostgresClient } from './client.ts';
import { checkIntegrity } from './integrity.ts';
import { makePassword, readPassword } from './password.ts';
import { freePort } from './port.ts';
import { PostgresServer } from './server.ts';
import { Session, superuser } from './session.ts';
import type { Login } from './session.ts';
import { checkByServer, serverArguments, wantedPort } from './settings.ts';
import { cluster, passwordFile } from './unsynced.ts';

const setupTimeoutMs = 120_000;
const stopGraceMs = 60_000;
/** A port that is taken between the look and the bind, and shared memory that a dead server's children still hold. */
const startAttempts = 10;

export class PostgresInstance implements TargetInstance {
  readonly #context: TargetContext;
  readonly #binaries: string;
  readonly #log: LogTail;
  #password: string | undefined;
  #port: number | undefined;
  #server: PostgresServer | undefined;
  #stopping = false;
  #died: TargetInstance['died'] = new Promise(() => undefined);

  constructor(context: TargetContext) {
    this.#context = context;
    this.#log = new LogTail(join(context.logDirectory, 'postgres.log'));
    this.#binaries = binariesFor(context.machine.user);
    // A setting that cannot be is told before anything is made.
    serverArguments(context.settings);
    wantedPort(context.settings);
    startTimeoutMs(context.settings);
  }

  get died(): TargetInstance['died'] {
    return this.#died;
  }

  async setup(): Promise<void> {
    const { machine, settings } = this.#context;
    await this.#choosePort(wantedPort(settings));
    await checkByServer(machine, this.#binaries, settings);
    this.#password = await makePassword(machine);
    await this.#initdb();
    const server = await this.#startServer('SELECT 1');
    await this.#makeSchema();
    if (await server.stop(stopGraceMs)) return;
    await server.kill();
    throw new StartError('hang', 'postgres did not stop after set-up', null, this.#log.lines());
  }

  async start(): Promise<void> {
    this.#died = new Promise(() => undefined);
    const old = this.#server;
    this.#server = undefined;
    await old?.kill();
    this.#stopping = false;
    this.#password ??= await readPassword(this.#context.machine);
    const server = await this.#startServer('SELECT value FROM elements LIMIT 1');
    this.#server = server;
    this.#died = this.#deathOf(server);
  }

  async stop(graceMs: number): Promise<boolean> {
    this.#stopping = true;
    return (await this.#server?.stop(graceMs)) ?? true;
  }

  async connect(): Promise<Client> {
    return new PostgresClient(this.#login, this.#context.workload);
  }

  verify(): Promise<Integrity> {
    return checkIntegrity(this.#context.machine, this.#binaries, this.#login, this.#context.workload);
  }

  needle(value: Json): string {
    return needleOf(this.#context.workload, value);
  }

  get #login(): Login {
    if (this.#port === undefined || this.#password === undefined) throw new Error('postgres is not started');
    return { port: this.#port, password: this.#password };
  }

  async #initdb(): Promise<void> {
    const { machine, settings } = this.#context;
    const args = [
      ...['-D', cluster, '-U', superuser, `--pwfile=${passwordFile}`],
      ...['--auth-host=scram-sha-256', '--auth-local=reject', '--encoding=UTF8', '--locale=C'],
      ...(settingOf(settings, 'data_checksums') === 'on' ? ['--data-checksums'] : []),
    ];
    const initdb = join(this.#binaries, 'initdb');
    const { code, stdout, stderr } = await machine.run(initdb, args, { timeoutMs: setupTimeoutMs });
    if (code === 0) return;
    const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
    const complaint = lines.find((line) => /(FATAL|error): /.test(line)) ?? lines.at(-1) ?? '';
    throw new StartError('unrestartable', `initdb failed: ${complaint}`, code, lines.slice(-20));
  }

  async #makeSchema(): Promise<void> {
    const session = await Session.open(this.#login, setupTimeoutMs);
    try {
      await session.query(
        'CREATE TABLE elements (value bigint PRIMARY KEY, tag text NOT NULL)',
        setupTimeoutMs,
      );
      const available = await session.query(
        "SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'",
        setupTimeoutMs,
      );
      if (available.length > 0) await session.query('CREATE EXTENSION amcheck', setupTimeoutMs);
    } finally {
      await session.close();
    }
  }

  async #startServer(probe: string): Promise<PostgresServer> {
    const { machine, settings } = this.#context;
    for (let attempt = 1; ; attempt++) {
      // Without a set-up of its own this is a crash image, which may be booted while its origin lives on.
      if (this.#port === undefined) await this.#choosePort('auto');
      try {
        return await PostgresServer.start({
          machine,
          binaries: this.#binaries,
          login: this.#login,
          arguments: serverArguments(settings),
          log: this.#log,
          probe,
          timeoutMs: startTimeoutMs(settings),
        });
      } catch (error) {
        if (!(error instanceof StartError) || attempt === startAttempts) throw error;
        if (said(error, /could not bind .*Address already in use/)) await this.#portWasTaken();
        else if (said(error, /pre-existing shared memory block/)) await delay(500);
        else throw error;
      }
    }
  }

  async #choosePort(wanted: number | 'auto'): Promise<void> {
    this.#port = await freePort(wanted);
    if (this.#port !== undefined) return;
    throw new UnavailableError(
      `port ${wanted} on 127.0.0.1 is taken by another program: choose another with --set port=N, or leave it out`,
    );
  }

  async #portWasTaken(): Promise<void> {
    const wanted = wantedPort(this.#context.settings);
    await this.#choosePort(this.#port === wanted ? wanted : 'auto');
  }

  /** Resolves when the server ends while it should run; never otherwise. */
  async #deathOf(server: PostgresServer): Promise<Awaited<TargetInstance['died']>> {
    const { code, signal } = await server.exited;
    const alone = signal !== 'SIGKILL' || (await killedAlone(this.#context.machine));
    if (!alone || this.#stopping || server !== this.#server) return new Promise(() => undefined);
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
    return { sentence: `postgres ended by itself (${how})`, lastLines: this.#log.lines() };
  }
}

function binariesFor(user: TargetContext['machine']['user']): string {
  const directory = findBinaries();
  if (directory === undefined)
    throw new UnavailableError('no PostgreSQL server on this computer: apt-get install postgresql');
  if (isReachable(join(directory, 'postgres'), user)) return directory;
  throw new UnavailableError(
    `the PostgreSQL server in ${directory} is out of reach of the unprivileged user that it must run as (uid ${user.uid}): ` +
      'install it where others may enter (apt-get install postgresql), and put that directory first on PATH',
  );
}

function said(error: StartError, pattern: RegExp): boolean {
  return error.lastLines.some((line) => pattern.test(line));
}
