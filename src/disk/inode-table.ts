/**
 * All inodes of one disk, which of them are un-synced, and who still remembers them. Forks share inode objects; whoever
 * wants to change one takes it over first, by clone unless it is the last holder.
 */
import { Face, Inode, type Attributes, type InodeKind } from './inode.ts';
import { PageMap } from './page-map.ts';
import type { PageStore } from './page-store.ts';

export const rootIno = 1;

export class InodeTable {
  readonly store: PageStore;
  readonly #inodes: Map<number, Inode>;
  /** Kernel lookups (and open files) by inode: an unlinked inode lives while it is remembered. */
  readonly #memories = new Map<number, number>();
  readonly #unsynced = new Set<number>();
  /** Inodes that only a memory keeps: unlinked open files. No cut can bring them back. */
  readonly #orphans = new Set<number>();
  #unsyncedBytes = 0;
  #owner: object = {};
  #nextIno: number;

  constructor(store: PageStore, inodes: Map<number, Inode> = new Map(), nextIno = rootIno) {
    this.store = store;
    this.#inodes = inodes;
    this.#nextIno = nextIno;
  }

  get count(): number {
    return this.#inodes.size;
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

  all(): Iterable<Inode> {
    return this.#inodes.values();
  }

  unsynced(): Inode[] {
    return [...this.#unsynced].map((ino) => this.#inodes.get(ino)!);
  }

  orphans(): number[] {
    return [...this.#orphans];
  }

  create(
    kind: InodeKind,
    attributes: Attributes,
    home: { parent: number; name: string },
    rdev = 0,
    target = '',
  ): Inode {
    const inode = new Inode({
      ino: this.#nextIno++,
      kind,
      rdev,
      target,
      owner: this.#owner,
      nlink: kind === 'directory' ? 2 : 1,
      parent: home.parent,
      name: home.name,
      volatile: new Face(attributes),
      durable: new Face(attributes, new PageMap(), new Map()),
    });
    this.#inodes.set(inode.ino, inode);
    return inode;
  }

  /** The inode, in a form that this disk may change. */
  own(ino: number): Inode {
    const inode = this.#inodes.get(ino);
    if (inode === undefined) throw new Error(`inode ${ino} does not exist`);
    if (inode.owner === this.#owner) return inode;
    if (inode.holders === 1) {
      inode.owner = this.#owner;
      return inode;
    }
    inode.holders--;
    const copy = inode.clone(this.store, this.#owner);
    this.#inodes.set(ino, copy);
    return copy;
  }

  /** Runs a change of an inode and keeps the books on what is un-synced. */
  change<Result>(inode: Inode, change: () => Result): Result {
    const before = inode.dirty.sizeBytes;
    const result = change();
    this.#unsyncedBytes += inode.dirty.sizeBytes - before;
    if (inode.isUnsynced) this.#unsynced.add(inode.ino);
    else this.#unsynced.delete(inode.ino);
    return result;
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
    const remembered = [...this.#memories.keys()];
    this.#memories.clear();
    for (const ino of remembered) this.reap(ino);
  }

  /** Drops an inode that no name, no durable name and no memory keeps; and what only its durable names kept. */
  reap(ino: number): void {
    const inode = this.#inodes.get(ino);
    if (inode === undefined || ino === rootIno) return;
    if (inode.nlink > 0 || inode.durableLinks > 0) return;
    if (this.#memories.has(ino)) {
      this.#orphans.add(ino);
      return;
    }
    this.#inodes.delete(ino);
    this.#orphans.delete(ino);
    this.#unsynced.delete(ino);
    this.#unsyncedBytes -= inode.dirty.sizeBytes;
    for (const child of inode.durable.entries.values()) {
      if (!this.#inodes.has(child)) continue;
      const owned = this.own(child);
      owned.durableLinks--;
      if (owned.durableHome?.parent === ino) owned.durableHome = undefined;
      this.reap(child);
    }
    this.#letGo(inode);
  }

  /** A second table over the same inodes. Neither may change them in place any more. Memories stay with this one. */
  fork(): InodeTable {
    for (const inode of this.#inodes.values()) inode.holders++;
    this.#owner = {};
    const copy = new InodeTable(this.store, new Map(this.#inodes), this.#nextIno);
    for (const ino of this.#unsynced) copy.#unsynced.add(ino);
    for (const ino of this.#orphans) copy.#orphans.add(ino);
    copy.#unsyncedBytes = this.#unsyncedBytes;
    return copy;
  }

  release(): void {
    for (const inode of this.#inodes.values()) this.#letGo(inode);
    this.#inodes.clear();
    this.#unsynced.clear();
    this.#orphans.clear();
    this.#memories.clear();
    this.#unsyncedBytes = 0;
  }

  #letGo(inode: Inode): void {
    inode.holders--;
    if (inode.holders === 0) inode.releasePages(this.store);
  }
}
