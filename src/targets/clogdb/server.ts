/**
 * One run of clogdb: started, waited for until it answers a read of everything, stopped. How a start fails is told apart: it
 * ends by itself (unrestartable), it runs but refuses (unopenable), it neither ends nor answers (hang).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Exit, Machine, MachineProcess } from '../../machine/machine.ts';
import { howEnded } from '../driver/channel.ts';
import type { LogTail } from '../log-tail.ts';
import { StartError } from '../target.ts';
import { readElements } from './client.ts';
import { Connection, NoAnswer } from './http.ts';

export interface ServerStart {
  readonly machine: Machine;
  readonly command: string;
  readonly args: readonly string[];
  readonly log: LogTail;
  readonly timeoutMs: number;
}

export class ClogdbServer {
  readonly exited: Promise<Exit>;
  readonly #process: MachineProcess;
  #url: string | undefined;

  static async start(options: ServerStart): Promise<ClogdbServer> {
    const { machine, command, args, log } = options;
    log.mark();
    const server = new ClogdbServer(
      machine.spawn(command, args, { stdout: 'pipe', stderr: { file: log.file } }),
    );
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

  get url(): string {
    if (this.#url === undefined) throw new Error('clogdb does not listen yet');
    return this.#url;
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

  async #answer({ log, timeoutMs }: ServerStart): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs;
    const first = await Promise.race([
      this.#listens(),
      this.exited,
      delay(timeoutMs, undefined, { ref: false }),
    ]);
    if (first === undefined) throw hang(`did not listen within ${timeoutMs / 1000} s`, log);
    if (typeof first !== 'string') throw exitError(first, log);
    this.#url = first;
    const connection = new Connection(first);
    try {
      await readElements(connection, Math.max(1, deadlineMs - performance.now()));
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw unopenable((error as Error).message, log);
      if (error.why === 'timeout') throw hang(`did not answer a read within ${timeoutMs / 1000} s`, log);
      // A lost connection is mostly the end of the process, a moment before it is known.
      const exit = await Promise.race([this.exited, delay(1_000, undefined, { ref: false })]);
      throw exit === undefined ? unopenable(error.message, log) : exitError(exit, log);
    } finally {
      connection.close();
    }
  }

  /** The address that it prints when it listens. */
  #listens(): Promise<string> {
    const stdout = this.#process.child.stdout;
    if (stdout === null) throw new Error('the stdout of clogdb is piped');
    let text = '';
    return new Promise((resolve) => {
      stdout.on('data', (chunk: Buffer) => {
        if (text.length < 1_000) text += chunk.toString();
        const [, url] = /listens on (\S+)\n/.exec(text) ?? [];
        if (url !== undefined) resolve(url);
      });
      stdout.on('error', () => undefined);
    });
  }
}

function exitError(exit: Exit, log: LogTail): StartError {
  const lines = log.lines();
  const why = lines.at(-1)?.replace(/^clogdb: /, '');
  const sentence = `clogdb ${howEnded(exit.code, exit.signal)} while it started${why === undefined ? '' : `: ${why}`}`;
  return new StartError('unrestartable', sentence, exit.code, lines);
}

function unopenable(why: string, log: LogTail): StartError {
  return new StartError('unopenable', `clogdb runs but does not answer: ${why}`, null, log.lines());
}

function hang(what: string, log: LogTail): StartError {
  return new StartError('hang', `clogdb ${what}`, null, log.lines());
}
