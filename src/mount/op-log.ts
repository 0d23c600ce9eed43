/**
 * The op log: every op of a disk as a line of JSON, in order. It lies on the hot path of every write, so lines are put
 * together by hand and leave in large pieces; a full or broken log ends the log, never the disk.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Op } from '../disk/op.ts';
import { messageOf } from './mount-errors.ts';

const pieceLength = 64 * 1024;
const flushAfterMs = 1000;

export class OpLog {
  readonly #file: string;
  #descriptor: number | undefined;
  #pending = '';
  #flushedMs = 0;
  #lastPath = '';
  #lastPathJson = '""';
  readonly #onFailure: (sentence: string) => void;
  readonly #isPending: Int32Array;

  /** Appends to `file`, readable by its owner only. `isPending[0]` tells other threads whether lines are held back. */
  constructor(
    file: string,
    onFailure: (sentence: string) => void,
    isPending: Int32Array = new Int32Array(1),
  ) {
    this.#file = file;
    this.#descriptor = openSync(file, 'a', 0o600);
    this.#onFailure = onFailure;
    this.#isPending = isPending;
  }

  add(op: Op, process: string | undefined): void {
    if (this.#descriptor === undefined) return;
    this.#pending += this.#line(op, process);
    this.#isPending[0] = 1;
    if (this.#pending.length >= pieceLength || op.timeMs - this.#flushedMs >= flushAfterMs)
      this.flush(op.timeMs);
  }

  flush(nowMs: number): void {
    this.#flushedMs = nowMs;
    if (this.#pending === '' || this.#descriptor === undefined) return;
    const bytes = Buffer.from(this.#pending);
    this.#pending = '';
    this.#isPending[0] = 0;
    try {
      for (let offset = 0; offset < bytes.length;) offset += writeSync(this.#descriptor, bytes, offset);
    } catch (error) {
      this.#onFailure(`the op log ${this.#file} ends here, the disk goes on: ${messageOf(error)}`);
      this.close(nowMs);
    }
  }

  close(nowMs: number): void {
    this.flush(nowMs);
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #line(op: Op, process: string | undefined): string {
    // Consecutive ops are mostly on one file: quoting its path is the dearest part of a line.
    if (op.path !== this.#lastPath) {
      this.#lastPath = op.path;
      this.#lastPathJson = JSON.stringify(op.path);
    }
    let line = `{"number":${op.number},"kind":"${op.kind}","timeMs":${op.timeMs.toFixed(3)},"pid":${op.pid}`;
    if (process !== undefined) line += `,"process":${JSON.stringify(process)}`;
    line += `,"ino":${op.ino},"path":${this.#lastPathJson}`;
    if (op.toPath !== undefined) line += `,"toPath":${JSON.stringify(op.toPath)}`;
    if (op.offset !== undefined) line += `,"offset":${op.offset}`;
    if (op.length !== undefined) line += `,"length":${op.length}`;
    return `${line}}\n`;
  }
}
