/**
 * An inode and its two faces: what programs see, and what a power cut would leave. Shared between a disk and its forks
 * until one of them changes it; only the disk that owns it may. There is one for each file of a disk, so that what most files have
 * takes no object: while the faces are alike they are one, and a single pending op, or stretch of un-synced bytes, stands by itself.
 */
import { bytesOfStretch, DirtyRanges, longerStretch, noStretch, nothingDirty } from './dirty-ranges.ts';
import { Face, type Attributes, type Timestamp } from './face.ts';
import { countOf, fewOf, listOf, type Few } from './few.ts';
import type { PageStore } from './page-store.ts';
import { isDataOp, nothingPending, PendingOps } from './pending-ops.ts';
import type { Op } from './op.ts';
import { without, type Link, type Place } from './place.ts';
import { SharedSet } from './shared-map.ts';

export type InodeKind = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'char' | 'block';

/** S_IFMT bits by kind (inode(7)). */
const typeBits: Record<InodeKind, number> = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  fifo: 0o010000,
  socket: 0o140000,
  char: 0o020000,
  block: 0o060000,
};

/** Stands in for what only directories have. Never changed. */
const noNames = new SharedSet();

/** What never changes about an inode. */
export interface Identity {
  readonly ino: number;
  readonly kind: InodeKind;
  readonly rdev: number;
  /** What a symlink points to, as a binary string. */
  readonly target: string;
}

/** The plain file behind an inode. */
export interface Backing {
  readonly ino: number;
  readonly blocks512: number;
}

export class Inode implements Identity {
  readonly ino: number;
  readonly kind: InodeKind;
  /** The device's number or the symlink's target; most inodes have neither. */
  readonly #detail: number | string;

  /** The same object while nothing is un-synced, in most files: `InodeTable.own` makes them two before either is changed. */
  volatile: Face;
  durable: Face;

  /** The only disk that may change this object; others clone it first. */
  owner: object;
  /** How many tables hold this object. */
  holders = 1;

  #links: Few<Link>;
  #durableLinks: Few<Place>;
  /** Where it was last named, in the volatile face: for paths, and for a directory its `..`. */
  home: Place;

  /** One stretch of the first page, as most files have, or all there is. */
  #dirty: number | DirtyRanges = noStretch;
  /** Names on which the faces differ. */
  readonly changedNames: SharedSet;
  /** Mode, owner, times or xattrs were set and not synced. Times that ops leave by themselves do not count. */
  attributesChanged = false;
  /** Of an inode that a plain file stands behind (adoption.ts): what of that file stat shows. Replaced, never changed. */
  backing: Backing | undefined = undefined;
  #pending: Op | PendingOps | undefined;

  constructor(
    identity: Identity,
    owner: object,
    home: Place,
    volatile: Face,
    durable: Face,
    changedNames: SharedSet,
  ) {
    this.ino = identity.ino;
    this.kind = identity.kind;
    this.#detail = identity.kind === 'symlink' ? identity.target : identity.rdev;
    this.owner = owner;
    this.home = home;
    this.volatile = volatile;
    this.durable = durable;
    this.changedNames = changedNames;
  }

  /** A new inode, without a name yet. Its kind, owner and first attributes are durable as soon as any name of it is. */
  static create(identity: Identity, owner: object, home: Place, attributes: Attributes): Inode {
    if (identity.kind !== 'directory') {
      const face = Face.inCommon(attributes);
      return new Inode(identity, owner, home, face, face, noNames);
    }
    const [volatile, durable] = [Face.ofDirectory(attributes), Face.ofDirectory(attributes)];
    return new Inode(identity, owner, home, volatile, durable, new SharedSet());
  }

  /** Its names in the volatile face; a directory has one, or none once it was removed. */
  get links(): readonly Link[] {
    return listOf(this.#links);
  }
  set links(links: readonly Link[]) {
    this.#links = fewOf(links);
  }
  /** Its names in the durable face: while there are any, a cut can bring it back. */
  get durableLinks(): readonly Place[] {
    return listOf(this.#durableLinks);
  }
  set durableLinks(links: readonly Place[]) {
    this.#durableLinks = fewOf(links);
  }

  get rdev(): number {
    return typeof this.#detail === 'number' ? this.#detail : 0;
  }
  /** What a symlink points to, as a binary string. */
  get target(): string {
    return typeof this.#detail === 'string' ? this.#detail : '';
  }
  get parent(): number {
    return this.home.parent;
  }
  get name(): string {
    return this.home.name;
  }
  get nlink(): number {
    const count = countOf(this.#links);
    if (this.kind !== 'directory') return count;
    return count === 0 ? 0 : 2 + this.volatile.subdirectories;
  }
  get mode(): number {
    return this.volatile.mode;
  }
  get uid(): number {
    return this.volatile.uid;
  }
  get gid(): number {
    return this.volatile.gid;
  }
  get size(): number {
    if (this.kind === 'symlink') return this.target.length;
    return this.kind === 'directory' ? directorySizeBytes : this.volatile.size;
  }
  get atime(): Timestamp {
    return this.volatile.atime;
  }
  get mtime(): Timestamp {
    return this.volatile.mtime;
  }
  get ctime(): Timestamp {
    return this.volatile.ctime;
  }
  /** st_mode: type and permission bits. */
  get typeAndMode(): number {
    return typeBits[this.kind] | this.volatile.mode;
  }
  /** st_blocks: holes are not counted. */
  get blocks512(): number {
    if (this.kind === 'directory') return 8;
    return (this.backing?.blocks512 ?? 0) + this.volatile.pages.count * 8;
  }
  /** What stat shows as the inode's number. */
  get shownIno(): number {
    return this.backing?.ino ?? this.ino;
  }

  /** True while neither face names it: only a memory can keep it, and no cut can bring it back. */
  get isNameless(): boolean {
    return countOf(this.#links) === 0 && countOf(this.#durableLinks) === 0;
  }

  /** True while a cut could show something else than programs see, this inode's own names apart. */
  get isUnsynced(): boolean {
    return this.hasUnsyncedData || this.attributesChanged || this.changedNames.size > 0;
  }

  get hasUnsyncedData(): boolean {
    return this.#hasDirtyPages || this.volatile.size !== this.durable.size;
  }

  /** A durable name of it is gone. */
  loseDurableLink(place: Place): void {
    this.durableLinks = without(this.durableLinks, place);
    if (!this.links.some((link) => link.left !== undefined)) return;
    this.links = this.links.map((link) =>
      link.left === undefined ? link : { ...link, left: without(link.left, place) },
    );
  }

  /** Pages on which the faces may differ, with the un-synced bytes, to be looked at. Off these pages the faces are equal. */
  get dirty(): DirtyRanges {
    const dirty = this.#dirty;
    if (dirty === noStretch) return nothingDirty;
    return typeof dirty === 'number' ? DirtyRanges.ofFirstPage(dirty) : dirty;
  }

  get dirtyBytes(): number {
    return typeof this.#dirty === 'number' ? bytesOfStretch(this.#dirty) : this.#dirty.sizeBytes;
  }

  get #hasDirtyPages(): boolean {
    return typeof this.#dirty === 'number' ? this.#dirty !== noStretch : this.#dirty.pageCount > 0;
  }

  /** The same in a form that may be changed. */
  ownDirty(): DirtyRanges {
    if (typeof this.#dirty === 'number') this.#dirty = DirtyRanges.ofFirstPage(this.#dirty);
    return this.#dirty;
  }

  /** Bytes [from, to) of a page were written. */
  addDirty(page: number, from: number, to: number): void {
    if (page === 0 && typeof this.#dirty === 'number') {
      const longer = longerStretch(this.#dirty, from, to);
      if (longer !== noStretch) {
        this.#dirty = longer;
        return;
      }
    }
    this.ownDirty().add(page, from, to);
  }

  clearDirty(): void {
    this.#dirty = noStretch;
  }

  /** An op that no barrier covers yet. */
  note(op: Op): void {
    if (this.#pending === undefined) this.#pending = op;
    else this.#ownPending().add(op);
  }

  noteOnName(op: Op, name: string): void {
    this.#ownPending().addOnName(op, name);
  }

  /** Ops that no barrier covered, to be looked at. */
  get pending(): PendingOps {
    const pending = this.#pending;
    if (pending === undefined) return nothingPending;
    return pending instanceof PendingOps ? pending : new PendingOps(pending);
  }

  clearPending(): void {
    this.#pending = undefined;
  }

  /** A data barrier covers them. */
  forgetPendingData(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    if (pending instanceof PendingOps) pending.forgetData();
    else if (isDataOp(pending)) this.#pending = undefined;
  }

  forgetPendingName(name: string): void {
    if (this.#pending instanceof PendingOps) this.#pending.forgetName(name);
  }

  /** As `PendingOps.forgetNameUntil`. */
  forgetPendingNameUntil(name: string, carriedAway: number): void {
    if (this.#pending instanceof PendingOps) this.#pending.forgetNameUntil(name, carriedAway);
  }

  #ownPending(): PendingOps {
    const pending = this.#pending;
    if (pending instanceof PendingOps) return pending;
    return (this.#pending = new PendingOps(pending));
  }

  /** A copy that `owner` may change. Shares pages, not tables. */
  clone(owner: object, store: PageStore): Inode {
    const volatile = this.volatile.isInCommon ? this.volatile : this.volatile.clone(store);
    const isOne = this.durable === this.volatile;
    const durable = isOne ? volatile : this.durable.isInCommon ? this.durable : this.durable.clone(store);
    const changedNames = this.changedNames === noNames ? noNames : this.changedNames.clone();
    const copy = new Inode(this, owner, this.home, volatile, durable, changedNames);
    copy.#dirty = typeof this.#dirty === 'number' ? this.#dirty : this.#dirty.clone();
    copy.#pending = this.#pending instanceof PendingOps ? this.#pending.clone() : this.#pending;
    copy.#links = this.#links;
    copy.#durableLinks = this.#durableLinks;
    copy.attributesChanged = this.attributesChanged;
    copy.backing = this.backing;
    return copy;
  }

  /** A copy of a file that `owner` may change, with nothing un-synced but names: both faces are the durable one. */
  cloneDurable(owner: object, store: PageStore): Inode {
    const face = this.durable.isInCommon ? this.durable : this.durable.clone(store);
    const copy = new Inode(this, owner, this.home, face, face, noNames);
    copy.links = this.links;
    copy.durableLinks = this.durableLinks;
    return copy;
  }

  /** A copy of a file that `owner` may change, with the bytes and the size of the durable face in both. */
  cloneWithoutData(owner: object, store: PageStore): Inode {
    const durable = this.durable.isInCommon ? this.durable : this.durable.clone(store);
    const volatile = this.durable.clone(store);
    volatile.copyAttributes(this.volatile);
    const copy = new Inode(this, owner, this.home, volatile, durable, noNames);
    const pending = this.pending.withoutData();
    if (pending !== nothingPending) copy.#pending = pending;
    copy.#links = this.#links;
    copy.#durableLinks = this.#durableLinks;
    copy.attributesChanged = this.attributesChanged;
    copy.backing = this.backing;
    return copy;
  }

  /** The volatile face may be changed afterwards, by itself. */
  divide(store: PageStore): void {
    if (this.volatile === this.durable) this.volatile = this.volatile.clone(store);
  }

  /** The durable face, in a form that may be changed; `divide` comes before. */
  ownDurable(store: PageStore): Face {
    if (this.durable.isInCommon) this.durable = this.durable.clone(store);
    return this.durable;
  }

  /** The faces are alike but for times, in which the durable one follows: one will do where it is cheap to copy. */
  unite(store: PageStore): void {
    const { volatile, durable } = this;
    if (volatile === durable) return;
    if (!volatile.isSmall || !durable.isSmall) {
      this.ownDurable(store).copyTimes(volatile);
    } else if (durable.isInCommon && durable.hasAttributes(volatile)) {
      volatile.releasePages(store);
      this.volatile = durable;
    } else {
      durable.releasePages(store);
      this.durable = volatile;
    }
  }

  releasePages(store: PageStore): void {
    const { volatile, durable } = this;
    volatile.releasePages(store);
    if (durable !== volatile) durable.releasePages(store);
  }
}

/** ext4's size of a small directory; programs do not rely on it, people compare it. */
const directorySizeBytes = 4096;
