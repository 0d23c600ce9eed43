/**
 * One run of the postmaster: started, waited for until it answers a real query, stopped. How a start fails is told apart: the
 * server ends by itself (unrestartable), it runs but cannot answer (unopenable), it neither ends nor answers (hang).
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Exit, Machine, MachineProcess } from '../../machine/machine.ts';
import { howEnded } from '../driver/channel.ts';
import type { LogTail } from '../log-tail.ts';
import { StartError } from '../target.ts';
import { messageOf } from './client.ts';
import { Session } from './session.ts';
import type { Login } from './session.ts';
import { cluster } from './unsynced.ts';

export interface ServerStart {
  readonly machine: Machine;
  readonly binaries: string;
  readonly login: Login;
  /** `-c name=value` … */
  readonly arguments: readonly string[];
  readonly log: LogTail;
  /** What must be answered: the catalogue before the schema is there, the table afterwards. */
  readonly probe: string;
  readonly timeoutMs: number;
}

const pauseMs = 50;
const probeTimeoutMs = 10_000;
/** An error that is not "not yet" may still pass: a connection that was lost to a restart of the server's own. */
const patience = 5;

export class PostgresServer {
  readonly exited: Promise<Exit>;
  readonly #process: MachineProcess;

  static async start(options: ServerStart): Promise<PostgresServer> {
    const { machine, binaries, login, log } = options;
    log.mark();
    const args = [
      ...['-D', `${machine.directory}/${cluster}`],
      ...['-c', 'listen_addresses=127.0.0.1', '-c', `port=${login.port}`, '-c', 'unix_socket_directories='],
      ...['-c', 'logging_collector=off', '-c', 'log_destination=stderr'],
      ...options.arguments,
    ];
    const output = { file: log.file };
    const child = machine.spawn(join(binaries, 'postgres'), args, { stdout: output, stderr: output });
    const server = new PostgresServer(child);
    try {
      await server.#answer(options);
      return server;
    } catch (error) {
      await server.kill();
      throw error;
    }
  }

  private constructor(child: MachineProcess) {
    this.#process = child;
    this.exited = child.exited;
  }

  /** A fast shutdown, as `pg_ctl stop` makes it: sessions are ended, a checkpoint is taken. True if it ended in time. */
  async stop(graceMs: number): Promise<boolean> {
    if (this.#process.running) this.#process.signal('SIGINT');
    return Promise.race([this.exited.then(() => true), delay(graceMs, false, { ref: false })]);
  }

  async kill(): Promise<void> {
    if (!this.#process.running) return;
    this.#process.signal('SIGKILL');
    await Promise.race([this.exited, delay(10_000, undefined, { ref: false })]);
  }

  async #answer(options: ServerStart): Promise<void> {
    const { login, log, timeoutMs, probe } = options;
    const deadlineMs = performance.now() + timeoutMs;
    let exit: Exit | undefined;
    void this.exited.then((ended) => (exit = ended));
    let said = '';
    for (let refusals = 0; performance.now() < deadlineMs;) {
      if (exit !== undefined) throw exitError(exit, log);
      const leftMs = Math.max(1, deadlineMs - performance.now());
      const complaint = await ask(login, probe, Math.min(probeTimeoutMs, leftMs));
      if (complaint === undefined) return;
      said = complaint.sentence;
      if (!complaint.passing && ++refusals === patience) {
        throw new StartError('unopenable', `postgres runs but does not answer: ${said}`, null, log.lines());
      }
      await Promise.race([this.exited, delay(pauseMs)]);
    }
    if (exit !== undefined) throw exitError(exit, log);
    throw hangError(said, timeoutMs, log);
  }
}

function exitError(exit: Exit, log: LogTail): StartError {
  const lines = log.lines();
  const why = fatalLines(lines).at(-1) ?? lines.at(-1);
  const sentence = `postgres ${howEnded(exit.code, exit.signal)} while it started${why === undefined ? '' : `: ${why}`}`;
  return new StartError('unrestartable', sentence, exit.code, lines);
}

/** A server that keeps dying inside and starting over does not hang: it cannot open what is on the disk. */
function hangError(said: string, timeoutMs: number, log: LogTail): StartError {
  const lines = log.lines();
  const within = `within ${timeoutMs / 1000} s`;
  const why = fatalLines(lines).at(-1);
  if (why !== undefined) {
    return new StartError('unopenable', `postgres did not become ready ${within}: ${why}`, null, lines);
  }
  return new StartError('hang', `postgres did not answer a query ${within} (${said})`, null, lines);
}

/** Without those by which a starting server turns clients away. */
function fatalLines(lines: readonly string[]): string[] {
  return lines
    .filter((line) => /\b(FATAL|PANIC): /.test(line) && !/the database system is/.test(line))
    .map((line) => line.replace(/^.*?\b(?=(FATAL|PANIC): )/, ''));
}

interface Complaint {
  /** True for what a server says that is not ready yet. */
  readonly passing: boolean;
  readonly sentence: string;
}

async function ask(login: Login, probe: string, timeoutMs: number): Promise<Complaint | undefined> {
  let session: Session | undefined;
  try {
    session = await Session.open(login, timeoutMs);
    await session.query(probe, timeoutMs);
    return undefined;
  } catch (error) {
    return { passing: !(error instanceof pg.DatabaseError) || isPassing(error), sentence: messageOf(error) };
  } finally {
    await session?.close();
  }
}

/** Class 57P: shutting down, crashed, starting up. */
function isPassing(error: pg.DatabaseError): boolean {
  return error.code?.startsWith('57P') ?? false;
}
