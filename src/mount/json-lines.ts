/** JSON objects, one a line: the form of every channel of a disk process. Bounded, so that a peer cannot fill memory. */

/** Cuts a stream of text into lines. Keeps the pieces of an unfinished line apart: a long line costs its length once. */
export class LineSplitter {
  #pieces: string[] = [];
  #pendingLength = 0;

  readonly limitLength: number;

  constructor(limitLength: number) {
    this.limitLength = limitLength;
  }

  /** The lines that `text` completes, without their ends. Throws when a line passes the limit. */
  push(text: string): string[] {
    const parts = text.split('\n');
    const rest = parts.pop() ?? '';
    if (parts[0] !== undefined) {
      parts[0] = this.#pieces.join('') + parts[0];
      this.#pieces = [];
      this.#pendingLength = 0;
    }
    if (rest !== '') {
      this.#pieces.push(rest);
      this.#pendingLength += rest.length;
    }
    const longest = parts.reduce((length, line) => Math.max(length, line.length), this.#pendingLength);
    if (longest > this.limitLength) throw new Error(`a line is longer than ${this.limitLength} characters`);
    return parts;
  }
}

/** An object that was written as JSON already, by the thread that had it: large ones cross threads faster as text. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** The object that a line holds, or undefined when it holds something else. */
export function parseObject(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined;
  } catch {
    return undefined;
  }
}
