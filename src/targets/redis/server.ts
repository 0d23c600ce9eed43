/**
 * One run of the server: started, waited for until it has loaded its data and answers, stopped. How a start fails is told
 * apart: it ends by itself (unrestartable), it runs but refuses (unopenable), it neither ends nor answers (hang).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Exit, Machine, MachineProcess } from '../../machine/machine.ts';
import { howEnded } from '../driver/channel.ts';
import type { LogTail } from '../log-tail.ts';
import { StartError } from '../target.ts';
import { UsageError } from '../usage-error.ts';
import { askAny } from './elements.ts';
import { messageOf, Refusal, Session } from './session.ts';

export interface ServerStart {
  readonly machine: Machine;
  /** As programs in the machine reach it, and as it is called on this computer. */
  readonly program: string;
  readonly file: string;
  readonly configuration: string;
  readonly socketPath: string;
  readonly log: LogTail;
  readonly timeoutMs: number;
}

const pauseMs = 50;
const answerTimeoutMs = 10_000;
/** What it refuses once may pass; what it refuses three times does not. */
const patience = 3;

export class RedisServer {
  readonly exited: Promise<Exit>;
  readonly #process: MachineProcess;

  static async start(options: ServerStart): Promise<RedisServer> {
    const { machine, program, file, log } = options;
    log.mark();
    // Mounted for the machine alone: only a program in the machine can see it there, and start it.
    const [command, words] = program === file ? [program, ['-']] : ['env', [program, '-']];
    const output = { file: log.file };
    const child = machine.spawn(command, words, { stdin: 'pipe', stdout: output, stderr: output });
    child.child.stdin?.end(options.configuration);
    const server = new RedisServer(child);
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

  /** As its documentation stops it: the log is synced, a snapshot is taken. True if it ended in time. */
  async stop(graceMs: number): Promise<boolean> {
    if (this.#process.running) this.#process.signal('SIGTERM');
    return Promise.race([this.exited.then(() => true), delay(graceMs, false, { ref: false })]);
  }

  async kill(): Promise<void> {
    if (!this.#process.running) return;
    this.#process.signal('SIGKILL');
    await Promise.race([this.exited, delay(10_000, undefined, { ref: false })]);
  }

  async #answer(options: ServerStart): Promise<void> {
    const { log, timeoutMs, socketPath } = options;
    const deadlineMs = performance.now() + timeoutMs;
    let exit: Exit | undefined;
    void this.exited.then((ended) => (exit = ended));
    let said = '';
    for (let refusals = 0; performance.now() < deadlineMs;) {
      if (exit !== undefined) throw exitError(exit, log);
      const leftMs = Math.max(1, deadlineMs - performance.now());
      const complaint = await ask(socketPath, Math.min(answerTimeoutMs, leftMs));
      if (complaint === undefined) return;
      said = messageOf(complaint);
      if (isLasting(complaint) && ++refusals === patience) {
        throw new StartError('unopenable', `redis runs but does not answer: ${said}`, null, log.lines());
      }
      await Promise.race([this.exited, delay(pauseMs)]);
    }
    if (exit !== undefined) throw exitError(exit, log);
    const sentence = `redis did not answer within ${timeoutMs / 1000} s (${said})`;
    throw new StartError('hang', sentence, null, log.lines());
  }
}

/** Why it does not answer, or undefined. */
async function ask(socketPath: string, timeoutMs: number): Promise<unknown> {
  let session: Session | undefined;
  try {
    session = await Session.open(socketPath, timeoutMs);
    await session.send(askAny, timeoutMs);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    session?.close();
  }
}

/** Refusals while it loads, or while a script of its own is busy, pass. */
function isLasting(error: unknown): boolean {
  return error instanceof Refusal && !/^(LOADING|BUSY)\b/.test(error.message);
}

function exitError({ code, signal }: Exit, log: LogTail): Error {
  const lines = log.lines();
  const complaint = configurationComplaint(lines);
  if (complaint !== undefined) return new UsageError(`Redis refuses a setting: ${complaint}`);
  const why = lines.findLast((line) => / # /.test(line)) ?? lines.at(-1);
  const sentence = `redis ${howEnded(code, signal)} while it started${why === undefined ? '' : `: ${textOf(why)}`}`;
  return new StartError('unrestartable', sentence, code, lines);
}

/** "*** FATAL CONFIG FILE ERROR …", then the line's number, the line as `>>> '…'`, and what is wrong with it. */
function configurationComplaint(lines: readonly string[]): string | undefined {
  const start = lines.findIndex((line) => line.includes('FATAL CONFIG FILE ERROR'));
  if (start === -1) return undefined;
  const after = lines.slice(start + 1);
  const quoted =
    after
      .find((line) => line.startsWith('>>>'))
      ?.slice(3)
      .trim() ?? '';
  return `${quoted}: ${after.at(-1) ?? ''}`;
}

/** Without pid, time and level: `35:M 01 Jan 2026 00:00:00.000 # text`. */
function textOf(line: string): string {
  return line.replace(/^\d+:\w .*? [.\-*#] /, '');
}
