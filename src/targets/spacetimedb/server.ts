/**
 * One run of the server: started, waited for until it answers, stopped. It opens a database only when it is first asked
 * something of it, so that it counts as started when it has answered a query, not when it answers a ping. How a start
 * fails is told apart: it ends by itself (unrestartable), it runs but refuses (unopenable), it neither ends nor answers (hang).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Exit, Machine, MachineProcess } from '../../machine/machine.ts';
import { howEnded } from '../driver/channel.ts';
import type { LogTail } from '../log-tail.ts';
import { StartError } from '../target.ts';
import { Database, probeElements, Refusal } from './database.ts';
import { host, NoReply } from './http.ts';
import { complaints, lastError, readable } from './said.ts';
import { dataDirectory, keysDirectory } from './unsynced.ts';

export interface ServerStart {
  readonly machine: Machine;
  /** As programs in the machine reach it, and as it is called on this computer. */
  readonly program: string;
  readonly file: string;
  readonly port: number;
  readonly keyDirectory: string;
  /** Flags beside those that every version has. */
  readonly arguments: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly log: LogTail;
  readonly timeoutMs: number;
  /** Of the database that must be open; absent before it is published. */
  readonly token: string | undefined;
}

const pauseMs = 50;
const pingTimeoutMs = 10_000;
/** What it refuses once may pass; what it refuses three times does not. */
const patience = 3;

export class SpacetimedbServer {
  readonly exited: Promise<Exit>;
  readonly #process: MachineProcess;

  static async start(options: ServerStart): Promise<SpacetimedbServer> {
    const { machine, program, file, port, log } = options;
    log.mark();
    const args = [
      ...['start', '--data-dir', `${machine.directory}/${dataDirectory}`],
      ...['--jwt-key-dir', options.keyDirectory, '--listen-addr', `${host}:${port}`],
      ...options.arguments,
    ];
    const output = { file: log.file };
    // Mounted for the machine alone: only a program in the machine can see it there, and start it.
    const [command, words] = program === file ? [program, args] : ['env', [program, ...args]];
    const child = machine.spawn(command, words, {
      env: { NO_COLOR: '1', ...options.env },
      stdout: output,
      stderr: output,
    });
    const server = new SpacetimedbServer(child);
    const database = new Database(port, options.token);
    try {
      await server.#answer(options, database);
      return server;
    } catch (error) {
      await server.kill();
      throw error;
    } finally {
      database.close();
    }
  }

  private constructor(child: MachineProcess) {
    this.#process = child;
    this.exited = child.exited;
  }

  /** True if it ended in time. */
  async stop(graceMs: number): Promise<boolean> {
    if (this.#process.running) this.#process.signal('SIGTERM');
    return Promise.race([this.exited.then(() => true), delay(graceMs, false, { ref: false })]);
  }

  async kill(): Promise<void> {
    if (!this.#process.running) return;
    this.#process.signal('SIGKILL');
    await Promise.race([this.exited, delay(10_000, undefined, { ref: false })]);
  }

  async #answer(options: ServerStart, database: Database): Promise<void> {
    const { log, timeoutMs, token } = options;
    const deadlineMs = performance.now() + timeoutMs;
    let exit: Exit | undefined;
    void this.exited.then((ended) => (exit = ended));
    let [refusals, said, asked] = [0, 'nothing was asked', 'a ping'];
    while (performance.now() < deadlineMs) {
      if (exit !== undefined) throw exitError(exit, log);
      try {
        const leftMs = Math.max(1, deadlineMs - performance.now());
        await database.ping(Math.min(pingTimeoutMs, leftMs));
        if (token === undefined) return;
        asked = 'a query';
        // An answer that takes its time is a recovery, which may use all the time there is.
        await Promise.race([database.sql(probeElements, leftMs), this.exited.then(() => undefined)]);
        if (exit === undefined) return;
      } catch (error) {
        said = error instanceof Error ? error.message : String(error);
        if (!(error instanceof Refusal || error instanceof NoReply)) throw error;
        if (error instanceof Refusal && ++refusals === patience) throw refusalError(error, log);
      }
      await Promise.race([this.exited, delay(pauseMs)]);
    }
    if (exit !== undefined) throw exitError(exit, log);
    const sentence = `spacetimedb did not answer ${asked} within ${timeoutMs / 1000} s (${said})`;
    throw new StartError('hang', sentence, null, readable(log.lines()));
  }
}

function exitError({ code, signal }: Exit, log: LogTail): StartError {
  const lines = readable(log.lines());
  const why = lastError(lines) ?? lines.at(-1);
  const sentence = `spacetimedb ${howEnded(code, signal)} while it started${why === undefined ? '' : `: ${why}`}`;
  return new StartError('unrestartable', `${sentence}${placeOf(why ?? '')}`, code, lines);
}

function refusalError(refusal: Refusal, log: LogTail): StartError {
  return new StartError('unopenable', sentenceOf(refusal), null, complaints(readable(log.lines())));
}

function sentenceOf({ status, message }: Refusal): string {
  const said = `spacetimedb runs but does not serve the database: ${message}${placeOf(message)}`;
  switch (status) {
    case 401:
      return `${said}; it refuses the token that it gave itself: the signing key in ${keysDirectory}/id_ecdsa is not that of before`;
    case 404:
      return `${said}; it does not know a database that was published: it keeps them in ${dataDirectory}/control-db`;
    default:
      return said;
  }
}

/** Where that lies which the server complains of without naming its file. */
function placeOf(complaint: string): string {
  if (/^InvalidKeyFormat/.test(complaint)) return ` (its signing keys are in ${keysDirectory}/id_ecdsa)`;
  if (/program [0-9a-f]{64} not found/.test(complaint))
    return ` (it keeps programs in ${dataDirectory}/program-bytes)`;
  return '';
}
