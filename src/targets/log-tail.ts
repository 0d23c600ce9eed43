/** The last lines that a program wrote to its log since a mark: what a user wants to read when it fails. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

const maxLines = 20;
const maxBytes = 16 * 1024;

export class LogTail {
  readonly file: string;
  #markBytes = 0;

  constructor(file: string) {
    this.file = file;
  }

  /** What is in the log by now belongs to an earlier start. */
  mark(): void {
    this.#markBytes = statSync(this.file, { throwIfNoEntry: false })?.size ?? 0;
  }

  lines(): string[] {
    if (statSync(this.file, { throwIfNoEntry: false }) === undefined) return [];
    const descriptor = openSync(this.file, 'r');
    try {
      const size = fstatSync(descriptor).size;
      const start = Math.max(this.#markBytes, size - maxBytes);
      const bytes = Buffer.alloc(Math.max(0, size - start));
      const length = readSync(descriptor, bytes, 0, bytes.length, start);
      const text = bytes.subarray(0, length).toString('utf8');
      return text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .slice(-maxLines);
    } finally {
      closeSync(descriptor);
    }
  }
}
