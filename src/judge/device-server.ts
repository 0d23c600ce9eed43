/**
 * The bench, served: mounts its files in a directory and hands commands through. Commands are synchronous, as the writes of
 * the control file that they are. Only inside a box (machine/box.ts), which takes the mount away however this process ends.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { once } from 'node:events';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { deviceError, mountError } from '../mount/mount-errors.ts';
import { mountOptions } from '../mount/mount-options.ts';
import type { BenchAnswer, BenchCommand } from './device-bench.ts';
import { controlFileName } from '../device/device-files.ts';
import type { DeviceWorkerStart } from './device-worker.ts';

type Said = BenchAnswer & { readonly refusal?: string; readonly fault?: string };

export class DeviceServer {
  readonly directory: string;
  readonly #port: MessagePort;
  readonly #control: number;
  readonly #worker: Worker;
  readonly #descriptor: number;

  private constructor(directory: string, descriptor: number, worker: Worker, port: MessagePort) {
    this.directory = directory;
    this.#descriptor = descriptor;
    this.#worker = worker;
    this.#port = port;
    this.#control = openSync(this.controlFile, 'r+');
  }

  /** Rejects with a sentence where FUSE cannot be mounted. */
  static async start(directory: string): Promise<DeviceServer> {
    const descriptor = openDevice();
    const { port1, port2 } = new MessageChannel();
    const start: DeviceWorkerStart = { descriptor, port: port2 };
    const worker = new Worker(workerFile(), { workerData: start, transferList: [port2] });
    // Whoever touches a mount that nobody serves waits for ever: the thread must have come up.
    await once(worker, 'message');
    worker.unref();
    port1.unref();
    mountFiles(directory, descriptor);
    worker.postMessage('serve');
    return new DeviceServer(directory, descriptor, worker, port1);
  }

  get controlFile(): string {
    return join(this.directory, controlFileName);
  }

  file(device: string): string {
    return join(this.directory, device);
  }

  command(command: BenchCommand): BenchAnswer {
    writeSync(this.#control, JSON.stringify(command), 0);
    const said = (receiveMessageOnPort(this.#port) as { readonly message: Said } | undefined)?.message;
    if (said === undefined) throw new Error(`the bench gave no answer to ${command.do}`);
    const problem = said.fault ?? said.refusal;
    if (problem !== undefined) throw new Error(`${command.do} ${command.device}: ${problem}`);
    return said;
  }

  /**
   * Unmounts; whatever stands on the devices must be gone by now. By force, which aborts the connection: a file that is still open
   * somewhere would keep it, and the thread in its read, and a process cannot end before its threads.
   */
  async end(): Promise<void> {
    closeSync(this.#control);
    spawnSync('umount', ['-i', '-f', '-l', this.directory], { cwd: '/' });
    await this.#worker.terminate();
    closeSync(this.#descriptor);
  }
}

function openDevice(): number {
  try {
    return openSync('/dev/fuse', 'r+');
  } catch (error) {
    throw deviceError(error);
  }
}

function mountFiles(directory: string, descriptor: number): void {
  const options = ['fd=3', ...mountOptions].join(',');
  const { status, stderr } = spawnSync(
    'mount',
    ['-i', '-t', 'fuse', '-o', options, '--', 'powercut-judge', directory],
    { cwd: '/', stdio: ['ignore', 'ignore', 'pipe', descriptor], encoding: 'utf8' },
  );
  if (status !== 0) throw mountError(directory, stderr);
}

/** The compiled file, also when this module runs from its source: a worker cannot load TypeScript. */
function workerFile(): string {
  const here = import.meta.url;
  const compiled = here.endsWith('.ts') ? here.replace(/\/src\/(judge\/[^/]*)$/, '/dist/$1') : here;
  return fileURLToPath(new URL('./device-worker.js', compiled));
}
