/** Whether a tree that was found after a cut is one that a profile allows: one look at each cell of each frame. */
import { pageSizeBytes } from '../page-store.ts';
import type { Chain } from './chain.ts';
import type { SizeOption } from './file-sizes.ts';
import type { FileSpace } from './file-space.ts';
import { rootIno, type EntryCell, type History, type InodeHistory } from './history.ts';
import { pageContent, sectorSizeBytes } from './page-content.ts';
import type { CrashSpace, Frame } from './profile.ts';
import type { Tree, TreeInode } from './tree.ts';

/** A tree that was found, with inode numbers of its own; its root has number 1. */
export interface FoundTree extends Tree {
  /** Modes and xattrs were looked at. */
  readonly modes: boolean;
  readonly xattrs: boolean;
}

export function isLegal(space: CrashSpace, found: FoundTree): boolean {
  for (const frame of space.framesThrough(rootFilter(space.history, found))) {
    if (new Comparison(space.history, frame, found).matches(rootIno, rootIno)) return true;
  }
  return false;
}

/** What the root shows decides most entries before any search. */
function rootFilter(history: History, found: FoundTree) {
  const entries = found.inodes.get(rootIno)!.entries;
  return ({ place }: EntryCell, ino: number | undefined): boolean => {
    if (place.parent !== rootIno) return true;
    const there = entries.get(place.name);
    if (ino === undefined || there === undefined) return ino === there;
    return history.inode(ino).kind === found.inodes.get(there)!.kind;
  };
}

class Comparison {
  readonly #history: History;
  readonly #frame: Frame;
  readonly #found: FoundTree;
  readonly #counterparts = new Map<number, number>();
  readonly #taken = new Set<number>();

  constructor(history: History, frame: Frame, found: FoundTree) {
    this.#history = history;
    this.#frame = frame;
    this.#found = found;
  }

  matches(ino: number, foundIno: number): boolean {
    const known = this.#counterparts.get(ino);
    if (known !== undefined || this.#taken.has(foundIno)) return known === foundIno;
    this.#counterparts.set(ino, foundIno);
    this.#taken.add(foundIno);
    const inode = this.#history.inode(ino);
    const found = this.#found.inodes.get(foundIno)!;
    if (inode.kind !== found.kind || inode.target !== found.target) return false;
    // Nobody writes down the root's own.
    if (ino !== rootIno && !this.#attributesMatch(inode, found)) return false;
    if (inode.kind === 'directory') return this.#entriesMatch(inode, found);
    return inode.file === undefined || fileMatches(this.#frame.file(inode.file), found);
  }

  #entriesMatch(inode: InodeHistory, found: TreeInode): boolean {
    const entries = entriesIn(this.#frame, inode);
    if (entries.size !== found.entries.size) return false;
    for (const [name, child] of entries) {
      const there = found.entries.get(name);
      if (there === undefined || !this.matches(child, there)) return false;
    }
    return true;
  }

  #attributesMatch(inode: InodeHistory, found: TreeInode): boolean {
    const { modes, xattrs } = this.#found;
    const isThere = <Value>(chain: Chain<Value>, isEqual: (value: Value) => boolean) =>
      this.#frame.attributePositions(inode.ino, chain).some((position) => isEqual(chain.at(position)));
    if (modes && inode.kind !== 'symlink' && !isThere(inode.mode, (mode) => mode === found.mode))
      return false;
    if (!xattrs) return true;
    const names = new Set([...inode.xattrs.keys(), ...inode.baseXattrs.keys(), ...found.xattrs.keys()]);
    return [...names].every((name) => {
      const value = found.xattrs.get(name);
      const chain = inode.xattrs.get(name);
      if (chain === undefined) return sameBytes(inode.baseXattrs.get(name), value);
      return isThere(chain, (each) => sameBytes(each, value));
    });
  }
}

/** The entries of a directory in a frame. */
export function entriesIn(frame: Frame, { entries, baseEntries }: InodeHistory): ReadonlyMap<string, number> {
  if (entries.size === 0) return baseEntries;
  const result = new Map(baseEntries);
  for (const [name, cell] of entries) {
    const ino = cell.chain.at(frame.entryPosition(cell));
    if (ino === undefined) result.delete(name);
    else result.set(name, ino);
  }
  return result;
}

function fileMatches(space: FileSpace, found: TreeInode): boolean {
  return space.sizes.some(
    (size) => size.size === found.size && space.cuts.some((cuts) => pagesMatch(space, size, cuts, found)),
  );
}

function pagesMatch(space: FileSpace, size: SizeOption, cuts: number, found: TreeInode): boolean {
  const { file } = space;
  const pages = new Set([...file.basePages.keys(), ...file.changedPages(), ...found.pages.keys()]);
  for (const page of pages) {
    const length = Math.min(pageSizeBytes, size.size - page * pageSizeBytes);
    if (length <= 0) continue;
    const bytes = found.pages.get(page) ?? zeros;
    if (!pageMatches(space, page, space.versions(page, size), cuts, bytes.subarray(0, length))) return false;
  }
  return true;
}

const zeros = new Uint8Array(pageSizeBytes);

/** Each sector by itself where a page may be torn. */
function pageMatches(
  { file, tears }: FileSpace,
  page: number,
  versions: readonly number[],
  cuts: number,
  bytes: Uint8Array,
): boolean {
  const candidates = versions.map((version) => pageContent(file, page, version, cuts) ?? zeros);
  const unit = tears ? sectorSizeBytes : pageSizeBytes;
  for (let from = 0; from < bytes.length; from += unit) {
    const to = Math.min(from + unit, bytes.length);
    const sector = bytes.subarray(from, to);
    if (!candidates.some((candidate) => sameBytes(candidate.subarray(from, to), sector))) return false;
  }
  return true;
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
