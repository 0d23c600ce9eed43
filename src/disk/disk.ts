/**
 * A disk that forgets: a file system whose state is two-fold, what programs see and what a power cut leaves. Everything is
 * synchronous and pure: no clock, no randomness, no I/O of its own; the same ops give the same image. Methods return their
 * value or a negative errno. Names are binary strings, a char for each byte, so that any name survives.
 */
import * as barriers from './barriers.ts';
import { crashImageOf, type Choice } from './crash-image.ts';
import * as dataOps from './data-ops.ts';
import { DiskState, type Caller, type Clock } from './disk-state.ts';
import { ENODATA, ENOENT, EINVAL, type Errno } from './errno.ts';
import { readInto, seek } from './file-data.ts';
import type { Inode, InodeKind } from './inode.ts';
import { InodeTable, rootIno } from './inode-table.ts';
import * as nameOps from './name-ops.ts';
import type { Op } from './op.ts';
import { pageSizeBytes, PageStore } from './page-store.ts';
import type { Profile } from './profiles/profile.ts';
import type { CrashSpace, PersistenceProfile } from './persistence/profile.ts';
import { recordedHistory, type NumberedSelection } from './recording/chosen-cut.ts';
import { cutByLog, cutOf, type RecordedCut, type Refused } from './recording/recorded-cut.ts';
import { Recorder } from './recording/recorder.ts';
import { rename } from './rename.ts';
import { findUnsynced, type Trace } from './trace.ts';
import {
  lossInSteps,
  unsyncedFiles,
  unsyncedInSteps,
  type Loss,
  type LossKind,
  type UnsyncedFile,
} from './unsynced.ts';

export interface DiskOptions {
  readonly profile: Profile;
  readonly clock: Clock;
  /** Where the bytes lie, of all disks and images that are made of it together. Default 4 GiB of memory. */
  readonly store?: PageStore;
  /** Paths that are always durable; `path` has no leading slash. */
  readonly isPinned?: (path: string) => boolean;
  readonly onOp?: (op: Op) => void;
  /** Owner of the root directory. Default root. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Keeps what a cut by any profile, and any choice, needs to know. Default false. */
  readonly records?: boolean;
  /** The number of the last op of the disk that this one follows in the same log. Default 0. */
  readonly lastOpNumber?: number;
}

const defaultCapacityBytes = 4 * 1024 ** 3;
/** statfs: as many inodes as ext4 makes for such a disk, one for each 16 KiB. */
const bytesPerInode = 16_384;

export interface LoggedCut {
  readonly image: Disk;
  readonly loss: () => Loss;
}

export class Disk {
  static readonly rootIno = rootIno;
  readonly #state: DiskState;

  constructor(options: DiskOptions | DiskState) {
    if (options instanceof DiskState) {
      this.#state = options;
      return;
    }
    const table = new InodeTable(options.store ?? new PageStore(defaultCapacityBytes));
    if (options.records === true) table.recorder = new Recorder(table);
    const { profile, clock, isPinned, onOp } = options;
    this.#state = new DiskState(table, profile, clock, isPinned, onOp);
    this.#state.opCount = options.lastOpNumber ?? 0;
    const now = this.#state.now();
    const { uid, gid } = options.owner ?? { uid: 0, gid: 0 };
    const home = { parent: rootIno, name: '' };
    const attributes = { mode: 0o755, uid, gid, atime: now, mtime: now, ctime: now };
    const root = table.create('directory', attributes, home);
    root.links = root.durableLinks = [home];
    table.settle(root);
  }

  get profile(): Profile {
    return this.#state.profile;
  }
  get opCount(): number {
    return this.#state.opCount;
  }
  get barrierCount(): number {
    return this.#state.barrierCount;
  }
  get unsyncedBytes(): number {
    return this.#state.table.unsyncedBytes;
  }
  /** Inodes with something un-synced. */
  get unsyncedFiles(): number {
    return this.#state.table.unsyncedCount;
  }

  inode(ino: number): Inode | undefined {
    return this.#state.table.get(ino);
  }

  lookup(parent: number, name: string): Inode | Errno {
    const directory = nameOps.findDirectory(this.#state, parent);
    if (typeof directory === 'number') return directory;
    const ino = directory.volatile.entries.get(name);
    return ino === undefined ? ENOENT : this.#state.table.get(ino)!;
  }

  /** The kernel remembers an inode: it lives while it has names, durable names or memories. */
  remember(ino: number): void {
    this.#state.table.remember(ino);
  }
  forget(ino: number, count: number): void {
    this.#state.table.forget(ino, count);
  }
  isRemembered(ino: number): boolean {
    return this.#state.table.isRemembered(ino);
  }
  /** After an unmount. */
  forgetAll(): void {
    this.#state.table.forgetAll();
  }

  setattr(caller: Caller, ino: number, changes: dataOps.AttributeChanges): Inode | Errno {
    return dataOps.setattr(this.#state, caller, ino, changes);
  }

  /** Times that somebody else kept for data ops that were made here already: they go with those, and are no op. */
  noteTimes(ino: number, times: dataOps.DataTimes): Inode | Errno {
    return dataOps.noteTimes(this.#state, ino, times);
  }

  create(caller: Caller, parent: number, name: string, mode: number): Inode | Errno {
    return nameOps.makeNode(this.#state, caller, parent, name, { kind: 'file', mode });
  }
  /** O_TMPFILE. */
  temporary(caller: Caller, parent: number, mode: number): Inode | Errno {
    return nameOps.makeTemporary(this.#state, caller, parent, mode);
  }
  mknod(
    caller: Caller,
    parent: number,
    name: string,
    kind: InodeKind,
    mode: number,
    rdev: number,
  ): Inode | Errno {
    return nameOps.makeNode(this.#state, caller, parent, name, { kind, mode, rdev });
  }
  mkdir(caller: Caller, parent: number, name: string, mode: number): Inode | Errno {
    return nameOps.makeNode(this.#state, caller, parent, name, { kind: 'directory', mode });
  }
  symlink(caller: Caller, parent: number, name: string, target: string): Inode | Errno {
    return nameOps.makeNode(this.#state, caller, parent, name, { kind: 'symlink', mode: 0o777, target });
  }
  link(caller: Caller, ino: number, newParent: number, newName: string): Inode | Errno {
    return nameOps.link(this.#state, caller, ino, newParent, newName);
  }
  unlink(caller: Caller, parent: number, name: string): 0 | Errno {
    return nameOps.unlink(this.#state, caller, parent, name);
  }
  rmdir(caller: Caller, parent: number, name: string): 0 | Errno {
    return nameOps.rmdir(this.#state, caller, parent, name);
  }
  /** `flags`: RENAME_NOREPLACE (1) or RENAME_EXCHANGE (2). */
  rename(
    caller: Caller,
    parent: number,
    name: string,
    newParent: number,
    newName: string,
    flags: number,
  ): 0 | Errno {
    return rename(this.#state, caller, { parent, name }, { parent: newParent, name: newName }, flags);
  }

  /** A copy of a directory's names, without `.` and `..`. */
  entries(ino: number): readonly (readonly [name: string, ino: number])[] | Errno {
    const directory = nameOps.findDirectory(this.#state, ino);
    return typeof directory === 'number' ? directory : [...directory.volatile.entries];
  }
  parentOf(ino: number): number {
    return this.#state.table.get(ino)?.parent ?? rootIno;
  }
  /** Path from the root without leading slash; '' for the root. */
  pathOf(ino: number): string {
    const inode = this.#state.table.get(ino);
    return inode === undefined ? `(inode ${ino})` : this.#state.pathOf(inode);
  }

  /** Reads up to `length` bytes into `target`; returns how many, fewer at the end of the file. */
  readInto(
    ino: number,
    offset: number,
    target: Uint8Array,
    targetOffset: number,
    length: number,
  ): number | Errno {
    const inode = this.#state.table.get(ino);
    if (inode === undefined) return ENOENT;
    if (inode.kind !== 'file') return EINVAL;
    return readInto(this.#state.table.store, inode, offset, target, targetOffset, length);
  }
  write(caller: Caller, ino: number, offset: number, bytes: Uint8Array): number | Errno {
    return dataOps.write(this.#state, caller, ino, offset, bytes);
  }
  /** fallocate(2). */
  allocate(caller: Caller, ino: number, mode: number, offset: number, length: number): 0 | Errno {
    return dataOps.allocate(this.#state, caller, ino, mode, offset, length);
  }
  /** SEEK_DATA (3), SEEK_HOLE (4). */
  seek(ino: number, offset: number, whence: number): number | Errno {
    const inode = this.#state.table.get(ino);
    return inode?.kind === 'file' ? seek(inode, offset, whence) : EINVAL;
  }

  getXattr(ino: number, name: string): Uint8Array | Errno {
    return this.#state.table.get(ino)?.volatile.xattrs?.get(name) ?? ENODATA;
  }
  setXattr(caller: Caller, ino: number, name: string, value: Uint8Array, flags: number): 0 | Errno {
    return dataOps.setXattr(this.#state, caller, ino, name, value, flags);
  }
  listXattr(ino: number): readonly string[] {
    return [...(this.#state.table.get(ino)?.volatile.xattrs?.keys() ?? [])];
  }
  removeXattr(caller: Caller, ino: number, name: string): 0 | Errno {
    return dataOps.removeXattr(this.#state, caller, ino, name);
  }

  fsync(caller: Caller, ino: number, dataOnly: boolean): 0 | Errno {
    return barriers.fsync(this.#state, caller, ino, dataOnly);
  }
  fsyncDirectory(caller: Caller, ino: number, dataOnly = false): 0 | Errno {
    return barriers.fsyncDirectory(this.#state, caller, ino, dataOnly);
  }

  statfs(): {
    readonly blockSize: number;
    readonly blocks: number;
    readonly blocksFree: number;
    readonly files: number;
    readonly filesFree: number;
    readonly nameLength: number;
  } {
    const { store, count } = this.#state.table;
    const blocks = Math.floor(store.limitBytes / pageSizeBytes);
    const files = Math.max(count, Math.floor(store.limitBytes / bytesPerInode));
    return {
      blockSize: pageSizeBytes,
      blocks,
      blocksFree: store.freeBytes / pageSizeBytes,
      files,
      filesFree: files - count,
      nameLength: 255,
    };
  }

  /** What a cut now would drop, by file. */
  unsynced(): UnsyncedFile[] {
    return unsyncedFiles(this.#state);
  }
  /** The same piece by piece, in steps between which this disk must not change: fork it first. */
  unsyncedInSteps(): Generator<UnsyncedFile[] | undefined, void, undefined> {
    return unsyncedInSteps(this.#state);
  }
  checkpoint(caller: Caller): { readonly sizeBytes: number } {
    return barriers.checkpoint(this.#state, caller);
  }
  /** Those whose data and sizes `loseUnsynced` would take back. */
  filesToLose(): readonly number[] {
    return barriers.filesToLose(this.#state).map(({ ino }) => ino);
  }
  /** Data and sizes go back to what is durable, in place; names and inodes stay (as LazyFS's clear-cache). */
  loseUnsynced(caller: Caller, inos = this.filesToLose()): barriers.Changed {
    return barriers.loseUnsynced(this.#state, caller, inos);
  }
  /** What a cut with this choice, or the loss of data alone, would drop now, with the ops. */
  loss(kind: LossKind, timeMs = this.#state.clock.monotonicMs()): Loss {
    const steps = this.lossInSteps(kind, timeMs);
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }
  /** The same in steps, between which this disk must not change, of an instant `timeMs`. */
  lossInSteps(kind: LossKind, timeMs: number): Generator<undefined, Loss, undefined> {
    return lossInSteps(this.#state, kind, timeMs);
  }
  /** Searches what is un-synced for texts; at most `limit` places for each. */
  findUnsynced(needles: readonly string[], limit: number): Trace[] {
    return findUnsynced(this.#state, needles, limit);
  }

  /**
   * A second disk over the same pages, copy-on-write in both; nothing of it is remembered. `recorded`: what a cut needs to know of
   * this instant goes with it.
   */
  fork({ recorded = false } = {}): Disk {
    const { table } = this.#state;
    const copy = table.fork(recorded);
    if (recorded) copy.recorder = table.recorder?.copyFor(copy);
    return new Disk(this.#state.over(copy));
  }

  /** What a power cut leaves, by this choice: a disk of its own, with nothing un-synced. */
  crashImage(choice: Choice): Disk {
    return new Disk(crashImageOf(this.#state, choice));
  }

  /** Whether cuts by any profile, with any choice, can be asked for. */
  get records(): boolean {
    return this.#state.recorder !== undefined;
  }

  /** From here on this disk, which must have nothing un-synced, keeps what such a cut needs to know. */
  beginRecording(): void {
    const { table } = this.#state;
    table.recorder = new Recorder(table);
  }

  /** Gives up what only such cuts need. True if that made room. */
  forgetRecord(): boolean {
    return this.#state.recorder?.forget() === true;
  }

  /** All that a power cut may leave by a profile's rules; or why nobody knows. Valid until the disk changes. */
  crashSpace(profile: PersistenceProfile): CrashSpace | Refused {
    const recorded = recordedHistory(this.#state);
    return 'refused' in recorded ? recorded : profile.space(recorded.history);
  }

  /**
   * What a power cut leaves by a profile's rules and a selection of ops; or why that cannot be. `loss` tells what it takes, for as
   * long as neither disk nor image changes.
   */
  cut(profile: PersistenceProfile, selection: NumberedSelection): LoggedCut | Refused {
    return withDisk(cutOf(this.#state, profile, selection));
  }

  /** The same, from the log alone. */
  cutByLog(profile: PersistenceProfile, selection: NumberedSelection): LoggedCut | Refused {
    return withDisk(cutByLog(this.#state, profile, selection));
  }

  /** False where the durable face lies outside, so that its past is nowhere kept. */
  get keepsImages(): boolean {
    return true;
  }

  /** What a power cut leaves, in this disk's place, which must not be used afterwards. For disks that keep no images. */
  afterCut(): Disk {
    return this.crashImage('lose-all');
  }

  /** Gives the pages back. The disk must not be used afterwards. */
  release(): void {
    this.#state.table.release();
  }

  stats(): {
    readonly files: number;
    /** Of this disk and all that share its store: whole pages, what of them is in memory, and what was spilled. */
    readonly pageBytes: number;
    readonly residentBytes: number;
    readonly spilledBytes: number;
    readonly ops: number;
    readonly barriers: number;
  } {
    const { table, opCount, barrierCount } = this.#state;
    const { usedBytes, residentBytes, spilledBytes } = table.store;
    return {
      files: table.count,
      pageBytes: usedBytes,
      residentBytes,
      spilledBytes,
      ops: opCount,
      barriers: barrierCount,
    };
  }
}

function withDisk(cut: RecordedCut | Refused): LoggedCut | Refused {
  return 'refused' in cut ? cut : { ...cut, image: new Disk(cut.image) };
}
