/**
 * One of the two states of an inode: its attributes, its bytes, its names. There is one for each file of a disk, and a second one
 * where the states differ, so that what most have in common is shared: who owns it, empty maps, and the state of files that were
 * made together.
 */
import { noPages, PageMap } from './page-map.ts';
import type { PageStore } from './page-store.ts';
import { SharedMap } from './shared-map.ts';

export interface Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export interface Attributes {
  mode: number;
  uid: number;
  gid: number;
  atime: Timestamp;
  mtime: Timestamp;
  ctime: Timestamp;
}

type Xattrs = ReadonlyMap<string, Uint8Array> | undefined;

/** What is seldom set, and the same for most files. Replaced, never changed: faces share it. */
interface Rights {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly xattrs: Xattrs;
}

/** What only directories have. */
interface Listing {
  readonly entries: SharedMap<number>;
  subdirectories: number;
}

/** Stands in where there is none. Never changed. */
const noListing: Listing = Object.freeze({ entries: new SharedMap<number>(), subdirectories: 0 });
/** The same, of a face that several inodes have. */
const noListingInCommon: Listing = Object.freeze({ entries: new SharedMap<number>(), subdirectories: 0 });

/** The rights of the inode made last, and its first face if it was no directory: the next one mostly has the same. */
let lastRights: Rights = { mode: 0, uid: 0, gid: 0, xattrs: undefined };
let lastFace: Face | undefined;

export class Face implements Attributes {
  #rights: Rights;
  atime: Timestamp;
  mtime: Timestamp;
  ctime: Timestamp;
  size = 0;
  /** Bytes of a file. Changed through `ownPages`. */
  pages = noPages;
  readonly #listing: Listing;

  private constructor(rights: Rights, { atime, mtime, ctime }: Attributes, listing: Listing) {
    this.#rights = rights;
    this.atime = atime;
    this.mtime = mtime;
    this.ctime = ctime;
    this.#listing = listing;
  }

  static ofDirectory(attributes: Attributes): Face {
    return new Face(rightsOf(attributes), attributes, {
      entries: new SharedMap<number>(),
      subdirectories: 0,
    });
  }

  /** Of an inode that has neither bytes nor names yet. Several have it, so that it must not be changed: that would throw. */
  static inCommon(attributes: Attributes): Face {
    const rights = rightsOf(attributes);
    const last = lastFace;
    if (last !== undefined && last.#rights === rights && hasTimes(last, attributes)) return last;
    lastFace = new Face(rights, attributes, noListingInCommon);
    Object.freeze(lastFace);
    return lastFace;
  }

  get isInCommon(): boolean {
    return this.#listing === noListingInCommon;
  }

  /** Whether it is cheap to copy, and has no names. */
  get isSmall(): boolean {
    return this.pages.isSmall && (this.#listing === noListing || this.isInCommon);
  }

  get mode(): number {
    return this.#rights.mode;
  }
  set mode(mode: number) {
    this.#rights = { ...this.#rights, mode };
  }
  get uid(): number {
    return this.#rights.uid;
  }
  set uid(uid: number) {
    this.#rights = { ...this.#rights, uid };
  }
  get gid(): number {
    return this.#rights.gid;
  }
  set gid(gid: number) {
    this.#rights = { ...this.#rights, gid };
  }
  /** Replaced, never changed in place. */
  get xattrs(): Xattrs {
    return this.#rights.xattrs;
  }
  set xattrs(xattrs: Xattrs) {
    this.#rights = { ...this.#rights, xattrs };
  }

  /** Names of a directory, as binary strings. Empty for everything else. */
  get entries(): SharedMap<number> {
    return this.#listing.entries;
  }
  /** How many of the entries are directories. */
  get subdirectories(): number {
    return this.#listing.subdirectories;
  }
  set subdirectories(count: number) {
    this.#listing.subdirectories = count;
  }

  /** Whether all but bytes and names are the same. */
  hasAttributes(other: Face): boolean {
    return this.#rights === other.#rights && hasTimes(this, other);
  }

  copyAttributes(from: Face): void {
    this.#rights = from.#rights;
    this.copyTimes(from);
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
    if (this.pages === noPages) return;
    this.pages.release(store);
    this.pages = noPages;
  }

  clone(store: PageStore): Face {
    const { entries, subdirectories } = this.#listing;
    const isDirectory = this.#listing !== noListing && !this.isInCommon;
    const listing = isDirectory ? { entries: entries.clone(), subdirectories } : noListing;
    const copy = new Face(this.#rights, this, listing);
    if (this.pages !== noPages) copy.pages = this.pages.clone(store);
    copy.size = this.size;
    return copy;
  }
}

function hasTimes(one: Attributes, other: Attributes): boolean {
  return one.atime === other.atime && one.mtime === other.mtime && one.ctime === other.ctime;
}

function rightsOf({ mode, uid, gid }: Attributes): Rights {
  const last = lastRights;
  if (last.mode !== mode || last.uid !== uid || last.gid !== gid)
    lastRights = { mode, uid, gid, xattrs: undefined };
  return lastRights;
}
