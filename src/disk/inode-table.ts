/**
 * All inodes of one disk, which of them are un-synced, and who still remembers them. Forks share inode objects; whoever
 * wants to change one takes it over first, by clone unless it is the last holder.
 */
import type { Errno } from './errno.ts';
import { revertData } from './file-data.ts';
import type { Attributes } from './face.ts';
import { Inode, type InodeKind } from './inode.ts';
import { NumberTable } from './number-table.ts';
import type { PageStore } from './page-store.ts';
import type { Place } from './place.ts';
import type { Recorder } from './recording/recorder.ts';
import { SharedTable } from './shared-table.ts';

export const rootIno = 1;

export class InodeTable {
  readonly store: PageStore;
  /** Where the durable face lies as plain files: hears of names before they become durable, and may refuse. */
  mirrorNames: ((places: readonly Place[]) => Errno | 0) | undefined = undefined;
  readonly #inodes: SharedTable;
  /** Kernel lookups (and open files) by inode: an unlinked inode lives while it is remembered. */
  readonly #memories = new NumberTable();
  /** Un-synced inodes that a cut could take something from, with the bytes that were counted for them. */
  #unsynced = new NumberTable();
  /** Hears of what becomes durable. Absent: no image but the durable face is ever asked for. */
  recorder: Recorder | undefined = undefined;
  /** Inodes that the recorder's log speaks of: images may show them, though neither face names them. */
  readonly #held = new Set<number>();
  /** Inodes that no face names: unlinked open files and temporary ones. No cut can bring them back. */
  readonly #nameless = new Set<number>();
  #unsyncedBytes = 0;
  #owner: object = {};
  #nextIno: number;

  constructor(store: PageStore, inodes = new SharedTable(), nextIno = rootIno) {
    this.store = store;
    this.#inodes = inodes;
    this.#nextIno = nextIno;
  }

  get count(): number {
    return this.#inodes.count;
  }

  /** Nothing is un-synced. */
  get isSettled(): boolean {
    return this.#unsynced.size === 0;
  }

  get unsyncedBytes(): number {
    return this.#unsyncedBytes;
  }

  get unsyncedCount(): number {
    return this.#unsynced.size;
  }

  get(ino: number): Inode | undefined {
    return this.#inodes.get(ino);
  }

  unsynced(): Inode[] {
    return this.#unsynced.inodes().map((ino) => this.#inodes.get(ino)!);
  }

  /** The inodes that no face names. */
  nameless(): number[] {
    return [...this.#nameless];
  }

  /** A new inode without a name: it lives until it gets one and loses it again. */
  create(kind: InodeKind, attributes: Attributes, home: Place, rdev = 0, target = ''): Inode {
    const identity = { ino: this.#nextIno++, kind, rdev, target };
    const inode = Inode.create(identity, this.#owner, home, attributes);
    this.#inodes.set(inode, this.#letGo);
    this.#nameless.add(inode.ino);
    return inode;
  }

  /** The inode, in a form that this disk may change, until `settle`. */
  own(ino: number): Inode {
    const inode = this.ownLinks(ino);
    inode.divide(this.store);
    return inode;
  }

  /** The same where the faces stay as they are. */
  ownLinks(ino: number): Inode {
    const inode = this.#inodes.get(ino);
    if (inode === undefined) throw new Error(`inode ${ino} does not exist`);
    if (inode.owner === this.#owner) return inode;
    if (!this.#inodes.isShared(inode)) {
      inode.owner = this.#owner;
      return inode;
    }
    const copy = inode.clone(this.#owner, this.store);
    this.#inodes.set(copy, this.#letGo);
    return copy;
  }

  /**
   * The inode as `own` gives it, and where it has to be copied as a cut leaves it, its names apart: what is un-synced is not
   * copied to be thrown away.
   */
  revert(ino: number): Inode {
    const inode = this.#inodes.get(ino);
    if (inode === undefined || inode.owner === this.#owner || !this.#inodes.isShared(inode))
      return this.own(ino);
    const copy = inode.cloneDurable(this.#owner, this.store);
    this.#inodes.set(copy, this.#letGo);
    return copy;
  }

  /** The inode as `own` gives it, with the durable bytes and size, and its names and attributes as they are. */
  loseData(ino: number): Inode {
    const inode = this.#inodes.get(ino)!;
    if (inode.owner !== this.#owner && this.#inodes.isShared(inode)) {
      const copy = inode.cloneWithoutData(this.#owner, this.store);
      this.#inodes.set(copy, this.#letGo);
      return copy;
    }
    const owned = this.own(ino);
    revertData(this.store, owned);
    owned.forgetPendingData();
    return owned;
  }

  /** Drops an inode, whatever its names say: no way leads to it any more. */
  discard(ino: number): void {
    this.#unsyncedBytes -= this.#unsynced.get(ino) ?? 0;
    this.#unsynced.delete(ino);
    this.#nameless.delete(ino);
    this.#inodes.delete(this.#inodes.get(ino)!, this.#letGo);
  }

  /** To be called when an inode of this disk's own was changed: whoever goes on with changing it owns it anew. */
  settle(inode: Inode): void {
    this.#keepBooks(inode);
    if (inode.isUnsynced) return;
    // Nothing is left to lose, so nothing is pending; and times alone, which every op leaves, are no loss.
    inode.unite(this.store);
    inode.clearPending();
  }

  /** For the recorder: the inode stays, whatever becomes of its names. */
  hold(ino: number): void {
    this.#held.add(ino);
  }

  get isHolding(): boolean {
    return this.#held.size > 0;
  }

  /** Of all that are held only these are from now on. */
  holdOnly(inos: ReadonlySet<number>): void {
    for (const ino of [...this.#held]) {
      if (inos.has(ino)) continue;
      this.#held.delete(ino);
      this.reap(ino);
    }
  }

  /** No face names it, and no program has it open: at most an image can show it. */
  isGone(ino: number): boolean {
    const inode = this.#inodes.get(ino);
    return inode === undefined || (inode.isNameless && !this.#memories.has(ino));
  }

  isRemembered(ino: number): boolean {
    return this.#memories.has(ino);
  }

  remember(ino: number): void {
    this.#memories.set(ino, (this.#memories.get(ino) ?? 0) + 1);
  }

  forget(ino: number, count: number): void {
    const left = (this.#memories.get(ino) ?? 0) - count;
    if (left > 0) {
      this.#memories.set(ino, left);
      return;
    }
    this.#memories.delete(ino);
    this.reap(ino);
  }

  /** Nobody remembers anything any more: the file system was unmounted. */
  forgetAll(): void {
    this.#memories.clear();
    for (const ino of [...this.#nameless]) this.reap(ino);
  }

  /** Drops an inode that no name, no durable name and no memory keeps; and what only its durable names kept. */
  reap(ino: number): void {
    const inode = this.#inodes.get(ino);
    if (inode === undefined || !inode.isNameless) return;
    this.#keepBooks(inode);
    if (this.#held.has(ino)) {
      if (!this.#memories.has(ino)) this.#forgetData(ino);
      return;
    }
    if (inode.kind === 'directory') this.#forgetDurableEntries(ino);
    if (this.#memories.has(ino)) return;
    this.#unsynced.delete(ino);
    this.#nameless.delete(ino);
    this.#inodes.delete(this.#inodes.get(ino)!, this.#letGo);
  }

  /**
   * A second table over the same inodes. Neither may change them in place any more. Memories stay with this one; `holding`: what is
   * held is held there, too.
   */
  fork(holding = false): InodeTable {
    this.#owner = {};
    const copy = new InodeTable(this.store, this.#inodes.copy(), this.#nextIno);
    if (holding) for (const ino of this.#held) copy.#held.add(ino);
    copy.#unsynced = this.#unsynced.clone();
    copy.#unsyncedBytes = this.#unsyncedBytes;
    for (const ino of this.#nameless) {
      copy.#nameless.add(ino);
      copy.reap(ino);
    }
    return copy;
  }

  release(): void {
    this.recorder?.clear();
    this.#inodes.clear(this.#letGo);
    this.#unsynced.clear();
    this.#nameless.clear();
    this.#memories.clear();
    this.#held.clear();
    this.#unsyncedBytes = 0;
  }

  #keepBooks(inode: Inode): void {
    const { ino, isNameless } = inode;
    if (isNameless) this.#nameless.add(ino);
    else this.#nameless.delete(ino);
    const counted = this.#unsynced.get(ino);
    if (inode.isUnsynced && !isNameless) {
      const bytes = inode.dirtyBytes;
      if (bytes !== counted) this.#unsynced.set(ino, bytes);
      this.#unsyncedBytes += bytes - (counted ?? 0);
    } else if (counted !== undefined) {
      this.#unsynced.delete(ino);
      this.#unsyncedBytes -= counted;
    }
  }

  /**
   * The un-synced bytes of a file that is held, and that no program can reach. That they were never written is always legal, and
   * to keep them would make of every temporary file a leak.
   */
  #forgetData(ino: number): void {
    if (this.#inodes.get(ino)!.hasUnsyncedData) revertData(this.store, this.own(ino));
    this.recorder?.dataSettled(ino);
  }

  /** No cut can reach what a nameless directory durably holds. */
  #forgetDurableEntries(ino: number): void {
    const entries = this.#inodes.get(ino)!.durable.entries;
    if (entries.size === 0) return;
    const directory = this.own(ino);
    const children = [...directory.durable.entries];
    directory.durable.entries.clear();
    directory.durable.subdirectories = 0;
    directory.changedNames.clear();
    this.settle(directory);
    for (const [name, child] of children) {
      if (this.#inodes.get(child) === undefined) continue;
      const owned = this.own(child);
      owned.loseDurableLink({ parent: ino, name });
      this.reap(child);
    }
  }

  readonly #letGo = (inode: Inode): void => {
    inode.releasePages(this.store);
  };
}
