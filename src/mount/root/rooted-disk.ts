/**
 * A disk whose durable face is a directory of plain files, at every instant: a barrier is answered when the tree has what
 * it covers, so that a cut of this very program leaves what a power cut would. Names and attributes of the tree are adopted
 * when they are asked for, bytes are read through; memory holds what is un-synced, and the names that the kernel knows.
 *
 * Nobody else may change the tree meanwhile. The tree itself is not fsynced: the power that is cut is this disk's.
 */
import * as fs from 'node:fs';
import * as adoption from '../../disk/adoption.ts';
import type { AttributeChanges } from '../../disk/data-ops.ts';
import { Disk, type DiskOptions } from '../../disk/disk.ts';
import { DiskState, type Caller } from '../../disk/disk-state.ts';
import { syncDirectory } from '../../disk/durable-names.ts';
import { EBADF, EINVAL, ENOENT, EOPNOTSUPP, type Errno } from '../../disk/errno.ts';
import type { Inode, InodeKind } from '../../disk/inode.ts';
import { InodeTable, rootIno } from '../../disk/inode-table.ts';
import { PageStore } from '../../disk/page-store.ts';
import { Refusal } from '../refusal.ts';
import { bytesOf, errnoName, rootedPath } from '../tree-transfer.ts';
import { FileBytes } from './file-bytes.ts';
import { NameMirror } from './name-mirror.ts';
import { OpenFiles } from './open-files.ts';
import { errnoOf, look, namesIn, putAttributes } from './tree.ts';

export interface RootedOptions extends DiskOptions {
  /** The tree's directory: absolute, and outside the mount. */
  readonly root: string;
}

const defaultCapacityBytes = 4 * 1024 ** 3;
/** Adopted inodes that the kernel was shown and did not remember. */
const strangersAtMost = 4096;

export class RootedDisk extends Disk {
  readonly #options: RootedOptions;
  readonly #rootedState: DiskState;
  readonly #root: string;
  readonly #files = new OpenFiles();
  readonly #mirror: NameMirror;
  readonly #bytes: FileBytes;
  /** Inodes of files with several names, by device and inode of the tree; and back. */
  readonly #linked = new Map<string, number>();
  readonly #keys = new Map<number, string>();
  readonly #strangers = new Set<number>();

  constructor(options: RootedOptions) {
    const table = new InodeTable(options.store ?? new PageStore(defaultCapacityBytes));
    const state = new DiskState(table, options.profile, options.clock, undefined, options.onOp);
    state.opCount = options.lastOpNumber ?? 0;
    super(state);
    this.#options = options;
    this.#rootedState = state;
    this.#root = rootedPath(options.root);
    this.#mirror = new NameMirror(state, this.#root, this.#files);
    this.#bytes = new FileBytes(state, this.#files, (ino) => this.#mirror.pathOf(ino));
    table.mirrorNames = (places) => this.#mirror.apply(places);
    const found = look(this.#root);
    if (found?.kind !== 'directory') throw new Refusal(`the root ${options.root} is not a directory`);
    adoption.adopt(state, undefined, found);
  }

  override get keepsImages(): boolean {
    return false;
  }

  /** The tree, with nothing un-synced. This one must change nothing any more. */
  override afterCut(): RootedDisk {
    return new RootedDisk({ ...this.#options, lastOpNumber: this.opCount });
  }

  override release(): void {
    this.#files.closeAll();
    super.release();
  }

  override lookup(parent: number, name: string): Inode | Errno {
    const known = super.lookup(parent, name);
    return known === ENOENT ? (this.#adopt(parent, name) ?? ENOENT) : known;
  }

  override entries(ino: number): readonly (readonly [name: string, ino: number])[] | Errno {
    const known = super.entries(ino);
    const directory = this.inode(ino);
    const path = this.#mirror.pathOf(ino);
    if (typeof known === 'number' || directory === undefined || path === undefined) return known;
    const names = new Map(known);
    for (const name of namesIn(path)) {
      if (!names.has(name) && !directory.changedNames.has(name)) names.set(name, rootIno);
    }
    return [...names];
  }

  override forget(ino: number, count: number): void {
    super.forget(ino, count);
    this.#letGo(ino);
  }

  override forgetAll(): void {
    super.forgetAll();
    for (const ino of [...this.#strangers]) this.#letGo(ino);
  }

  override setattr(caller: Caller, ino: number, changes: AttributeChanges): Inode | Errno {
    const inode = this.inode(ino);
    if (inode === undefined) return ENOENT;
    if (changes.size !== undefined && inode.kind === 'file') {
      const refused = this.#bytes.cutOff(inode, changes.size);
      if (refused !== 0) return refused;
    }
    const result = super.setattr(caller, ino, changes);
    const isDurable = this.profile.attributes === 'durable';
    if (typeof result === 'number' || !isDurable) return result;
    const refused = this.#putAttributes(result, { isAsked: changes.size === undefined });
    return refused === 0 ? result : refused;
  }

  override create(caller: Caller, parent: number, name: string, mode: number): Inode | Errno {
    return this.#give(caller, parent, name, () => super.create(caller, parent, name, mode));
  }
  override mknod(
    caller: Caller,
    parent: number,
    name: string,
    kind: InodeKind,
    mode: number,
    rdev: number,
  ): Inode | Errno {
    return this.#give(caller, parent, name, () => super.mknod(caller, parent, name, kind, mode, rdev));
  }
  override mkdir(caller: Caller, parent: number, name: string, mode: number): Inode | Errno {
    return this.#give(caller, parent, name, () => super.mkdir(caller, parent, name, mode));
  }
  override symlink(caller: Caller, parent: number, name: string, target: string): Inode | Errno {
    return this.#give(caller, parent, name, () => super.symlink(caller, parent, name, target));
  }
  override link(caller: Caller, ino: number, newParent: number, newName: string): Inode | Errno {
    return this.#give(caller, newParent, newName, () => super.link(caller, ino, newParent, newName));
  }

  override unlink(caller: Caller, parent: number, name: string): 0 | Errno {
    this.lookup(parent, name);
    return this.#take(super.unlink(caller, parent, name));
  }
  override rmdir(caller: Caller, parent: number, name: string): 0 | Errno {
    this.#adoptSomeOf(this.lookup(parent, name));
    return this.#take(super.rmdir(caller, parent, name));
  }
  override rename(
    caller: Caller,
    parent: number,
    name: string,
    newParent: number,
    newName: string,
    flags: number,
  ): 0 | Errno {
    this.lookup(parent, name);
    this.#adoptSomeOf(this.lookup(newParent, newName));
    return this.#take(super.rename(caller, parent, name, newParent, newName, flags));
  }

  override readInto(
    ino: number,
    offset: number,
    target: Uint8Array,
    targetOffset: number,
    length: number,
  ): number | Errno {
    const inode = this.inode(ino);
    if (inode?.kind !== 'file' || !this.#bytes.isBacked(inode))
      return super.readInto(ino, offset, target, targetOffset, length);
    const end = Math.min(offset + length, inode.volatile.size);
    if (end <= offset) return 0;
    return this.#bytes.read(inode, offset, target.subarray(targetOffset, targetOffset + end - offset));
  }

  override write(caller: Caller, ino: number, offset: number, bytes: Uint8Array): number | Errno {
    const refused = this.#bytes.fillEdges(ino, offset, bytes.length);
    return refused === 0 ? super.write(caller, ino, offset, bytes) : refused;
  }

  override allocate(caller: Caller, ino: number, mode: number, offset: number, length: number): 0 | Errno {
    const zeroes = (mode & 0x12) !== 0;
    const refused = zeroes ? this.#bytes.fillEdges(ino, offset, length) : 0;
    if (refused !== 0) return refused;
    const result = super.allocate(caller, ino, mode, offset, length);
    if (result === 0 && zeroes) this.#bytes.forgetWhole(ino, offset, length);
    return result;
  }

  /** Of a plain file behind an inode nobody here can ask for holes: all is data. */
  override seek(ino: number, offset: number, whence: number): number | Errno {
    const inode = this.inode(ino);
    if (inode?.kind !== 'file' || !this.#bytes.isBacked(inode)) return super.seek(ino, offset, whence);
    if (offset < 0 || offset >= inode.volatile.size) return -6;
    if (whence === 3) return offset;
    return whence === 4 ? inode.volatile.size : EINVAL;
  }

  /** Node cannot reach extended attributes of plain files. */
  override setXattr(): 0 | Errno {
    return EOPNOTSUPP;
  }

  override fsync(caller: Caller, ino: number, dataOnly: boolean): 0 | Errno {
    const inode = this.inode(ino);
    if (inode === undefined || inode.kind === 'directory') return this.fsyncDirectory(caller, ino);
    const refused = this.#putOut(inode);
    if (refused !== 0) return refused;
    const setsAttributes = !dataOnly && inode.attributesChanged;
    const result = super.fsync(caller, ino, dataOnly);
    this.#bytes.drop(ino);
    return result === 0 && setsAttributes ? this.#putAttributes(this.inode(ino)!, { isAsked: true }) : result;
  }

  override fsyncDirectory(caller: Caller, ino: number, dataOnly = false): 0 | Errno {
    const setsAttributes = this.inode(ino)?.attributesChanged === true;
    const result = super.fsyncDirectory(caller, ino, dataOnly);
    const refused = this.#mirror.takeRefusal();
    if (result !== 0 || refused !== 0) return refused || result;
    const directory = this.inode(ino);
    return setsAttributes && directory !== undefined ? this.#putAttributes(directory, { isAsked: true }) : 0;
  }

  /** Everything un-synced goes into the tree. Throws a refusal where the tree does not take it. */
  override checkpoint(caller: Caller): { readonly sizeBytes: number } {
    const { table } = this.#rootedState;
    const sizeBytes = this.unsyncedBytes;
    const unsynced = table.unsynced();
    const changed = unsynced.filter((inode) => inode.attributesChanged).map(({ ino }) => ino);
    // Names first: a file must stand in the tree before its bytes can.
    for (const { ino, kind } of unsynced)
      if (kind === 'directory' && this.inode(ino) !== undefined) this.#must(syncDirectory(table, ino), ino);
    this.#mirror.takeRefusal();
    for (const { ino } of unsynced) {
      const inode = this.inode(ino);
      if (inode?.kind === 'file') this.#must(this.#putOut(inode), ino);
    }
    super.checkpoint(caller);
    for (const { ino } of unsynced) this.#bytes.drop(ino);
    for (const ino of changed) {
      const inode = this.inode(ino);
      if (inode !== undefined) this.#must(this.#putAttributes(inode, { isAsked: true }), ino);
    }
    return { sizeBytes };
  }

  override loseUnsynced(...args: Parameters<Disk['loseUnsynced']>): ReturnType<Disk['loseUnsynced']> {
    const loss = super.loseUnsynced(...args);
    for (const ino of loss.changedInos) {
      this.#bytes.revert(ino);
      this.#letGo(ino);
    }
    return loss;
  }

  override statfs(): ReturnType<Disk['statfs']> {
    const { bsize, blocks, bavail, files, ffree } = fs.statfsSync(bytesOf(this.#root));
    return {
      blockSize: bsize,
      blocks,
      blocksFree: Math.max(0, bavail - Math.ceil(this.unsyncedBytes / bsize)),
      files,
      filesFree: ffree,
      nameLength: 255,
    };
  }

  unsyncedInos(): readonly number[] {
    return this.#rootedState.table.unsynced().map(({ ino }) => ino);
  }

  /** Parts of a file become durable without a barrier, as torn and reordered writes do. Bytes are the volatile ones. */
  persistRanges(
    ino: number,
    ranges: readonly { readonly offset: number; readonly length: number }[],
  ): Errno | 0 {
    const inode = this.inode(ino);
    if (inode?.kind !== 'file' || !this.#bytes.isBacked(inode)) return EBADF;
    return this.#bytes.persist(inode, ranges);
  }

  /** Bytes that a program meant to write become durable; the volatile face does not hear of them. */
  persistBytes(ino: number, offset: number, bytes: Uint8Array): Errno | 0 {
    const inode = this.inode(ino);
    if (inode?.kind !== 'file' || !this.#bytes.isBacked(inode)) return EBADF;
    return this.#bytes.persistBytes(inode, offset, bytes);
  }

  #must(errno: Errno | 0, ino: number): void {
    if (errno === 0) return;
    throw new Refusal(`${this.pathOf(ino) || 'the root'} could not be made durable: ${errnoName(errno)}`);
  }

  #putOut(inode: Inode): Errno | 0 {
    return this.#bytes.isBacked(inode) ? this.#bytes.putOut(inode) : 0;
  }

  /** `isAsked`: times that a data op left by itself go with its data. */
  #putAttributes(inode: Inode, { isAsked }: { readonly isAsked: boolean }): Errno | 0 {
    const path = this.#mirror.pathOf(inode.ino);
    if (path === undefined || !isAsked || inode.kind === 'socket') return 0;
    try {
      putAttributes(inode, inode.durable, path);
      return 0;
    } catch (error) {
      return errnoOf(error);
    }
  }

  /** A new name, which goes again when the tree refuses it. */
  #give(caller: Caller, parent: number, name: string, give: () => Inode | Errno): Inode | Errno {
    this.lookup(parent, name);
    const given = give();
    const refused = this.#mirror.takeRefusal();
    if (refused === 0 || typeof given === 'number') return given;
    if (given.kind === 'directory') super.rmdir(caller, parent, name);
    else super.unlink(caller, parent, name);
    this.#mirror.takeRefusal();
    return refused;
  }

  /** A name that is gone in the volatile face stays gone there; the caller hears that the tree has it still. */
  #take(result: 0 | Errno): 0 | Errno {
    const refused = this.#mirror.takeRefusal();
    return result === 0 ? refused : result;
  }

  #adopt(parent: number, name: string): Inode | undefined {
    const directory = this.inode(parent);
    const path = this.#mirror.pathOf(parent);
    if (directory === undefined || path === undefined || directory.changedNames.has(name)) return undefined;
    const found = look(`${path}/${name}`);
    if (found === undefined) return undefined;
    const known = this.#linked.get(found.key);
    if (known !== undefined) return adoption.adoptName(this.#rootedState, known, { parent, name });
    const inode = adoption.adopt(this.#rootedState, { parent, name }, found);
    if (found.kind !== 'directory' && found.nlink > 1) {
      this.#linked.set(found.key, inode.ino);
      this.#keys.set(inode.ino, found.key);
    }
    this.#strangers.add(inode.ino);
    if (this.#strangers.size > strangersAtMost) this.#letGoOldest();
    return inode;
  }

  /** Enough to know that a directory is not empty. */
  #adoptSomeOf(result: Inode | Errno): void {
    if (typeof result === 'number' || result.kind !== 'directory' || result.volatile.entries.size > 0) return;
    const names = this.entries(result.ino);
    if (typeof names !== 'number' && names[0] !== undefined) this.lookup(result.ino, names[0][0]);
  }

  #letGoOldest(): void {
    const [oldest] = this.#strangers;
    this.#strangers.delete(oldest!);
    this.#letGo(oldest!);
  }

  /** Lets go of an inode that nobody needs, and of directories above that only it needed. */
  #letGo(ino: number): void {
    const inode = this.inode(ino);
    if (inode === undefined) {
      this.#unlist(ino);
      return;
    }
    if (ino === rootIno || this.#mirror.pathOf(ino) === undefined) return;
    if (!adoption.abandon(this.#rootedState, ino)) return;
    this.#unlist(ino);
    this.#letGo(inode.parent);
  }

  #unlist(ino: number): void {
    this.#strangers.delete(ino);
    this.#bytes.unlist(ino);
    const key = this.#keys.get(ino);
    if (key === undefined) return;
    this.#keys.delete(ino);
    this.#linked.delete(key);
  }
}
