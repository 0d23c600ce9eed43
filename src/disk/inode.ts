/**
 * An inode and its two faces: what programs see, and what a power cut would leave. Shared between a disk and its forks
 * until one of them changes it; only the disk that owns it may.
 */
import { DirtyRanges } from './dirty-ranges.ts';
import { PageMap } from './page-map.ts';
import type { PageStore } from './page-store.ts';
import { PendingOps } from './pending-ops.ts';

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
  xattrs: ReadonlyMap<string, Uint8Array> | undefined;
  readonly pages: PageMap;
  /** Names of a directory, as binary strings. Empty for everything else. */
  readonly entries: Map<string, number>;

  constructor(
    attributes: Attributes,
    pages: PageMap = new PageMap(),
    entries: Map<string, number> = new Map(),
  ) {
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

  clone(store: PageStore): Face {
    const copy = new Face(this, this.pages.clone(store), new Map(this.entries));
    copy.size = this.size;
    copy.xattrs = this.xattrs;
    return copy;
  }
}

export class Inode {
  readonly ino: number;
  readonly kind: InodeKind;
  readonly rdev: number;
  /** What a symlink points to, as a binary string. */
  readonly target: string;

  readonly volatile: Face;
  readonly durable: Face;

  /** The only disk that may change this object; others clone it first. */
  owner: object;
  /** How many disks (a disk and its forks) hold this object. */
  holders = 1;

  nlink: number;
  /** Durable names that refer to this inode: while there are any, a cut can bring it back. */
  durableLinks = 0;
  /** Where it was last named, in the volatile face: for paths, and for a directory its `..`. */
  parent: number;
  name: string;
  /** A directory's one durable name. */
  durableHome: { readonly parent: number; readonly name: string } | undefined;
  /** Everything about it is durable at once (`--pin`). */
  pinned = false;

  /** Pages on which the faces may differ, with the un-synced bytes. Off these pages the faces are equal. */
  readonly dirty: DirtyRanges;
  /**
   * Names on which the faces differ. The value is the inode that a rename carried away from under this name, or 0: a
   * rename is atomic, so losing the old name must not outlive gaining the new one.
   */
  readonly changedNames: Map<string, number>;
  attributesChanged = false;
  readonly pending: PendingOps;

  constructor(init: {
    readonly ino: number;
    readonly kind: InodeKind;
    readonly rdev: number;
    readonly target: string;
    readonly owner: object;
    readonly nlink: number;
    readonly parent: number;
    readonly name: string;
    readonly volatile: Face;
    readonly durable: Face;
    readonly dirty?: DirtyRanges;
    readonly changedNames?: Map<string, number>;
    readonly pending?: PendingOps;
  }) {
    this.ino = init.ino;
    this.kind = init.kind;
    this.rdev = init.rdev;
    this.target = init.target;
    this.owner = init.owner;
    this.nlink = init.nlink;
    this.parent = init.parent;
    this.name = init.name;
    this.volatile = init.volatile;
    this.durable = init.durable;
    this.dirty = init.dirty ?? new DirtyRanges();
    this.changedNames = init.changedNames ?? new Map();
    this.pending = init.pending ?? new PendingOps();
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
    return this.kind === 'directory' ? 8 : this.volatile.pages.count * 8;
  }

  /** True while a cut could show something else than programs see, this inode's own names apart. */
  get isUnsynced(): boolean {
    return (
      this.dirty.pageCount > 0 ||
      this.attributesChanged ||
      this.changedNames.size > 0 ||
      this.volatile.size !== this.durable.size
    );
  }

  /** A copy that `owner` may change. Shares pages, not tables. */
  clone(store: PageStore, owner: object): Inode {
    const copy = new Inode({
      ...this,
      owner,
      volatile: this.volatile.clone(store),
      durable: this.durable.clone(store),
      dirty: this.dirty.clone(),
      changedNames: new Map(this.changedNames),
      pending: this.pending.clone(),
    });
    copy.durableLinks = this.durableLinks;
    copy.durableHome = this.durableHome;
    copy.pinned = this.pinned;
    copy.attributesChanged = this.attributesChanged;
    return copy;
  }

  releasePages(store: PageStore): void {
    this.volatile.pages.release(store);
    this.durable.pages.release(store);
  }
}

/** ext4's size of a small directory; programs do not rely on it, people compare it. */
const directorySizeBytes = 4096;
