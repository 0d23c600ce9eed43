/**
 * One running driver process that has said hello. It may end, hang or babble at any time; a process that babbles is killed,
 * because nothing that it says later could be trusted.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Machine, MachineProcess } from '../../machine/machine.ts';
import type { LogTail } from '../log-tail.ts';
import { StartError } from '../target.ts';
import type { Settings } from '../target.ts';
import { DriverChannel } from './channel.ts';
import type { Answer } from './channel.ts';
import { parseHello } from './hello.ts';
import type { Hello } from './hello.ts';
import { hello } from './protocol.ts';
import type { Request } from './protocol.ts';

/** How a driver is started. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface DriverStart {
  readonly machine: Machine;
  /** What sentences call it. */
  readonly name: string;
  readonly launch: Launch;
  readonly workload: string;
  readonly settings: Settings;
  readonly timeoutMs: number;
  /** Receives the driver's stderr. */
  readonly log: LogTail;
}

export class DriverProcess {
  readonly hello: Hello;
  readonly channel: DriverChannel;
  readonly #process: MachineProcess;

  /** Rejects with a StartError unless the driver says a proper hello in time. */
  static async start(options: DriverStart): Promise<DriverProcess> {
    const { machine, launch, log } = options;
    const child = machine.spawn(launch.command, launch.args, {
      cwd: machine.directory,
      env: { POWERCUT_DIRECTORY: machine.directory, ...launch.env },
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: { file: log.file },
    });
    const { stdin, stdout } = child.child;
    if (stdin === null || stdout === null) throw new Error('a driver is spawned with pipes');
    const channel = new DriverChannel({ stdin, stdout, exited: child.exited });
    void channel.whenBroken.then(({ why }) => {
      if (why === 'nonsense') child.signal('SIGKILL');
    });
    const said = await greet(channel, options);
    if (!(said instanceof StartError)) return new DriverProcess(said, channel, child);
    if (child.running) child.signal('SIGKILL');
    throw said;
  }

  private constructor(said: Hello, channel: DriverChannel, child: MachineProcess) {
    this.hello = said;
    this.channel = channel;
    this.#process = child;
  }

  request(request: Request, timeoutMs: number): Promise<Answer> {
    return this.channel.request(request, timeoutMs);
  }

  /** Asks it to finish and to end; true if it ended within `graceMs`. */
  async close(graceMs: number): Promise<boolean> {
    const grace = delay(graceMs, false, { ref: false });
    void this.channel.request({ f: 'close' }, graceMs);
    this.channel.end();
    return Promise.race([this.#process.exited.then(() => true), grace]);
  }

  kill(): void {
    if (this.#process.running) this.#process.signal('SIGKILL');
  }
}

async function greet(channel: DriverChannel, options: DriverStart): Promise<Hello | StartError> {
  const { name, log, timeoutMs } = options;
  const fail = (kind: StartError['class'], what: string, exitCode: number | null = null): StartError =>
    new StartError(kind, `the driver ${name} ${what}`, exitCode, log.lines());
  const answer = await channel.request(hello(options.workload, options.settings), timeoutMs);
  switch (answer.kind) {
    case 'timeout':
      return fail('hang', `did not answer hello within ${timeoutMs / 1000} s`);
    case 'broken': {
      const { why, sentence, exitCode } = answer.broken;
      if (why === 'exit') return fail('unrestartable', `${sentence} before it answered hello`, exitCode);
      return fail('unopenable', sentence);
    }
    case 'reply': {
      const { type, error, fields } = answer.reply;
      if (type !== 'ok') return fail('unopenable', `refused hello: ${error ?? `it answered ${type}`}`);
      const said = parseHello(fields, name);
      return 'wrong' in said ? fail('unopenable', said.wrong) : said;
    }
  }
}
