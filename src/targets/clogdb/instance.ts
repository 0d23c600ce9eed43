/** A clogdb on a machine's disk: made, started, stopped, checked. */
import { join } from 'node:path';
import type { Json } from '../../checkers/history.ts';
import { LogTail } from '../log-tail.ts';
import { needleOf } from '../needle.ts';
import { killedAlone } from '../own-end.ts';
import { reachablePath } from '../reachable.ts';
import { settingOf, startTimeoutMs } from '../settings.ts';
import { StartError } from '../target.ts';
import type { Client, Integrity, Settings, TargetContext, TargetInstance } from '../target.ts';
import { UsageError } from '../usage-error.ts';
import { ClogdbClient, errorOf, readElements } from './client.ts';
import { Connection } from './http.ts';
import { ClogdbServer } from './server.ts';
import { skippedBarriers } from './skipped-barriers.ts';
import { stageClogdb } from './staging.ts';
import { dataDirectory } from './unsynced.ts';

const stopGraceMs = 30_000;
const verifyTimeoutMs = 120_000;
const maxLines = 20;

export class ClogdbInstance implements TargetInstance {
  readonly #context: TargetContext;
  readonly #log: LogTail;
  readonly #timeoutMs: number;
  readonly #arguments: readonly string[];
  #program: string | undefined;
  #server: ClogdbServer | undefined;
  #stopping = false;
  #died: TargetInstance['died'] = new Promise(() => undefined);

  constructor(context: TargetContext) {
    this.#context = context;
    this.#log = new LogTail(join(context.logDirectory, 'clogdb.log'));
    // A setting that cannot be is told before anything is made.
    this.#timeoutMs = startTimeoutMs(context.settings);
    this.#arguments = programArguments(context.settings);
  }

  get died(): TargetInstance['died'] {
    return this.#died;
  }

  async setup(): Promise<void> {
    const server = await this.#startServer();
    if (await server.stop(stopGraceMs)) return;
    await server.kill();
    throw new StartError('hang', 'clogdb did not stop after set-up', null, this.#log.lines());
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
    const isConfirmed = settingOf(this.#context.settings, 'confirmed') === 'true';
    return new ClogdbClient(this.#url, this.#context.workload, isConfirmed);
  }

  /** clogdb reads its log and snapshots again; and an element that it has may still hold what was never written there. */
  async verify(): Promise<Integrity> {
    const method = 'clogdb /v1/verify and the tag of every element';
    const connection = new Connection(this.#url);
    try {
      const { status, body } = await connection.ask('GET', '/v1/verify', verifyTimeoutMs);
      if (status !== 200) return { ok: false, method, lines: [errorOf(status, body)] };
      const { wrong } = body as { readonly wrong: readonly string[] };
      const { workload } = this.#context;
      const tags = (await readElements(connection, verifyTimeoutMs))
        .filter(({ value, tag }) => tag !== needleOf(workload, value))
        .map(({ value, tag }) => `element ${value} has the tag ${JSON.stringify(tag)}`);
      const lines = [...wrong, ...tags];
      return { ok: lines.length === 0, method, lines: lines.slice(0, maxLines) };
    } catch (error) {
      return { ok: false, method, lines: [(error as Error).message] };
    } finally {
      connection.close();
    }
  }

  needle(value: Json): string {
    return needleOf(this.#context.workload, value);
  }

  get #url(): string {
    if (this.#server === undefined) throw new Error('clogdb is not started');
    return this.#server.url;
  }

  async #startServer(): Promise<ClogdbServer> {
    const { machine, runDirectory } = this.#context;
    const command = await reachablePath(machine, process.execPath, runDirectory, false);
    this.#program ??= stageClogdb(runDirectory);
    return ClogdbServer.start({
      machine,
      command,
      args: [this.#program, '--data-dir', join(machine.directory, dataDirectory), ...this.#arguments],
      log: this.#log,
      timeoutMs: this.#timeoutMs,
    });
  }

  /** Resolves when the server ends while it should run; never otherwise. */
  async #deathOf(server: ClogdbServer): Promise<Awaited<TargetInstance['died']>> {
    const { code, signal } = await server.exited;
    const alone = signal !== 'SIGKILL' || (await killedAlone(this.#context.machine));
    if (!alone || this.#stopping || server !== this.#server) return new Promise(() => undefined);
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
    return { sentence: `clogdb ended by itself (${how})`, lastLines: this.#log.lines() };
  }
}

function programArguments(settings: Settings): string[] {
  return [
    ...['--listen', '127.0.0.1:0'],
    ...['--segment-size', positive(settings, 'segment-size')],
    ...['--snapshot-interval', positive(settings, 'snapshot-interval')],
    ...['--skip-barrier', skippedBarriers(settings).join(',')],
  ];
}

function positive(settings: Settings, name: string): string {
  const text = settingOf(settings, name);
  if (/^[1-9]\d{0,8}$/.test(text)) return text;
  throw new UsageError(`${name}: \`${text}\` is not a number from 1 to 999999999`);
}
