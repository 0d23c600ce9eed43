/**
 * The recorder of a disk: what a power cut could leave, beyond the two faces. It keeps the log of ops that no barrier covered, with
 * their payload, so that any profile can say what of them may survive; the durable face is the base of that log. What `strict`
 * makes durable, every profile does, so a barrier takes its ops out of the log: it costs what is un-synced, never what was written.
 *
 * Invariant: of an inode on which the two faces differ, the log has an op. It never changes the disk.
 */
import { placesOf, type DataOp, type LoggedOp } from '../persistence/crash-log.ts';
import type { Attributes } from '../face.ts';
import type { Inode } from '../inode.ts';
import type { InodeTable } from '../inode-table.ts';
import type { Op } from '../op.ts';
import type { Place } from '../place.ts';
import { fold } from './fold.ts';
import { BytesKeeper, type KeptBytes } from './kept-bytes.ts';
import { closed, inPlace, marks, none, reached, RecordLog, type Detail, type Mark } from './record-log.ts';
import { recordedIn, type Recorded } from './recorded.ts';
import { Settlements } from './settlements.ts';
import { superseded } from './superseded.ts';

/** Each costs some 150 bytes. A program that never syncs a directory, and makes names all the time, would go on for ever. */
const maxOps = 1_000_000;
/** Between two foldings the log may double; a short one is not worth it. */
const foldsFrom = 4096;
/** Nor where nothing is un-synced, so that hardly anything of it is left: but then a short log is a fast one. */
const settledFoldsFrom = 64;
/** Bytes that were submitted reach a device in milliseconds, unless it is very busy. */
const arrivalMs = 100;
/** Bytes of writes are pages of files, and cost nothing by themselves, until they are overwritten. */
const thinsFromBytes = 64 * 1024 * 1024;

export class Recorder {
  readonly #table: InodeTable;
  readonly #keeper: BytesKeeper;
  #log = new RecordLog();
  /** Empty: the next one. */
  #spare = new RecordLog();
  /** Files that were cut to nothing. */
  readonly #emptied = new Set<number>();
  /** Those of them of the last close of which nothing is known but that it was. */
  readonly #closing = new Set<number>();
  #settled = new Settlements();
  /** The number of the last op. */
  #last = 0;
  #foldAt = foldsFrom;
  #settledFoldAt = settledFoldsFrom;
  /** What the log's writes keep, and how much of it is worth a look for what they need not. */
  #storedBytes = 0;
  #thinAt = thinsFromBytes;
  #isOverfull = false;

  constructor(table: InodeTable) {
    this.#table = table;
    this.#keeper = new BytesKeeper(table.store);
  }

  /** In order. Undefined once it has become too long, until everything is durable again. */
  recorded(): readonly Recorded[] | undefined {
    return this.#isOverfull ? undefined : recordedIn(this.#log, this.#table.store);
  }

  /** Whether a barrier precedes none of the ops that an image could show: nothing can have been promised of them. */
  get promisesNothing(): boolean {
    return !this.#isOverfull && this.#log.barriers === 0;
  }

  /** `isInPlace`: it needed no block, and the size stayed. `bytes` are in the volatile face already. */
  write(op: Op, { volatile }: Inode, bytes: Uint8Array, isInPlace: boolean): void {
    if (this.#isOverfull) return;
    const kept = this.#keeper.keep(volatile.pages, op.offset!, bytes);
    this.#addData(op, marks.write, kept, this.#keeper.at, isInPlace);
    this.#storedBytes += bytes.length;
    if (this.#storedBytes >= this.#thinAt) this.#thin();
  }

  /** A change of the size, or a hole. `isInPlace`: of a punch that gave no block back. */
  resize(op: Op, logged: Exclude<DataOp, { readonly kind: 'write' }>, isInPlace = false): void {
    if (this.#isOverfull) return;
    if (logged.kind === 'truncate' && logged.size === 0) this.#emptied.add(logged.ino);
    this.#addData(op, marks.resize, logged, 0, isInPlace);
  }

  /** A file was made under a name. */
  made(op: Op, place: Place, mode: number): void {
    this.#add(op, marks.made, place, mode);
  }

  /** Another op on names. What it takes a name from is kept, whatever becomes of it: an image may show it. */
  names(op: Op, logged: LoggedOp): void {
    if (this.#isOverfull) return;
    this.#add(op, marks.names, logged);
    if (logged.kind === 'unlink' || logged.kind === 'rmdir') this.#table.hold(logged.ino);
    else if (logged.kind === 'rename' && logged.replaced !== undefined) this.#table.hold(logged.replaced);
    else if (logged.kind === 'create' && logged.place === undefined) this.#table.hold(logged.ino);
  }

  attributes(op: Op, logged: LoggedOp, { mode, uid, gid, atime, mtime, ctime }: Attributes): void {
    this.#holdNameless(op.ino);
    this.#add(op, marks.attributes, { logged, attributes: { mode, uid, gid, atime, mtime, ctime } });
  }

  /** `isDataOnly`: as fdatasync. */
  barrier(op: Op, isDataOnly: boolean): void {
    if (this.#closing.size > 0) this.#flush(op);
    // Where nothing precedes it that an image could show, it has nothing to say.
    if (this.#log.changes === 0) return;
    this.#holdNameless(op.ino);
    this.#add(op, isDataOnly ? marks.fdatasync : marks.fsync);
  }

  /** The bytes and the size of the file are durable, or went back to what is. */
  dataSettled(ino: number): void {
    const log = this.#log;
    let isTouched = false;
    let isZeroed = false;
    let index = log.newest(ino);
    if (index === none) return;
    // Of those that no other op of the file separates the last touch says it all: fold.ts would find out the same.
    for (; index !== none; index = log.previous(index)) {
      const isInPlace = log.has(index, inPlace);
      if (log.mark(index) === marks.write) {
        this.#release(index);
        log.become(index, isInPlace || isTouched ? marks.gone : marks.dataTouch);
        isTouched ||= !isInPlace;
      } else if (isInPlace) {
        log.become(index, isZeroed ? marks.gone : marks.zeroingTouch);
        isZeroed = true;
      } else {
        log.become(index, isTouched ? marks.gone : marks.dataTouch);
        isTouched = true;
      }
    }
    log.unchain(ino);
    if (this.#emptied.size === 0) return;
    this.#emptied.delete(ino);
    this.#closing.delete(ino);
  }

  attributesSettled(ino: number): void {
    if (this.#log.attributeOps > 0) this.#settled.attributes(ino, this.#last);
  }

  nameSettled(place: Place): void {
    if (this.#log.nameOps > 0) this.#settled.name(place, this.#last);
  }

  /** All names of a directory. */
  directorySettled(ino: number): void {
    if (this.#log.nameOps > 0) this.#settled.directory(ino, this.#last);
  }

  /** Everything is durable, and stays so. */
  clear(): void {
    for (const ino of this.#log.files()) this.dataSettled(ino);
    this.#startAnew();
    this.#isOverfull = false;
    this.#foldAt = foldsFrom;
    this.#settledFoldAt = settledFoldsFrom;
  }

  /** Gives up, in the middle of an op too: an image needs the whole log. True if that made room. */
  forget(): boolean {
    if (this.#isOverfull || this.#log.length === 0) return false;
    for (const ino of this.#log.files()) this.dataSettled(ino);
    this.#log.clear();
    this.#isOverfull = true;
    return true;
  }

  /** To be called between ops. Takes out what barriers covered, whenever enough may have come together. */
  tidy(): void {
    if (this.#log.changes === 0) {
      this.#startAnew();
      return;
    }
    // Where nothing is un-synced hardly anything of the log is left: it need not wait until it has doubled. But names that came and
    // went stay in it, and must not be looked through again at every barrier.
    const { isSettled } = this.#table;
    const foldAt = isSettled ? Math.min(this.#foldAt, this.#settledFoldAt) : this.#foldAt;
    if (this.#log.length < foldAt) return;
    this.fold();
    this.#foldAt = Math.max(foldsFrom, 2 * this.#log.length);
    if (isSettled) this.#settledFoldAt = Math.max(settledFoldsFrom, 2 * this.#log.length);
  }

  fold(): void {
    fold(this.#log, this.#spare, this.#settled, (ino) => this.#table.isGone(ino));
    this.#useSpare();
    if (this.#log.length === 0) {
      this.#startAnew();
      return;
    }
    this.#settled = this.#settled.ofOnly(this.#log);
    if (this.#table.isHolding) this.#table.holdOnly(inodesIn(this.#log));
  }

  /** The same for a fork of the disk. */
  copyFor(table: InodeTable): Recorder {
    const copy = new Recorder(table);
    copy.#log = this.#log.clone();
    this.#keeper.leaveSlab();
    // What is known of closes is known by now: a copy is of an instant.
    for (const ino of this.#emptied) copy.#emptied.add(ino);
    copy.#settled = this.#settled.copy();
    copy.#last = this.#last;
    copy.#foldAt = this.#foldAt;
    copy.#settledFoldAt = this.#settledFoldAt;
    copy.#isOverfull = this.#isOverfull;
    copy.#storedBytes = this.#storedBytes;
    copy.#thinAt = this.#thinAt;
    for (let index = 0; index < copy.#log.length; index++)
      if (copy.#log.mark(index) === marks.write) copy.#keeper.share(copy.#log.detail(index) as KeptBytes);
    return copy;
  }

  #addData(op: Op, mark: Mark, detail: KeptBytes | LoggedOp, number: number, isInPlace: boolean): void {
    const { ino } = op;
    if (this.#log.newest(ino) === none) this.#holdNameless(ino);
    // Nobody tells us of a close. A file that was cut to nothing is written anew, and closed soon: what ext4 does then is taken to
    // be done at once, lest a cut shows what it rules out.
    const isClosed = this.#emptied.size > 0 && this.#emptied.has(ino);
    if (isClosed) this.#closing.add(ino);
    this.#add(op, mark, detail, number, (isInPlace ? inPlace : 0) | (isClosed ? closed : 0));
  }

  /** A barrier flushes the device: what a close submitted a while ago has arrived there by then. */
  #flush({ timeMs }: Op): void {
    for (const ino of this.#closing) {
      const close = this.#log.newest(ino);
      if (timeMs - this.#log.op(close).timeMs < arrivalMs) continue;
      this.#log.flag(close, reached);
      this.#closing.delete(ino);
    }
  }

  #thin(): void {
    const log = this.#log;
    for (const ino of log.files()) {
      for (const index of superseded(log, ino)) {
        this.#release(index);
        log.become(index, log.has(index, closed) ? marks.close : marks.gone);
      }
    }
    for (let index = 0; index < log.length; index++)
      if (log.mark(index) !== marks.gone) this.#spare.addFrom(log, index);
    this.#useSpare();
    this.#thinAt = Math.max(thinsFromBytes, 2 * this.#storedBytes);
  }

  #release(index: number): void {
    this.#storedBytes -= this.#log.op(index).length!;
    this.#keeper.release(this.#log.detail(index) as KeptBytes);
  }

  #useSpare(): void {
    [this.#log, this.#spare] = [this.#spare, this.#log];
    this.#spare.clear();
  }

  #startAnew(): void {
    if (this.#log.length > 0) this.#log.clear();
    this.#keeper.startAnew();
    if (!this.#settled.isEmpty) this.#settled = new Settlements();
    if (this.#table.isHolding) this.#table.holdOnly(nobody);
  }

  /** What has a name is held from when it loses it. */
  #holdNameless(ino: number): void {
    if (this.#table.get(ino)?.isNameless === true) this.#table.hold(ino);
  }

  #add(op: Op, mark: Mark, detail?: Detail, number = 0, flags = 0): void {
    this.#last = op.number;
    if (this.#isOverfull) return;
    this.#log.add(op, mark, detail, number, flags);
    if (this.#log.length > maxOps) this.forget();
  }
}

const nobody: ReadonlySet<number> = new Set();

function inodesIn(log: RecordLog): ReadonlySet<number> {
  const inos = new Set<number>();
  for (let index = 0; index < log.length; index++) {
    const mark = log.mark(index);
    const detail = log.detail(index);
    inos.add(log.op(index).ino);
    if (mark === marks.made) inos.add((detail as Place).parent);
    if (mark === marks.names || mark === marks.touch)
      for (const ino of inodesOf(detail as LoggedOp)) inos.add(ino);
  }
  return inos;
}

function inodesOf(logged: LoggedOp): readonly number[] {
  if (!('ino' in logged)) return [];
  const inos = [logged.ino, ...placesOf(logged).map(({ parent }) => parent)];
  if (logged.kind === 'exchange') inos.push(logged.other);
  if (logged.kind === 'rename' && logged.replaced !== undefined) inos.push(logged.replaced);
  return inos;
}
