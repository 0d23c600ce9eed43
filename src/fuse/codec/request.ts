/**
 * A request of the kernel, seen through its buffer: nothing is decoded before it is asked for, nothing is copied. The
 * session reads every request into the same Request, so a view into it (data, names are copies) is valid only until the
 * next read; what is kept longer is a `copy()`. Reading never throws and never leaves the buffer, whatever was sent.
 */
import { inHeader } from './layout.ts';
import { readI64, readU64 } from './words.ts';

/** Who asks, as the kernel says it. pid 0: the kernel itself, writing back cached pages. */
export interface Caller {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

export class Request implements Caller {
  readonly bytes: Buffer;
  /** The same memory as a plain array: `slice` of a Buffer does not copy, and a receiver who wants a copy would be fooled. */
  readonly #octets: Uint8Array;
  readonly #words: Uint32Array;
  /** Bytes of the buffer that are the message. */
  length = 0;

  /** @param capacityBytes a multiple of 8, at least a header */
  constructor(capacityBytes: number) {
    const memory = new ArrayBuffer(capacityBytes);
    this.bytes = Buffer.from(memory);
    this.#octets = new Uint8Array(memory);
    this.#words = new Uint32Array(memory);
  }

  /** A request of its own with the same message. */
  copy(): Request {
    const copy = new Request(Math.max(inHeader.sizeBytes, (this.length + 7) & ~7));
    this.bytes.copy(copy.bytes, 0, 0, this.length);
    copy.length = this.length;
    return copy;
  }

  /** True when the header is whole and agrees with what was read. */
  get isWellFormed(): boolean {
    return this.length >= inHeader.sizeBytes && this.#words[inHeader.len >>> 2] === this.length;
  }

  get opcode(): number {
    return this.#words[inHeader.opcode >>> 2]!;
  }
  get nodeId(): number {
    return readU64(this.#words, inHeader.nodeid);
  }
  get uid(): number {
    return this.#words[inHeader.uid >>> 2]!;
  }
  get gid(): number {
    return this.#words[inHeader.gid >>> 2]!;
  }
  get pid(): number {
    return this.#words[inHeader.pid >>> 2]!;
  }
  /** The halves of the number that the reply must repeat; as a whole it may exceed 2^53. */
  get uniqueLow(): number {
    return this.#words[inHeader.unique >>> 2]!;
  }
  get uniqueHigh(): number {
    return this.#words[(inHeader.unique >>> 2) + 1]!;
  }

  /** Bytes after the header. */
  get argumentBytes(): number {
    return this.length - inHeader.sizeBytes;
  }
  /** A field of the arguments. The caller has made sure that the message reaches that far. */
  u32(offset: number): number {
    return this.#words[(inHeader.sizeBytes + offset) >>> 2]!;
  }
  u64(offset: number): number {
    return readU64(this.#words, inHeader.sizeBytes + offset);
  }
  i64(offset: number): number {
    return readI64(this.#words, inHeader.sizeBytes + offset);
  }

  /**
   * The NUL-terminated string at an offset of the arguments, one character a byte so that any bytes survive. Undefined
   * when it is empty or its NUL is missing: no name, target or attribute of a file system is.
   */
  string(offset: number): string | undefined {
    const start = inHeader.sizeBytes + offset;
    const end = this.bytes.indexOf(0, start);
    if (end <= start || end >= this.length) return undefined;
    return this.bytes.toString('latin1', start, end);
  }

  /** A view of argument bytes, or undefined when the message is shorter. */
  data(offset: number, length: number): Uint8Array | undefined {
    const start = inHeader.sizeBytes + offset;
    if (start + length > this.length) return undefined;
    return this.#octets.subarray(start, start + length);
  }
}
