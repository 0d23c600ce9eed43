/**
 * The disk process: serves one disk at one mount point until it is told to quit, its stdin ends, or it is killed. Started
 * with its options as one JSON argument. The first line on stdout says that it listens; failures are one sentence on
 * stderr. However it ends, the mount goes: by itself here, by the shell of mount-helper.ts when it is killed.
 */
import { realpathSync, rmdirSync, rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { ControlServer } from './control-server.ts';
import type { DiskOptions } from './control.ts';
import { controlSocketName, prepareWorkDirectory } from './directories.ts';
import { DiskService } from './disk-service.ts';
import { parseObject } from './json-lines.ts';
import { messageOf } from './mount-errors.ts';
import { MountHelper } from './mount-helper.ts';
import { mountOptions } from './mount-options.ts';
import { sourcePrefix } from './mount-table.ts';
import { settlesWithin } from './time-limit.ts';
import { WorkerLink } from './worker-link.ts';

/** As sysexits.h: the disk could not be set up; a fault of this program. */
const exitCodes = { unavailable: 69, fault: 70 } as const;
const logFlushIntervalMs = 1_000;
const endPatienceMs = 5_000;
const lastResortMs = 20_000;

class DiskProcess {
  readonly #options: DiskOptions;
  readonly #socketPath: string;
  readonly #helper: MountHelper;
  #server: ControlServer | undefined;
  #service: DiskService | undefined;
  #isEnding = false;

  constructor(options: DiskOptions) {
    this.#options = options;
    this.#socketPath = join(options.workDirectory, controlSocketName);
    this.#helper = new MountHelper(options.mountPoint, sourcePrefix + this.#socketPath, mountOptions);
  }

  async start(): Promise<void> {
    // First of all, while this process is small: see mount-helper.ts.
    this.#helper.prepare();
    prepareWorkDirectory(this.#options.workDirectory);
    rmSync(this.#socketPath, { force: true });
    const worker = await WorkerLink.start(this.#options, () => this.#service?.wake(), warn);
    const service = new DiskService(this.#options, this.#helper, worker);
    this.#service = service;
    this.#server = await ControlServer.listen(this.#socketPath, async (request) => {
      if (this.#isEnding) throw new Error('the disk process is ending');
      const reply = await service.handle(request);
      if (request.name === 'quit') setImmediate(() => void this.end(0));
      return reply;
    });
    setInterval(() => {
      service.flushLog();
    }, logFlushIntervalMs).unref();
    void worker.failed.then((sentence) => this.fail(sentence));
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void this.end(0));
    process.stdin.on('close', () => void this.end(0)).resume();
    process.stdout.on('error', () => undefined);
    process.stdout.write('{"ready":true}\n');
  }

  async end(code: number): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    exitAfter(lastResortMs);
    try {
      await this.#service?.end(endPatienceMs);
    } catch (error) {
      warn(`${messageOf(error)}: taken away by force`);
      await settlesWithin(this.#helper.forceUnmount(), endPatienceMs);
    }
    await this.#leave(code);
  }

  /** The disk cannot be trusted any more: what still runs on it gets errors. */
  async fail(sentence: string): Promise<void> {
    warn(`the disk at ${this.#options.mountPoint} failed: ${sentence}`);
    if (this.#isEnding) return;
    this.#isEnding = true;
    exitAfter(lastResortMs);
    await settlesWithin(this.#helper.forceUnmount(), endPatienceMs);
    await this.#leave(exitCodes.fault);
  }

  /** What `start` could not finish. */
  async abandon(): Promise<void> {
    await this.#helper.end(endPatienceMs);
  }

  async #leave(code: number): Promise<void> {
    if (this.#server !== undefined) await settlesWithin(this.#server.close(), endPatienceMs);
    rmSync(this.#socketPath, { force: true });
    removeIfEmpty(this.#options.workDirectory);
    await this.#helper.end(endPatienceMs);
    process.exit(code);
  }
}

/** Whoever started this process may be dead; then nobody else takes its directory away. */
function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Somebody else's things are in it, or it is gone already.
  }
}

/** A thread that blocks in the kernel keeps even process.exit waiting. */
function exitAfter(limitMs: number): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), limitMs).unref();
}

function warn(sentence: string): void {
  process.stderr.write(`powercut: ${sentence}\n`);
}

function parseOptions(argument: string | undefined): DiskOptions {
  const options = parseObject(argument ?? '') as Partial<DiskOptions> | undefined;
  const { mountPoint, workDirectory } = options ?? {};
  if (options === undefined || typeof mountPoint !== 'string' || typeof workDirectory !== 'string') {
    throw new Error('the disk process is started with its options as one JSON argument');
  }
  if (!isAbsolute(mountPoint) || !isAbsolute(workDirectory))
    throw new Error('directories must be absolute paths');
  return { ...(options as DiskOptions), mountPoint: realMountPoint(mountPoint) };
}

function realMountPoint(mountPoint: string): string {
  try {
    return realpathSync(mountPoint);
  } catch (error) {
    throw new Error(`the mount point ${mountPoint} cannot be used: ${messageOf(error)}`, { cause: error });
  }
}

let disk: DiskProcess | undefined;
try {
  disk = new DiskProcess(parseOptions(process.argv[2]));
  const started = disk;
  process.on('uncaughtException', (error) => void started.fail(error.stack ?? error.message));
  await disk.start();
} catch (error) {
  warn(messageOf(error));
  await disk?.abandon();
  process.exit(exitCodes.unavailable);
}
