/**
 * Starts a disk process, in the caller's mount namespace, and holds its control channel. The disk process ends with its
 * caller: the kernel kills it (setpriv --pdeathsig), and where that is missing it ends when its stdin does.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ControlClient } from './control-client.ts';
import type { DiskControl, DiskOptions } from './control.ts';
import { controlSocketName } from './directories.ts';
import { findProgram } from './find-program.ts';
import { LineSplitter } from './json-lines.ts';
import { UnavailableError } from './mount-errors.ts';
import { settlesWithin } from './time-limit.ts';

const lineLimitLength = 64 * 1024;
const quitTimeoutMs = 30_000;
/** Invalidation and wake calls wait in the pool; they must not starve each other. */
const poolThreads = '16';

/** The disk is empty and not mounted yet. Rejects with a sentence when it cannot be. */
export function startDisk(options: DiskOptions): Promise<DiskControl> {
  return startDiskProcess(options, compiledFile(import.meta.url, 'disk-process.js'));
}

type ProcessOptions = Pick<DiskOptions, 'mountPoint' | 'workDirectory' | 'opLogFile'>;

/** The same for any process that speaks as a disk does: its options are its one argument, in JSON. */
export async function startDiskProcess<Options extends ProcessOptions>(
  options: Options,
  entryFile: string,
): Promise<DiskControl> {
  const absolute: Options = {
    ...options,
    mountPoint: resolve(options.mountPoint),
    workDirectory: resolve(options.workDirectory),
    ...(options.opLogFile === undefined ? {} : { opLogFile: resolve(options.opLogFile) }),
  };
  const diskProcess = new StartedProcess(absolute, entryFile);
  await diskProcess.ready();
  const client = await ControlClient.connect(join(absolute.workDirectory, controlSocketName));
  return {
    mountPoint: absolute.mountPoint,
    request: (name, params) => client.request(name, params),
    ended: diskProcess.ended,
    close: async () => {
      await diskProcess.quit(client);
      client.close();
    },
  };
}

class StartedProcess {
  readonly #child: ChildProcess;
  readonly #mountPoint: string;
  #lastWords = '';
  #isQuitting = false;
  #isReady = false;
  readonly ended: Promise<string>;

  constructor(options: ProcessOptions, entryFile: string) {
    this.#mountPoint = options.mountPoint;
    const [command, ...args] = [...dyingWithParent(), process.execPath, entryFile, JSON.stringify(options)];
    this.#child = spawn(command!, args, {
      // A session of its own: Ctrl-C is the caller's to handle, who ends the disk last.
      detached: true,
      cwd: '/',
      env: { ...process.env, UV_THREADPOOL_SIZE: poolThreads },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stdin?.on('error', () => undefined);
    if (this.#child.stderr !== null) onLines(this.#child.stderr, (line) => this.#hear(line));
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        resolve(`the disk process cannot be started: ${error.message}`);
      });
      this.#child.once('close', (code, signal) => {
        resolve(this.#obituary(code, signal));
      });
    });
  }

  async ready(): Promise<void> {
    const { stdout } = this.#child;
    const firstLine = new Promise<true>((resolve) => {
      if (stdout !== null) onLines(stdout, () => resolve(true));
    });
    const outcome = await Promise.race([firstLine, this.ended]);
    if (outcome !== true) throw new UnavailableError(this.#lastWords || outcome);
    this.#isReady = true;
  }

  async quit(client: ControlClient): Promise<void> {
    this.#isQuitting = true;
    // Either it answers, or it is gone, or its stdin ends and it unmounts by itself.
    await settlesWithin(client.request('quit'), quitTimeoutMs);
    this.#child.stdin?.end();
    if (await settlesWithin(this.ended, quitTimeoutMs)) return;
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  #hear(line: string): void {
    this.#lastWords = line.replace(/^powercut: /, '');
    if (this.#isReady) process.stderr.write(`${line}\n`);
  }

  #obituary(code: number | null, signal: string | null): string {
    const subject = `the disk process of ${this.#mountPoint}`;
    if (this.#isQuitting && code === 0) return `${subject} has quit`;
    const how = signal === null ? `ended with exit code ${String(code)}` : `was killed by ${signal}`;
    return this.#lastWords === '' ? `${subject} ${how}` : `${subject} ${how}: ${this.#lastWords}`;
  }
}

function onLines(stream: Readable, listen: (line: string) => void): void {
  const splitter = new LineSplitter(lineLimitLength);
  stream.setEncoding('utf8').on('data', (text: string) => {
    for (const line of splitter.push(text)) if (line !== '') listen(line);
  });
}

/** A compiled file beside a module, also when the module runs from its source: what is started anew cannot load TypeScript. */
export function compiledFile(moduleUrl: string, name: string): string {
  const compiled = moduleUrl.endsWith('.ts')
    ? moduleUrl.replace(/\/src\/([^/]*\/[^/]*)$/, '/dist/$1')
    : moduleUrl;
  return fileURLToPath(new URL(`./${name}`, compiled));
}

function dyingWithParent(): string[] {
  return findProgram('setpriv') === undefined ? [] : ['setpriv', '--pdeathsig', 'KILL'];
}
