/** Runs a program in a machine to its end and keeps what it said, within bounds of time and memory. */
import type { Readable } from 'node:stream';
import { within } from './deadline.ts';
import type { Exit, Machine, SpawnOptions } from './machine.ts';
import { spawnIn } from './process.ts';
import type { EnteredProcess, Place } from './process.ts';
import { UnavailableError } from './unavailable.ts';

type RunOptions = NonNullable<Parameters<Machine['run']>[2]>;
type RunResult = Awaited<ReturnType<Machine['run']>>;

/** More output than this is an accident. */
const outputBytesMax = 64 * 1024 * 1024;
/** What a program wrote is in the pipe when it ends; a daemon that it left behind may keep the pipe open for ever. */
const drainMs = 500;

export async function runIn(
  place: Place,
  command: string,
  args: readonly string[],
  options: RunOptions = {},
  started: (program: EnteredProcess) => void = () => undefined,
): Promise<RunResult> {
  const stdin = options.input === undefined ? (options.stdin ?? 'ignore') : 'pipe';
  const program = spawnIn(place, command, args, { ...options, stdin });
  started(program);
  const output = collect(program.child.stdout, program);
  const errors = collect(program.child.stderr, program);
  program.child.stdin?.end(options.input ?? '');

  const shown = [command, ...args].join(' ').slice(0, 200);
  const last = (): string => tail(errors.text() || output.text());
  const exit = await ending(program, options.timeoutMs);
  await within(Promise.all([output.ended, errors.ended]), drainMs);
  program.child.stdout?.destroy();
  program.child.stderr?.destroy();
  if (exit === 'timeout') {
    throw new Error(
      `${shown} did not end within ${options.timeoutMs} ms and was killed; it said last: ${last()}`,
    );
  }
  if (output.overflow() || errors.overflow()) {
    throw new Error(
      `${shown} wrote more than ${outputBytesMax} bytes and was killed; it said last: ${last()}`,
    );
  }
  const refusal = refusalIn(exit, errors.text());
  if (refusal !== undefined) {
    const { cwd = place.directory } = options;
    throw new UnavailableError(`cannot start ${command} in ${cwd} as ${runsAs(place, options)}: ${refusal}`);
  }
  return { ...exit, stdout: output.text(), stderr: errors.text() };
}

async function ending(program: EnteredProcess, timeoutMs: number | undefined): Promise<Exit | 'timeout'> {
  if (timeoutMs === undefined) return program.exited;
  const exit = await within(program.exited, timeoutMs);
  if (exit === 'timeout') program.destroy();
  return exit;
}

interface Collected {
  text(): string;
  overflow(): boolean;
  readonly ended: Promise<void>;
}

function collect(stream: Readable | null, program: EnteredProcess): Collected {
  if (stream === null) return { text: () => '', overflow: () => false, ended: Promise.resolve() };
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= outputBytesMax) chunks.push(chunk);
    else program.destroy();
  });
  const ended = new Promise<void>((resolve) => {
    stream.once('close', resolve);
    stream.once('error', () => resolve());
  });
  return { text: () => Buffer.concat(chunks).toString('utf8'), overflow: () => size > outputBytesMax, ended };
}

/** What the tools that lead to the program say when it cannot be executed. */
function refusalIn(exit: Exit, errors: string): string | undefined {
  if (exit.code === 1) return /^nsenter: (.*)$/m.exec(errors)?.[1];
  if (exit.code !== 126 && exit.code !== 127) return undefined;
  return /^(?:setpriv: failed to execute|powercut-enter: (?:line )?\d+:) (.*)$/m.exec(errors)?.[1];
}

function runsAs(place: Place, options: SpawnOptions): string {
  return options.privileged ? 'root' : `user ${place.user.uid}`;
}

function tail(text: string): string {
  return text.trim().split('\n').slice(-10).join('\n').slice(-2000) || 'nothing';
}
