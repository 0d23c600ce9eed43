/** A tree of inodes as it lies on a disk: the base of a log, and what a cut leaves. Pure data; nothing in it is ever changed. */
import type { InodeKind } from '../inode.ts';
import type { Place } from '../place.ts';

export interface TreeInode {
  readonly ino: number;
  readonly kind: InodeKind;
  readonly mode: number;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
  /** Of a symlink. */
  readonly target: string;
  /** Of a directory, without `.` and `..`. */
  readonly entries: ReadonlyMap<string, number>;
  /** Of a file. */
  readonly size: number;
  /** Of a file, by page index, each of pageSizeBytes; what is missing is a hole. Bytes past the size are zeros. */
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

export interface Tree {
  readonly inodes: ReadonlyMap<number, TreeInode>;
  /** Of a directory, not the root: where it stands. A tree that knows it at once saves whoever asks a walk. */
  readonly homeOf?: (directory: number) => Place;
}

const homesByTree = new WeakMap<Tree, ReadonlyMap<number, Place>>();

/** Where a directory other than the root stands. */
export function directoryHome(tree: Tree, directory: number): Place {
  if (tree.homeOf !== undefined) return tree.homeOf(directory);
  let homes = homesByTree.get(tree);
  if (homes === undefined) homesByTree.set(tree, (homes = directoryHomes(tree)));
  const home = homes.get(directory);
  if (home === undefined) throw new Error(`directory ${directory} is not in the tree`);
  return home;
}

function directoryHomes({ inodes }: Tree): ReadonlyMap<number, Place> {
  const homes = new Map<number, Place>();
  for (const [parent, { entries }] of inodes) {
    for (const [name, child] of entries)
      if (inodes.get(child)?.kind === 'directory') homes.set(child, { parent, name });
  }
  return homes;
}

export const noXattrs: ReadonlyMap<string, Uint8Array> = new Map();
export const noEntries: ReadonlyMap<string, number> = new Map();
export const noPages: ReadonlyMap<number, Uint8Array> = new Map();

export function treeInode(ino: number, kind: InodeKind, mode: number): TreeInode {
  return { ino, kind, mode, xattrs: noXattrs, target: '', entries: noEntries, size: 0, pages: noPages };
}

/** Every inode that names lead to, with each of its paths; the root's is ''. */
export function pathsByInode(tree: Tree, root: number): ReadonlyMap<number, readonly string[]> {
  const paths = new Map<number, string[]>();
  const visit = (ino: number, path: string) => {
    const known = paths.get(ino);
    if (known === undefined) paths.set(ino, [path]);
    else known.push(path);
    const inode = tree.inodes.get(ino)!;
    if (inode.kind !== 'directory' || known !== undefined) return;
    for (const [name, child] of inode.entries) visit(child, path === '' ? name : `${path}/${name}`);
  };
  visit(root, '');
  return paths;
}
