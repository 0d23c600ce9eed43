/**
 * The frame of a process that serves a disk at one mount point until it is told to quit, its stdin ends, or it is killed.
 * Started with its options as one JSON argument. The first line on stdout says that it listens; failures are one sentence on
 * stderr. However it ends, the mount goes: by itself here, by the shells that mount when it is killed.
 */
import { realpathSync, rmdirSync, rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { ControlServer } from './control-server.ts';
import type { DiskOptions } from './control.ts';
import { controlSocketName, prepareWorkDirectory } from './directories.ts';
import { parseObject } from './json-lines.ts';
import { messageOf } from './mount-errors.ts';
import type { DiskRequest } from './request-checks.ts';
import { settlesWithin } from './time-limit.ts';

/** What a process serves. */
export interface Service {
  handle(request: DiskRequest): Promise<object>;
  /** Lines of the op log must not wait for the next op. */
  flushLog(): void;
  /** Ends the mount whatever its state. Waits at most `patienceMs` for requests at work. */
  end(patienceMs: number): Promise<void>;
  /** Resolves with a sentence when the disk cannot be trusted any more. */
  readonly failed: Promise<string>;
}

/** How a process comes by what it serves, and what takes its mounts away when that does not. */
export interface ServiceMaker {
  /** First of all, while this process is small. Throws a sentence when this computer cannot mount. */
  prepare(): void;
  makeService(): Promise<Service>;
  /** By force: what still runs on the disk gets errors. */
  release(): Promise<void>;
  /** Ends the shells that mount. */
  dismiss(patienceMs: number): Promise<void>;
}

type Options = Pick<DiskOptions, 'mountPoint' | 'workDirectory'>;

/** As sysexits.h: the disk could not be set up; a fault of this program. */
const exitCodes = { unavailable: 69, fault: 70 } as const;
const logFlushIntervalMs = 1_000;
const endPatienceMs = 5_000;
const lastResortMs = 20_000;

/** The whole life of the process. */
export async function serveAsProcess<All extends Options>(
  makerFor: (options: All, socketPath: string) => ServiceMaker,
): Promise<void> {
  let started: ServiceProcess | undefined;
  try {
    const options = parseOptions<All>(process.argv[2]);
    const socketPath = join(options.workDirectory, controlSocketName);
    const own = new ServiceProcess(options, socketPath, makerFor(options, socketPath));
    started = own;
    process.on('uncaughtException', (error) => void own.fail(error.stack ?? error.message));
    await own.start();
  } catch (error) {
    warn(messageOf(error));
    await started?.abandon();
    process.exit(exitCodes.unavailable);
  }
}

/** A sentence for people, on stderr. */
export function warn(sentence: string): void {
  process.stderr.write(`powercut: ${sentence}\n`);
}

class ServiceProcess {
  readonly #options: Options;
  readonly #socketPath: string;
  readonly #maker: ServiceMaker;
  #server: ControlServer | undefined;
  #service: Service | undefined;
  #isEnding = false;

  constructor(options: Options, socketPath: string, maker: ServiceMaker) {
    this.#options = options;
    this.#socketPath = socketPath;
    this.#maker = maker;
  }

  async start(): Promise<void> {
    this.#maker.prepare();
    prepareWorkDirectory(this.#options.workDirectory);
    rmSync(this.#socketPath, { force: true });
    const service = await this.#maker.makeService();
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
    void service.failed.then((sentence) => this.fail(sentence));
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
      await settlesWithin(this.#maker.release(), endPatienceMs);
    }
    await this.#leave(code);
  }

  /** The disk cannot be trusted any more: what still runs on it gets errors. */
  async fail(sentence: string): Promise<void> {
    warn(`the disk at ${this.#options.mountPoint} failed: ${sentence}`);
    if (this.#isEnding) return;
    this.#isEnding = true;
    exitAfter(lastResortMs);
    await settlesWithin(this.#maker.release(), endPatienceMs);
    await this.#leave(exitCodes.fault);
  }

  /** What `start` could not finish. */
  async abandon(): Promise<void> {
    await this.#maker.dismiss(endPatienceMs);
  }

  async #leave(code: number): Promise<void> {
    if (this.#server !== undefined) await settlesWithin(this.#server.close(), endPatienceMs);
    rmSync(this.#socketPath, { force: true });
    removeIfEmpty(this.#options.workDirectory);
    await this.#maker.dismiss(endPatienceMs);
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

function parseOptions<All extends Options>(argument: string | undefined): All {
  const options = parseObject(argument ?? '') as Partial<All> | undefined;
  const { mountPoint, workDirectory } = options ?? {};
  if (options === undefined || typeof mountPoint !== 'string' || typeof workDirectory !== 'string') {
    throw new Error('the disk process is started with its options as one JSON argument');
  }
  if (!isAbsolute(mountPoint) || !isAbsolute(workDirectory))
    throw new Error('directories must be absolute paths');
  return { ...(options as All), mountPoint: realMountPoint(mountPoint) };
}

function realMountPoint(mountPoint: string): string {
  try {
    return realpathSync(mountPoint);
  } catch (error) {
    throw new Error(`the mount point ${mountPoint} cannot be used: ${messageOf(error)}`, { cause: error });
  }
}
