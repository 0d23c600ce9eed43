/**
 * An inode and its two faces: what programs see, and what a power cut would leave. Shared between a disk and its forks
 * until one of them changes it; only the disk that owns it may.
 */
import { DirtyRanges, nothingDirty } from './dirty-ranges.ts';
import { noPages, PageMap } from './page-map.ts';
import type { PageStore } from './page-store.ts';
import { nothingPending, PendingOps } from './pending-ops.ts';
import type { Op } from './op.ts';
import { nowhere, without, type Link, type Place } from './place.ts';
import { SharedMap, SharedSet } from './shared-map.ts';

export interface Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

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

export interface Attributes {
  mode: number;
  uid: number;
  gid: number;
  atime: Timestamp;
  mtime: Timestamp;
  ctime: Timestamp;
}

/** Stands in for what only directories have. Never changed. */
const noEntries = new SharedMap<number>();
const noNames = new SharedSet();

/** One of the two states of an inode. */
export class Face implements Attributes {
  mode: number;
  uid: number;
  gid: number;
  atime: Timestamp;
  mtime: Timestamp;
  ctime: Timestamp;
  size = 0;
  /** Replaced, never changed in place: faces share it. */
  xattrs: ReadonlyMap<string, Uint8Array> | undefined = undefined;
  /** Bytes of a file. Changed through `ownPages`. */
  pages: PageMap;
  /** Names of a directory, as binary strings. Empty for everything else. */
  readonly entries: SharedMap<number>;
  /** How many of the entries are directories. */
  subdirectories = 0;

  constructor(attributes: Attributes, pages: PageMap, entries: SharedMap<number>) {
    this.mode = attributes.mode;
    this.uid = attributes.uid;
    this.gid = attributes.gid;
    this.atime = attributes.atime;
    this.mtime = attributes.mtime;
    this.ctime = attributes.ctime;
    this.pages = pages;
    this.entries = entries;
  }

  copyAttributes(from: Face): void {
    this.mode = from.mode;
    this.uid = from.uid;
    this.gid = from.gid;
    this.copyTimes(from);
    this.xattrs = from.xattrs;
  }

  copyTimes(from: Face): void {
    this.atime = from.atime;
    this.mtime = from.mtime;
    this.ctime = from.ctime;
  }

  /** The pages, in a form that may be changed: what has none shares an empty map. */
  ownPages(): PageMap {
    if (this.pages === noPages) this.pages = new PageMap();
    return this.pages;
  }

  releasePages(store: PageStore): void {
    this.pages.release(store);
    this.pages = noPages;
  }

  clone(store: PageStore): Face {
    const entries = this.entries === noEntries ? noEntries : this.entries.clone();
    const pages = this.pages === noPages ? noPages : this.pages.clone(store);
    const copy = new Face(this, pages, entries);
    copy.size = this.size;
    copy.xattrs = this.xattrs;
    copy.subdirectories = this.subdirectories;
    return copy;
  }
}

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
  readonly rdev: number;
  readonly target: string;

  readonly volatile: Face;
  readonly durable: Face;

  /** The only disk that may change this object; others clone it first. */
  owner: object;
  /** How many tables hold this object. */
  holders = 1;

  /** Its names in the volatile face; a directory has one, or none once it was removed. */
  links: readonly Link[] = nowhere;
  /** Its names in the durable face: while there are any, a cut can bring it back. */
  durableLinks: readonly Place[] = nowhere;
  /** Where it was last named, in the volatile face: for paths, and for a directory its `..`. */
  home: Place;

  /** Pages on which the faces may differ, with the un-synced bytes. Off these pages the faces are equal. */
  dirty: DirtyRanges = nothingDirty;
  /** Names on which the faces differ. */
  readonly changedNames: SharedSet;
  /** Mode, owner, times or xattrs were set and not synced. Times that ops leave by themselves do not count. */
  attributesChanged = false;
  /** Of an inode that a plain file stands behind (adoption.ts): what of that file stat shows. Replaced, never changed. */
  backing: Backing | undefined = undefined;
  /** Changed through `note` and `noteOnName`; whoever forgets may do so here. */
  pending: PendingOps = nothingPending;

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
    this.rdev = identity.rdev;
    this.target = identity.target;
    this.owner = owner;
    this.home = home;
    this.volatile = volatile;
    this.durable = durable;
    this.changedNames = changedNames;
  }

  /** A new inode, without a name yet. Its kind, owner and first attributes are durable as soon as any name of it is. */
  static create(identity: Identity, owner: object, home: Place, attributes: Attributes): Inode {
    const isDirectory = identity.kind === 'directory';
    const face = () => new Face(attributes, noPages, isDirectory ? new SharedMap() : noEntries);
    const changedNames = isDirectory ? new SharedSet() : noNames;
    return new Inode(identity, owner, home, face(), face(), changedNames);
  }

  get parent(): number {
    return this.home.parent;
  }
  get name(): string {
    return this.home.name;
  }
  get nlink(): number {
    if (this.kind !== 'directory') return this.links.length;
    return this.links.length === 0 ? 0 : 2 + this.volatile.subdirectories;
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
    return this.links.length === 0 && this.durableLinks.length === 0;
  }

  /** True while a cut could show something else than programs see, this inode's own names apart. */
  get isUnsynced(): boolean {
    return this.hasUnsyncedData || this.attributesChanged || this.changedNames.size > 0;
  }

  get hasUnsyncedData(): boolean {
    return this.dirty.pageCount > 0 || this.volatile.size !== this.durable.size;
  }

  /** A durable name of it is gone. */
  loseDurableLink(place: Place): void {
    this.durableLinks = without(this.durableLinks, place);
    if (!this.links.some((link) => link.left !== undefined)) return;
    this.links = this.links.map((link) =>
      link.left === undefined ? link : { ...link, left: without(link.left, place) },
    );
  }

  /** The un-synced bytes, in a form that may be changed: what has none shares an empty one. */
  ownDirty(): DirtyRanges {
    if (this.dirty === nothingDirty) this.dirty = new DirtyRanges();
    return this.dirty;
  }

  clearDirty(): void {
    this.dirty = nothingDirty;
  }

  /** An op that no barrier covers yet. */
  note(op: Op): void {
    this.#ownPending().add(op);
  }

  noteOnName(op: Op, name: string): void {
    this.#ownPending().addOnName(op, name);
  }

  clearPending(): void {
    this.pending = nothingPending;
  }

  #ownPending(): PendingOps {
    if (this.pending === nothingPending) this.pending = new PendingOps();
    return this.pending;
  }

  /** A copy that `owner` may change. Shares pages, not tables. */
  clone(owner: object, store: PageStore): Inode {
    const copy = new Inode(
      this,
      owner,
      this.home,
      this.volatile.clone(store),
      this.durable.clone(store),
      this.changedNames === noNames ? noNames : this.changedNames.clone(),
    );
    if (this.dirty !== nothingDirty) copy.dirty = this.dirty.clone();
    if (this.pending !== nothingPending) copy.pending = this.pending.clone();
    copy.links = this.links;
    copy.durableLinks = this.durableLinks;
    copy.attributesChanged = this.attributesChanged;
    copy.backing = this.backing;
    return copy;
  }

  releasePages(store: PageStore): void {
    this.volatile.releasePages(store);
    this.durable.releasePages(store);
  }
}

/** ext4's size of a small directory; programs do not rely on it, people compare it. */
const directorySizeBytes = 4096;
