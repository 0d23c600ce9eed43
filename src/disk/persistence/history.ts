/**
 * A log read once: for each cell of the disk (an entry of a directory, an attribute, a file's bytes and size) the chain of
 * versions that ops gave it, and each barrier with what it covered. All profiles work on this; none of them is known here.
 */
import type { InodeKind } from '../inode.ts';
import { pageSizeBytes } from '../page-store.ts';
import type { Place } from '../place.ts';
import { Chain } from './chain.ts';
import { isDataOp, type CrashLog, type Instant, type LoggedFileBarrier, type LoggedOp } from './crash-log.ts';
import { FileHistory, type PageSpan } from './file-history.ts';
import { treeInode, type TreeInode } from './tree.ts';

export interface EntryCell {
  readonly place: Place;
  readonly chain: Chain<number | undefined>;
}

export interface InodeHistory {
  readonly ino: number;
  readonly kind: InodeKind;
  readonly target: string;
  /** Entries of a directory that ops changed. */
  readonly entries: Map<string, EntryCell>;
  readonly baseEntries: ReadonlyMap<string, number>;
  readonly mode: Chain<number>;
  /** Those that ops changed. */
  xattrs: ReadonlyMap<string, Chain<Uint8Array | undefined>>;
  readonly baseXattrs: ReadonlyMap<string, Uint8Array>;
  readonly file: FileHistory | undefined;
  /** The last op so far, other than a write, that changed the inode in a way that a journal carries. */
  lastChange: number;
  /** The last of those that fdatasync covers. */
  lastDataChange: number;
  /** The last punch that gave nothing back: it zeroed bytes, and whether that is journalled is the file system's business. */
  lastZeroing: number;
}

export interface Barrier {
  readonly op: number;
  readonly kind: 'fsync' | 'fdatasync' | 'sync';
  /** 0 for sync. */
  readonly ino: number;
  /** The last journalled change of the inode before it, as far as no earlier barrier covered it; 0 for none. */
  readonly lastChange: number;
  readonly lastZeroing: number;
}

export const rootIno = 1;

export class History {
  readonly log: CrashLog;
  readonly instant: Instant;
  /** Inodes that the log names. */
  readonly inodes = new Map<number, InodeHistory>();
  /** Those that returned by the instant, without a failure. */
  readonly barriers: Barrier[] = [];
  /** Inodes whose bytes changed since the last sync(2): only those need to be told of one. */
  #dirtyFiles = new Set<FileHistory>();

  constructor(log: CrashLog, instant: Instant) {
    this.log = log;
    this.instant = instant;
    this.inode(rootIno);
    const { ops } = log;
    for (let index = 0; index < instant.begun; index++) this.#apply(index + 1, ops[index]!);
  }

  inode(ino: number): InodeHistory {
    const known = this.inodes.get(ino);
    if (known !== undefined) return known;
    const base = this.log.base.inodes.get(ino);
    if (base === undefined) throw new Error(`inode ${ino} is neither in the base of the log nor made in it`);
    return this.#add(fromBase(base));
  }

  cell(place: Place): EntryCell {
    const { parent, name } = place;
    const directory = this.inode(parent);
    const known = directory.entries.get(name);
    if (known !== undefined) return known;
    const cell = { place, chain: new Chain(directory.baseEntries.get(name)) };
    if (directory.kind !== 'directory')
      throw new Error(`inode ${parent} has no entries: it is a ${directory.kind}`);
    directory.entries.set(name, cell);
    return cell;
  }

  /** Every entry that ops changed. */
  *cells(): Generator<EntryCell> {
    for (const { entries } of this.inodes.values()) yield* entries.values();
  }

  #add(inode: InodeHistory): InodeHistory {
    this.inodes.set(inode.ino, inode);
    return inode;
  }

  #apply(op: number, logged: LoggedOp): void {
    if (isDataOp(logged)) {
      this.#applyData(op, logged);
      return;
    }
    switch (logged.kind) {
      case 'create':
      case 'mkdir':
      case 'symlink':
      case 'mknod':
        this.#add(newInode(logged, this.log.base.inodes.get(logged.ino)));
        if (logged.place !== undefined) this.#enter(op, logged.place, logged.ino);
        this.#changed(op, logged.ino, true);
        break;
      case 'link':
        this.#enter(op, logged.place, logged.ino);
        this.#changed(op, logged.ino, false);
        break;
      case 'unlink':
      case 'rmdir':
        this.#enter(op, logged.place, undefined);
        this.#changed(op, logged.ino, false);
        break;
      case 'rename':
      case 'exchange': {
        const other = logged.kind === 'exchange' ? logged.other : logged.replaced;
        this.#enter(op, logged.from, logged.kind === 'exchange' ? logged.other : undefined);
        this.#enter(op, logged.to, logged.ino);
        this.#changed(op, logged.ino, false);
        if (other !== undefined) this.#changed(op, other, false);
        break;
      }
      case 'setattr':
        this.inode(logged.ino).mode.set(op, logged.mode);
        this.#changed(op, logged.ino, false);
        break;
      case 'xattr': {
        xattrOf(this.inode(logged.ino), logged.name).set(op, logged.value);
        this.#changed(op, logged.ino, false);
        break;
      }
      case 'fsync':
      case 'fdatasync':
        if (op <= this.instant.done) this.#barrier(op, logged);
        break;
      case 'sync':
        if (op > this.instant.done) break;
        for (const file of this.#dirtyFiles) file.barrier(op, 'sync');
        this.#dirtyFiles = new Set();
        this.barriers.push({ op, kind: 'sync', ino: 0, lastChange: op, lastZeroing: op });
        break;
      case 'touch':
        if (logged.isZeroing === true) this.inode(logged.ino).lastZeroing = op;
        else this.#changed(op, logged.ino, logged.isData);
        break;
      case 'close':
        break;
    }
  }

  #applyData(
    op: number,
    logged: Extract<LoggedOp, { readonly kind: 'write' | 'truncate' | 'allocate' | 'punch' }>,
  ) {
    const inode = this.inode(logged.ino);
    const file = inode.file!;
    this.#dirtyFiles.add(file);
    switch (logged.kind) {
      case 'write': {
        const { offset, data } = logged;
        file.write(op, offset, data, pagesToJournal(file, offset, data.length));
        break;
      }
      case 'truncate':
        file.truncate(op, logged.size);
        this.#changed(op, logged.ino, true);
        break;
      case 'allocate':
        file.allocate(op, logged.offset, logged.length, logged.keepSize);
        this.#changed(op, logged.ino, true);
        break;
      case 'punch':
        if (file.hasWholeBlock(logged.offset, logged.length)) this.#changed(op, logged.ino, true);
        else if (logged.offset < file.size) inode.lastZeroing = op;
        file.punch(op, logged.offset, logged.length);
        break;
    }
  }

  #enter(op: number, place: Place, ino: number | undefined): void {
    this.cell(place).chain.set(op, ino);
    this.#changed(op, place.parent, true);
  }

  #changed(op: number, ino: number, isData: boolean): void {
    const inode = this.inode(ino);
    inode.lastChange = op;
    if (isData) inode.lastDataChange = op;
  }

  #barrier(op: number, { kind, ino, failed, range }: LoggedFileBarrier): void {
    const inode = this.inode(ino);
    inode.file?.barrier(op, failed ? 'failed' : 'fsync', range);
    if (failed) return;
    const own = kind === 'fsync' ? inode.lastChange : inode.lastDataChange;
    const lastChange = Math.max(own, inode.file?.coverJournalled(range) ?? 0);
    this.barriers.push({ op, kind, ino, lastChange, lastZeroing: inode.lastZeroing });
  }
}

/**
 * The first and the last page for which a write needs a block or a new size: they are journalled when those pages are written
 * back. None in place, where a write changes no metadata but times; whether those move depends on the clock's grain.
 */
function pagesToJournal(file: FileHistory, offset: number, length: number): PageSpan | undefined {
  const end = Math.floor((offset + length - 1) / pageSizeBytes);
  let first: number | undefined;
  let last = 0;
  for (let page = Math.floor(offset / pageSizeBytes); page <= end; page++) {
    if (!file.isHole(page) && (page < end || offset + length <= file.size)) continue;
    first ??= page;
    last = page;
  }
  return first === undefined ? undefined : [first, last];
}

// Of one map for all: most inodes change neither.
const noCells = new Map<string, EntryCell>();
const noChains: InodeHistory['xattrs'] = new Map();

function xattrOf(inode: InodeHistory, name: string): Chain<Uint8Array | undefined> {
  const known = inode.xattrs.get(name);
  if (known !== undefined) return known;
  const chain = new Chain(inode.baseXattrs.get(name));
  inode.xattrs = new Map([...inode.xattrs, [name, chain]]);
  return chain;
}

function fromBase(base: TreeInode): InodeHistory {
  return {
    ino: base.ino,
    kind: base.kind,
    target: base.target,
    entries: base.kind === 'directory' ? new Map() : noCells,
    baseEntries: base.entries,
    mode: new Chain(base.mode),
    xattrs: noChains,
    baseXattrs: base.xattrs,
    file: base.kind === 'file' ? new FileHistory(base.ino, base.size, base.pages) : undefined,
    lastChange: 0,
    lastDataChange: 0,
    lastZeroing: 0,
  };
}

/** `base`: what is durable of it, though perhaps no name of it is. */
function newInode(
  op: Extract<LoggedOp, { readonly inodeKind: InodeKind }>,
  base: TreeInode = treeInode(op.ino, op.inodeKind, op.mode),
): InodeHistory {
  return {
    ino: op.ino,
    kind: op.inodeKind,
    target: op.target ?? '',
    entries: op.inodeKind === 'directory' ? new Map() : noCells,
    baseEntries: base.entries,
    mode: new Chain(base.mode),
    xattrs: noChains,
    baseXattrs: base.xattrs,
    file: op.inodeKind === 'file' ? new FileHistory(op.ino, base.size, base.pages) : undefined,
    lastChange: 0,
    lastDataChange: 0,
    lastZeroing: 0,
  };
}
