/** Cuts a stream of bytes into lines. Bounded: a line that does not end is an error of the sender, not a leak of ours. */
export class LineSplitter {
  readonly #maxLineBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** The lines that `chunk` completes, without their ends; `undefined` once a line is too long: nothing can follow it. */
  push(chunk: Buffer): string[] | undefined {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      if (!this.#keep(chunk.subarray(start, end))) return undefined;
      lines.push(this.take());
      start = end + 1;
    }
    return this.#keep(chunk.subarray(start)) ? lines : undefined;
  }

  /** What came after the last line end. */
  take(): string {
    const text = Buffer.concat(this.#parts).toString('utf8').replace(/\r$/, '');
    this.#parts = [];
    this.#bytes = 0;
    return text;
  }

  #keep(part: Buffer): boolean {
    this.#bytes += part.length;
    if (this.#bytes > this.#maxLineBytes) return false;
    if (part.length > 0) this.#parts.push(part);
    return true;
  }
}
