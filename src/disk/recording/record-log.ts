/**
 * The log of a recorder, in columns: there is an entry for every write of a program, so that each is a slot in blocks of arrays and no
 * object of its own. What it says of an op beyond the op itself is a mark, a number and a detail; as profiles read it, it is put
 * together when somebody asks (recorded.ts).
 *
 * Entries of the bytes and the size of one file are chained, the newest first, until a barrier has covered them: then they are gone, or
 * a touch, and the chain with them.
 */
import type { Attributes } from '../face.ts';
import { NumberTable } from '../number-table.ts';
import type { Op } from '../op.ts';
import { placesOf, type LoggedOp } from '../persistence/crash-log.ts';
import { nowhere, type Place } from '../place.ts';
import type { KeptBytes } from './kept-bytes.ts';

/** What an entry is, and with it what its detail and its number are. */
export const marks = {
  /** Part of the base, and no barrier could cover it any more. */
  gone: 0,
  /** A write: the detail is its bytes, the number says where they begin (kept-bytes.ts). */
  write: 1,
  /** Another data op: the detail is a LoggedOp. */
  resize: 2,
  /** A file was made: the detail is its place, the number its mode. */
  made: 3,
  /** Another op on names: the detail is a LoggedOp. */
  names: 4,
  /** The detail are AttributeDetails. */
  attributes: 5,
  fsync: 6,
  fdatasync: 7,
  /** What is left of the newest data op of a file that changed metadata, and of its newest punch that gave nothing back. */
  dataTouch: 8,
  zeroingTouch: 9,
  /** What is left of another op: the detail is a Touch. */
  touch: 10,
  /** The close of a file whose write is not needed any more. */
  close: 11,
} as const;

export type Mark = (typeof marks)[keyof typeof marks];

export interface AttributeDetails {
  readonly logged: LoggedOp;
  /** All of them as the op left them. */
  readonly attributes: Attributes;
}

export type Detail = KeptBytes | LoggedOp | Place | AttributeDetails | undefined;

/** Of a data op: it changed no metadata; the file was closed after it, and what that submitted has reached the device. */
export const inPlace = 16;
export const closed = 32;
export const reached = 64;
const markBits = 15;

export const none = -1;
const blockLength = 256;

interface Block {
  readonly ops: (Op | undefined)[];
  readonly details: Detail[];
  readonly marks: Uint8Array;
  readonly numbers: Int32Array;
  /** Of data ops: the one before of the same file. */
  readonly previous: Int32Array;
}

export class RecordLog {
  readonly #blocks: Block[] = [];
  #length = 0;
  /** By file: its newest data op. */
  #newest = new NumberTable();
  #counts = new Int32Array(markBits + 1);

  get length(): number {
    return this.#length;
  }

  /** Entries that an image could show, as far as no barrier covered them. */
  get changes(): number {
    return this.dataOps + this.nameOps + this.attributeOps;
  }
  get dataOps(): number {
    return this.#counts[marks.write]! + this.#counts[marks.resize]!;
  }
  get nameOps(): number {
    return this.#counts[marks.made]! + this.#counts[marks.names]!;
  }
  get attributeOps(): number {
    return this.#counts[marks.attributes]!;
  }

  get barriers(): number {
    return this.#counts[marks.fsync]! + this.#counts[marks.fdatasync]!;
  }

  op(index: number): Op {
    return this.#block(index).ops[index % blockLength]!;
  }
  mark(index: number): Mark {
    return (this.#block(index).marks[index % blockLength]! & markBits) as Mark;
  }
  has(index: number, flag: number): boolean {
    return (this.#block(index).marks[index % blockLength]! & flag) !== 0;
  }
  number(index: number): number {
    return this.#block(index).numbers[index % blockLength]!;
  }
  detail(index: number): Detail {
    return this.#block(index).details[index % blockLength];
  }
  /** The data op before this one of the same file, or `none`. */
  previous(index: number): number {
    return this.#block(index).previous[index % blockLength]!;
  }

  /** The newest data op of the file that no barrier covered, or `none`. */
  newest(ino: number): number {
    return this.#newest.get(ino) ?? none;
  }

  /** Files with such ops. */
  files(): number[] {
    return this.#newest.inodes();
  }

  add(op: Op, mark: Mark, detail: Detail = undefined, number = 0, flags = 0): void {
    const index = this.#length++;
    if (index === this.#blocks.length * blockLength) this.#blocks.push(emptyBlock());
    const block = this.#block(index);
    const slot = index % blockLength;
    block.ops[slot] = op;
    block.details[slot] = detail;
    block.marks[slot] = mark | flags;
    block.numbers[slot] = number;
    this.#counts[mark]!++;
    if (!isData(mark)) return;
    block.previous[slot] = this.newest(op.ino);
    this.#newest.set(op.ino, index);
  }

  /** An entry of another log, as it is there. */
  addFrom(log: RecordLog, index: number): void {
    const flags = log.#block(index).marks[index % blockLength]! & ~markBits;
    this.add(log.op(index), log.mark(index), log.detail(index), log.number(index), flags);
  }

  flag(index: number, flag: number): void {
    this.#block(index).marks[index % blockLength]! |= flag;
  }

  /** The entry is something else from now on, without a detail. Of a data op that leaves the chain as it is. */
  become(index: number, mark: Mark): void {
    const block = this.#block(index);
    const slot = index % blockLength;
    this.#counts[this.mark(index)]!--;
    this.#counts[mark]!++;
    block.marks[slot] = mark | (block.marks[slot]! & ~markBits);
    block.details[slot] = undefined;
    if (mark === marks.gone) block.ops[slot] = undefined;
  }

  /** The data ops of the file have become something else. */
  unchain(ino: number): void {
    this.#newest.delete(ino);
  }

  clear(): void {
    // The first block stays: between two barriers most logs are short.
    if (this.#blocks.length > 1) this.#blocks.length = 1;
    const [block] = this.#blocks;
    block?.ops.fill(undefined, 0, this.#length);
    block?.details.fill(undefined, 0, this.#length);
    this.#length = 0;
    this.#newest.clear();
    this.#counts.fill(0);
  }

  clone(): RecordLog {
    const copy = new RecordLog();
    for (const { ops, details, marks, numbers, previous } of this.#blocks) {
      copy.#blocks.push({
        ops: ops.slice(),
        details: details.slice(),
        marks: marks.slice(),
        numbers: numbers.slice(),
        previous: previous.slice(),
      });
    }
    copy.#length = this.#length;
    copy.#newest = this.#newest.clone();
    copy.#counts = this.#counts.slice();
    return copy;
  }

  #block(index: number): Block {
    return this.#blocks[Math.floor(index / blockLength)]!;
  }
}

function isData(mark: Mark): boolean {
  return mark === marks.write || mark === marks.resize;
}

/** The entries of directories that the op at `index` of the log changed. */
export function placesAt(log: RecordLog, index: number): readonly Place[] {
  const mark = log.mark(index);
  if (mark === marks.made) return [log.detail(index) as Place];
  return mark === marks.names ? placesOf(log.detail(index) as LoggedOp) : nowhere;
}

function emptyBlock(): Block {
  return {
    ops: new Array<Op | undefined>(blockLength).fill(undefined),
    details: new Array<Detail>(blockLength).fill(undefined),
    marks: new Uint8Array(blockLength),
    numbers: new Int32Array(blockLength),
    previous: new Int32Array(blockLength),
  };
}
