/**
 * The recorder of a disk: what a power cut could leave, beyond the two faces. It keeps the log of ops that no barrier covered, with
 * their payload, so that any profile can say what of them may survive; the durable face is the base of that log. What `strict`
 * makes durable, every profile does, so a barrier takes its ops out of the log: it costs what is un-synced, never what was written.
 *
 * Invariant: of an inode on which the two faces differ, the log has an op. It never changes the disk.
 */
import {
  isDataOp,
  placesOf,
  type DataOp,
  type LoggedBarrier,
  type LoggedOp,
} from '../persistence/crash-log.ts';
import type { Attributes } from '../face.ts';
import type { Inode } from '../inode.ts';
import type { InodeTable } from '../inode-table.ts';
import type { Op } from '../op.ts';
import type { Place } from '../place.ts';
import { fold } from './fold.ts';
import { Recorded } from './recorded.ts';
import { Settlements } from './settlements.ts';
import { superseded } from './superseded.ts';
import { SmallPayloads } from './small-payloads.ts';
import { StoredWrite } from './stored-write.ts';

/** Each costs some 300 bytes. A program that never syncs a directory, and makes names all the time, would go on for ever. */
const maxOps = 1_000_000;
/** Between two foldings the log may double; a short one is not worth it. */
const foldsFrom = 4096;
/** Bytes that were submitted reach a device in milliseconds, unless it is very busy. */
const arrivalMs = 100;
/** Bytes of writes are pages of files, and cost nothing by themselves, until they are overwritten. */
const thinsFromBytes = 64 * 1024 * 1024;

export class Recorder {
  readonly #table: InodeTable;
  readonly #payloads = new SmallPayloads();
  #log: Recorded[] = [];
  /** By file: its data ops in the log. */
  #data = new Map<number, Recorded[]>();
  /** Files that were cut to nothing. */
  readonly #emptied = new Set<number>();
  /** By file: the close of such a one that nothing is known of but that it was. */
  readonly #closes = new Map<number, Recorded>();
  #settled = new Settlements();
  /** The number of the last op. */
  #last = 0;
  #foldAt = foldsFrom;
  #settledFoldAt = foldsFrom;
  /** What the log's writes keep, and how much of it is worth a look for what they need not. */
  #storedBytes = 0;
  #thinAt = thinsFromBytes;
  #isOverfull = false;

  constructor(table: InodeTable) {
    this.#table = table;
  }

  /** In order. Undefined once it has become too long, until everything is durable again. */
  get log(): readonly Recorded[] | undefined {
    return this.#isOverfull ? undefined : this.#log;
  }

  /** `isInPlace`: it needed no block, and the size stayed. `bytes` are in the volatile face already. */
  write(op: Op, { ino, volatile }: Inode, bytes: Uint8Array, isInPlace: boolean): void {
    if (this.#isOverfull) return;
    const keeping = { store: this.#table.store, payloads: this.#payloads };
    const logged = StoredWrite.of(keeping, volatile.pages, ino, op.offset!, bytes);
    this.#addData(new Recorded(op, logged, !isInPlace), ino);
    this.#storedBytes += logged.length;
    if (this.#storedBytes >= this.#thinAt) this.#thin();
  }

  /** A change of the size, or a hole. `isJournalled`: false of a punch that gave no block back. */
  resize(op: Op, logged: Exclude<DataOp, { readonly kind: 'write' }>, isJournalled = true): void {
    if (this.#isOverfull) return;
    if (logged.kind === 'truncate' && logged.size === 0) this.#emptied.add(logged.ino);
    this.#addData(new Recorded(op, logged, isJournalled), logged.ino);
  }

  /** An op on names. What it takes a name from is kept, whatever becomes of it: an image may show it. */
  names(op: Op, logged: LoggedOp): void {
    if (this.#isOverfull) return;
    this.#add(new Recorded(op, logged));
    if (logged.kind === 'unlink' || logged.kind === 'rmdir') this.#table.hold(logged.ino);
    else if (logged.kind === 'rename' && logged.replaced !== undefined) this.#table.hold(logged.replaced);
    else if (logged.kind === 'create' && logged.place === undefined) this.#table.hold(logged.ino);
  }

  attributes(op: Op, logged: LoggedOp, { mode, uid, gid, atime, mtime, ctime }: Attributes): void {
    this.#holdNameless(op.ino);
    this.#add(new Recorded(op, logged, true, { mode, uid, gid, atime, mtime, ctime }));
  }

  barrier(op: Op, logged: LoggedBarrier): void {
    if (this.#closes.size > 0) this.#flush(op);
    this.#holdNameless(op.ino);
    this.#add(new Recorded(op, logged));
  }

  /** The bytes and the size of the file are durable, or went back to what is. */
  dataSettled(ino: number): void {
    const recorded = this.#data.get(ino);
    if (recorded === undefined) return;
    this.#data.delete(ino);
    this.#emptied.delete(ino);
    this.#closes.delete(ino);
    let isTouched = false;
    let isZeroed = false;
    // Of those that no other op of the file separates the last touch says it all: fold.ts would find out the same.
    for (let index = recorded.length - 1; index >= 0; index--) {
      const each = recorded[index]!;
      const { logged, isJournalled } = each;
      const isZeroing = logged?.kind === 'punch' && !isJournalled;
      if (isZeroing) each.logged = isZeroed ? undefined : { kind: 'touch', ino, isData: true, isZeroing };
      else each.logged = isJournalled && !isTouched ? { kind: 'touch', ino, isData: true } : undefined;
      isTouched ||= isJournalled;
      isZeroed ||= isZeroing;
      if (logged?.kind === 'write') this.#release(logged as StoredWrite);
    }
  }

  attributesSettled(ino: number): void {
    this.#settled.attributes(ino, this.#last);
  }

  nameSettled(place: Place): void {
    this.#settled.name(place, this.#last);
  }

  /** All names of a directory. */
  directorySettled(ino: number): void {
    this.#settled.directory(ino, this.#last);
  }

  /** Everything is durable, and stays so. */
  clear(): void {
    for (const ino of [...this.#data.keys()]) this.dataSettled(ino);
    this.#log = [];
    this.#settled = new Settlements();
    this.#isOverfull = false;
    this.#foldAt = this.#settledFoldAt = foldsFrom;
    this.#table.holdOnly(new Set());
  }

  /** Gives up, in the middle of an op too: an image needs the whole log. True if that made room. */
  forget(): boolean {
    if (this.#isOverfull || this.#log.length === 0) return false;
    for (const ino of [...this.#data.keys()]) this.dataSettled(ino);
    this.#log = [];
    this.#isOverfull = true;
    return true;
  }

  /** To be called between ops. Takes out what barriers covered, whenever enough may have come together. */
  tidy(): void {
    // Where nothing is un-synced hardly anything of the log is left: it need not wait until it has doubled. But names that came and
    // went stay in it, and must not be looked through again at every barrier.
    const { isSettled } = this.#table;
    const foldAt = isSettled ? Math.min(this.#foldAt, this.#settledFoldAt) : this.#foldAt;
    if (this.#log.length < foldAt) return;
    this.fold();
    this.#foldAt = Math.max(foldsFrom, 2 * this.#log.length);
    if (isSettled) this.#settledFoldAt = this.#foldAt;
  }

  fold(): void {
    this.#log = fold(this.#log, this.#settled, (ino) => this.#table.isGone(ino));
    this.#settled = this.#settled.ofOnly(this.#log);
    this.#table.holdOnly(new Set(this.#log.flatMap(({ logged }) => inodesOf(logged))));
  }

  /** The same for a fork of the disk. */
  copyFor(table: InodeTable): Recorder {
    const copy = new Recorder(table);
    copy.#log = this.#log.map(
      (each) => new Recorded(each.op, each.logged, each.isJournalled, each.attributes),
    );
    // What is known of closes is known by now: a copy is of an instant.
    for (const ino of this.#emptied) copy.#emptied.add(ino);
    copy.#settled = this.#settled.copy();
    copy.#last = this.#last;
    copy.#foldAt = this.#foldAt;
    copy.#settledFoldAt = this.#settledFoldAt;
    copy.#isOverfull = this.#isOverfull;
    copy.#storedBytes = this.#storedBytes;
    copy.#thinAt = this.#thinAt;
    for (const recorded of copy.#log) {
      const { logged } = recorded;
      if (logged === undefined || !isDataOp(logged)) continue;
      if (logged.kind === 'write') recorded.logged = (logged as StoredWrite).share();
      const known = copy.#data.get(logged.ino);
      if (known === undefined) copy.#data.set(logged.ino, [recorded]);
      else known.push(recorded);
    }
    return copy;
  }

  #addData(recorded: Recorded, ino: number): void {
    this.#add(recorded);
    const known = this.#data.get(ino);
    if (known === undefined) {
      this.#holdNameless(ino);
      this.#data.set(ino, [recorded]);
    } else {
      known.push(recorded);
    }
    // Nobody tells us of a close. A file that was cut to nothing is written anew, and closed soon: what ext4 does then is taken to
    // be done at once, lest a cut shows what it rules out.
    if (this.#emptied.size === 0 || !this.#emptied.has(ino)) return;
    const close = new Recorded(recorded.op, { kind: 'close', ino, submits: true });
    this.#add(close);
    this.#closes.set(ino, close);
  }

  /** A barrier flushes the device: what a close submitted a while ago has arrived there by then. */
  #flush({ timeMs }: Op): void {
    for (const [ino, close] of this.#closes) {
      if (timeMs - close.op.timeMs < arrivalMs) continue;
      if (close.logged !== undefined) close.logged = { kind: 'close', ino, submits: true, reached: true };
      this.#closes.delete(ino);
    }
  }

  #thin(): void {
    for (const [ino, recorded] of this.#data) {
      const gone = superseded(recorded);
      if (gone.length === 0) continue;
      for (const each of gone) {
        this.#release(each.logged as StoredWrite);
        each.logged = undefined;
      }
      this.#data.set(
        ino,
        recorded.filter(({ logged }) => logged !== undefined),
      );
    }
    this.#log = this.#log.filter(({ logged }) => logged !== undefined);
    this.#thinAt = Math.max(thinsFromBytes, 2 * this.#storedBytes);
  }

  #release(write: StoredWrite): void {
    this.#storedBytes -= write.length;
    write.release();
  }

  /** What has a name is held from when it loses it. */
  #holdNameless(ino: number): void {
    if (this.#table.get(ino)?.isNameless === true) this.#table.hold(ino);
  }

  #add(recorded: Recorded): void {
    this.#last = recorded.op.number;
    if (this.#isOverfull) return;
    this.#log.push(recorded);
    if (this.#log.length > maxOps) this.forget();
  }
}

function inodesOf(logged: LoggedOp | undefined): readonly number[] {
  if (logged === undefined || !('ino' in logged)) return [];
  const inos = [logged.ino, ...placesOf(logged).map(({ parent }) => parent)];
  if (logged.kind === 'exchange') inos.push(logged.other);
  if (logged.kind === 'rename' && logged.replaced !== undefined) inos.push(logged.replaced);
  return inos;
}
