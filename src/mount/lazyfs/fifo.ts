/**
 * The FIFOs by which LazyFS is told what to do, and tells that it is done. Reads whatever is written, however it is cut;
 * never blocks, neither for a writer nor for a reader that is not there.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, lstatSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { errorCode, UsageError } from '../mount-errors.ts';
import { CommandLines } from './commands.ts';

/** How long a line without an end may wait for it. */
const restPatienceMs = 100;

/** True when it was made; false when it was there. Throws a sentence when it is something else. */
export function provideFifo(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isFIFO() === true) return false;
  if (found !== undefined) throw new UsageError(`${path} is no FIFO: remove it, or name another place`);
  const { status, stderr } = spawnSync('mkfifo', ['--', path], { encoding: 'utf8' });
  if (status !== 0)
    throw new UsageError(`the FIFO ${path} cannot be made: ${stderr.trim() || 'mkfifo is missing'}`);
  return true;
}

/** Each line is handed over in order; `close` ends it. */
export function readFifo(path: string, hear: (line: string) => void): { close(): void } {
  // Also for writing, so that it does not end with its last writer.
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const socket = new Socket({ fd: descriptor, readable: true, writable: false });
  const lines = new CommandLines();
  let timer: NodeJS.Timeout | undefined;
  const flush = () => lines.takeRest().forEach(hear);
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    clearTimeout(timer);
    lines.push(text).forEach(hear);
    if (lines.hasRest) timer = setTimeout(flush, restPatienceMs);
  });
  socket.on('error', () => undefined);
  return {
    close: () => {
      clearTimeout(timer);
      socket.destroy();
    },
  };
}

/** Says that commands are done, to whoever reads; nobody may. Stays open for one reader, so that it does not end for it. */
export class CompletionFifo {
  readonly #path: string;
  #descriptor: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  tell(line: string): void {
    // A reader that went away is known by the write that fails; there may be another one.
    if (!this.#write(line)) this.#write(line);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #write(line: string): boolean {
    try {
      this.#descriptor ??= openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK);
      writeSync(this.#descriptor, `${line}\n`);
      return true;
    } catch (error) {
      // A pipe that is full has a reader who does not read.
      if (errorCode(error) === 'EAGAIN') return true;
      this.close();
      return false;
    }
  }
}
