/** Builds the tree of an image: what a boot after the cut finds. Inodes that nothing changed are those of the base. */
import { pageSizeBytes } from '../page-store.ts';
import type { FileHistory } from './file-history.ts';
import type { FileSpace } from './file-space.ts';
import { rootIno, type History, type InodeHistory } from './history.ts';
import { attributePositionOf, cutsOf, sizeOf, versionOf, type ImageChoice } from './image-choice.ts';
import { entriesIn } from './membership.ts';
import { pageContent } from './page-content.ts';
import { noPages, noXattrs, type Tree, type TreeInode } from './tree.ts';

/** `nameless`: inodes that are kept although no name leads to them, as programs that have them open see it. */
export function buildTree(history: History, choice: ImageChoice, nameless: Iterable<number> = []): Tree {
  const { base } = history.log;
  const inodes = new Map<number, TreeInode>();
  const add = (ino: number) => {
    if (inodes.has(ino)) return;
    const inode = history.inodes.get(ino);
    const built = inode === undefined ? base.inodes.get(ino)! : buildInode(inode, choice);
    inodes.set(ino, built);
    for (const child of built.entries.values()) add(child);
  };
  add(rootIno);
  for (const ino of nameless) add(ino);
  return { inodes };
}

function buildInode(inode: InodeHistory, choice: ImageChoice): TreeInode {
  const { ino, kind, target } = inode;
  const mode = inode.mode.at(attributePositionOf(choice, ino, inode.mode));
  const xattrs = buildXattrs(inode, choice);
  const entries = entriesIn(choice.frame, inode);
  const common = { ino, kind, target, mode, xattrs, entries };
  if (inode.file === undefined) return { ...common, size: 0, pages: noPages };
  return new BuiltFile(common, inode.file, choice);
}

/** A file of an image: its bytes are looked up when somebody reads them. */
class BuiltFile implements TreeInode {
  readonly ino: number;
  readonly kind: TreeInode['kind'];
  readonly target: string;
  readonly mode: number;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
  readonly entries: ReadonlyMap<string, number>;
  readonly #file: FileHistory;
  readonly #choice: ImageChoice;
  #data: { readonly size: number; readonly pages: ReadonlyMap<number, Uint8Array> } | undefined;

  constructor(common: Omit<TreeInode, 'size' | 'pages'>, file: FileHistory, choice: ImageChoice) {
    this.ino = common.ino;
    this.kind = common.kind;
    this.target = common.target;
    this.mode = common.mode;
    this.xattrs = common.xattrs;
    this.entries = common.entries;
    this.#file = file;
    this.#choice = choice;
  }

  get size(): number {
    return this.#built().size;
  }

  get pages(): ReadonlyMap<number, Uint8Array> {
    return this.#built().pages;
  }

  #built() {
    this.#data ??= buildData(this.#choice.frame.file(this.#file), this.#choice);
    return this.#data;
  }
}

function buildXattrs(inode: InodeHistory, choice: ImageChoice): ReadonlyMap<string, Uint8Array> {
  if (inode.xattrs.size === 0) return inode.baseXattrs;
  const xattrs = new Map(inode.baseXattrs);
  for (const [name, chain] of inode.xattrs) {
    const value = chain.at(attributePositionOf(choice, inode.ino, chain));
    if (value === undefined) xattrs.delete(name);
    else xattrs.set(name, value);
  }
  return xattrs.size === 0 ? noXattrs : xattrs;
}

function buildData(
  space: FileSpace,
  choice: ImageChoice,
): { size: number; pages: ReadonlyMap<number, Uint8Array> } {
  const { file } = space;
  const sizeOption = sizeOf(choice, space);
  const cuts = cutsOf(choice, space);
  const { size } = sizeOption;
  const pages = new Map<number, Uint8Array>();
  const keep = (page: number, bytes: Uint8Array | undefined) => {
    const length = size - page * pageSizeBytes;
    if (bytes !== undefined && length > 0) pages.set(page, trimmed(bytes, length));
  };
  for (const [page, bytes] of file.basePages) if (!file.isChanged(page)) keep(page, bytes);
  for (const page of file.changedPages()) {
    keep(page, pageContent(file, page, versionOf(choice, space, page, sizeOption), cuts));
  }
  return { size, pages };
}

/** Bytes past the size are zeros. */
export function trimmed(bytes: Uint8Array, length: number): Uint8Array {
  if (length >= pageSizeBytes) return bytes;
  const copy = new Uint8Array(pageSizeBytes);
  copy.set(bytes.subarray(0, length));
  return copy;
}
