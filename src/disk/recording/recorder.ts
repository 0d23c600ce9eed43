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
import { fold, touchesOf } from './fold.ts';
import { Settlements } from './settlements.ts';
import { StoredPayload } from './stored-payload.ts';

/** An op of the log: as profiles read it, and as people do. */
export interface Recorded {
  /** Grows from each to the next. */
  readonly sequence: number;
  /** Undefined once it is part of the base and no barrier could cover it any more. */
  logged: LoggedOp | undefined;
  readonly op: Op;
  /** False of a write that changed no metadata. */
  readonly isJournalled?: boolean;
  /** Of `setattr`: all attributes as it left them. */
  readonly attributes?: Attributes;
}

/** Each costs some 300 bytes. A program that never syncs a directory, and makes names all the time, would go on for ever. */
const maxOps = 1_000_000;
/** Between two foldings the log may double; a short one is not worth it. */
const foldsFrom = 4096;

export class Recorder {
  readonly #table: InodeTable;
  #log: Recorded[] = [];
  /** By file: its data ops in the log. */
  #data = new Map<number, Recorded[]>();
  /** Files that were cut to nothing. */
  readonly #emptied = new Set<number>();
  #settled = new Settlements();
  #sequence = 0;
  #foldAt = foldsFrom;
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
    const offset = op.offset!;
    const data = StoredPayload.of(this.#table.store, volatile.pages, offset, bytes);
    this.#addData({ op, logged: { kind: 'write', ino, offset, data }, isJournalled: !isInPlace }, ino);
  }

  /** A change of the size, or a hole. */
  resize(op: Op, logged: Exclude<DataOp, { readonly kind: 'write' }>): void {
    if (this.#isOverfull) return;
    if (logged.kind === 'truncate' && logged.size === 0) this.#emptied.add(logged.ino);
    this.#addData({ op, logged }, logged.ino);
  }

  /** An op on names. What it speaks of is kept, whatever becomes of it: an image may show it. */
  names(op: Op, logged: LoggedOp): void {
    if (this.#isOverfull) return;
    this.#add({ op, logged });
    for (const ino of inodesOf(logged)) this.#table.hold(ino);
  }

  attributes(op: Op, logged: LoggedOp, { mode, uid, gid, atime, mtime, ctime }: Attributes): void {
    this.#holdNameless(op.ino);
    this.#add({ op, logged, attributes: { mode, uid, gid, atime, mtime, ctime } });
  }

  barrier(op: Op, logged: LoggedBarrier): void {
    this.#holdNameless(op.ino);
    this.#add({ op, logged });
  }

  /** The bytes and the size of the file are durable, or went back to what is. */
  dataSettled(ino: number): void {
    const recorded = this.#data.get(ino);
    if (recorded === undefined) return;
    this.#data.delete(ino);
    this.#emptied.delete(ino);
    for (const each of recorded) {
      const { logged } = each;
      each.logged = touchesOf(each)[0];
      if (logged?.kind === 'write') (logged.data as StoredPayload).release();
    }
  }

  attributesSettled(ino: number): void {
    this.#settled.attributes(ino, this.#sequence);
  }

  nameSettled(place: Place): void {
    this.#settled.name(place, this.#sequence);
  }

  /** All names of a directory. */
  directorySettled(ino: number): void {
    this.#settled.directory(ino, this.#sequence);
  }

  /** Everything is durable, and stays so. */
  clear(): void {
    for (const ino of [...this.#data.keys()]) this.dataSettled(ino);
    this.#log = [];
    this.#settled = new Settlements();
    this.#isOverfull = false;
    this.#foldAt = foldsFrom;
    this.#table.holdOnly(new Set());
  }

  /** Gives up: an image needs the whole log. True if that made room. */
  forget(): boolean {
    if (this.#isOverfull || this.#log.length === 0) return false;
    this.clear();
    this.#isOverfull = true;
    return true;
  }

  /** To be called between ops. Takes out what barriers covered, whenever enough may have come together. */
  tidy(): void {
    if (this.#log.length < this.#foldAt) return;
    this.fold();
    if (this.#log.length > maxOps) this.forget();
    this.#foldAt = Math.max(foldsFrom, 2 * this.#log.length);
  }

  fold(): void {
    this.#log = fold(this.#log, this.#settled, (ino) => this.#table.isGone(ino));
    this.#settled = this.#settled.ofOnly(this.#log);
    this.#table.holdOnly(new Set(this.#log.flatMap(({ logged }) => inodesOf(logged))));
  }

  /** The same for a fork of the disk. */
  copyFor(table: InodeTable): Recorder {
    const copy = new Recorder(table);
    copy.#log = this.#log.map((each) => ({ ...each }));
    for (const ino of this.#emptied) copy.#emptied.add(ino);
    copy.#settled = this.#settled.copy();
    copy.#sequence = this.#sequence;
    copy.#foldAt = this.#foldAt;
    copy.#isOverfull = this.#isOverfull;
    for (const recorded of copy.#log) {
      const { logged } = recorded;
      if (logged === undefined || !isDataOp(logged)) continue;
      if (logged.kind === 'write')
        recorded.logged = { ...logged, data: (logged.data as StoredPayload).share() };
      const known = copy.#data.get(logged.ino);
      if (known === undefined) copy.#data.set(logged.ino, [recorded]);
      else known.push(recorded);
    }
    return copy;
  }

  #addData(recorded: Omit<Recorded, 'sequence'>, ino: number): void {
    const added = this.#add(recorded);
    const known = this.#data.get(ino);
    if (known === undefined) {
      this.#holdNameless(ino);
      this.#data.set(ino, [added]);
    } else {
      known.push(added);
    }
    // Nobody tells us of a close. A file that was cut to nothing is written anew, and closed soon: what ext4 does then is taken to
    // be done at once, lest a cut shows what it rules out.
    if (this.#emptied.has(ino)) this.#add({ op: recorded.op, logged: { kind: 'close', ino, submits: true } });
  }

  /** What has a name is held from when it loses it. */
  #holdNameless(ino: number): void {
    if (this.#table.get(ino)?.isNameless === true) this.#table.hold(ino);
  }

  #add(recorded: Omit<Recorded, 'sequence'>): Recorded {
    const added = { sequence: ++this.#sequence, ...recorded };
    if (!this.#isOverfull) this.#log.push(added);
    return added;
  }
}

function inodesOf(logged: LoggedOp | undefined): readonly number[] {
  if (logged === undefined || !('ino' in logged)) return [];
  const inos = [logged.ino, ...placesOf(logged).map(({ parent }) => parent)];
  if (logged.kind === 'exchange') inos.push(logged.other);
  if (logged.kind === 'rename' && logged.replaced !== undefined) inos.push(logged.replaced);
  return inos;
}
