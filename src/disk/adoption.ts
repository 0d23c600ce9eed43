/**
 * Inodes that come from elsewhere: a tree of plain files that holds the durable face. Names and attributes are adopted
 * when somebody asks for them, bytes page by page or not at all, and what is clean can be let go again; none of it is an
 * op. For a disk whose owner reads and writes that tree (mount/root/); not for use by anybody else.
 */
import type { DiskState } from './disk-state.ts';
import type { Face, Timestamp } from './face.ts';
import type { Inode, InodeKind } from './inode.ts';
import { hole, pageSizeBytes, type PageStore } from './page-store.ts';
import { isSamePlace, nowhere, type Place } from './place.ts';

/** What stands in the tree under a name. */
export interface Found {
  readonly kind: InodeKind;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly atime: Timestamp;
  readonly mtime: Timestamp;
  readonly ctime: Timestamp;
  readonly size: number;
  readonly rdev: number;
  /** Of a symlink, as a binary string. */
  readonly target: string;
  /** How many names it has, of which one is known now. For directories: subdirectories plus two. */
  readonly nlink: number;
  readonly ino: number;
  readonly blocks512: number;
}

/**
 * The other names of a file with several, until they are adopted: places in a directory that does not exist. They keep
 * the inode while a name that nobody asked for may still lead to it.
 */
const unknownParent = 0;

export function isUnknownName({ parent }: Place): boolean {
  return parent === unknownParent;
}

/** A new inode, equal in both faces. Without a place it is the root. */
export function adopt(state: DiskState, place: Place | undefined, found: Found): Inode {
  const { table } = state;
  const home = place ?? { parent: 1, name: '' };
  const inode = table.own(table.create(found.kind, found, home, found.rdev, found.target).ino);
  inode.backing = { ino: found.ino, blocks512: found.blocks512 };
  for (const face of [inode.volatile, inode.ownDurable(table.store)]) {
    if (found.kind === 'file') face.size = found.size;
    if (found.kind === 'directory') face.subdirectories = Math.max(0, found.nlink - 2);
  }
  const unknown = found.kind === 'directory' ? 0 : found.nlink - 1;
  const others = Array.from({ length: unknown }, (_, index) => ({
    parent: unknownParent,
    name: String(index),
  }));
  inode.links = inode.durableLinks = [home, ...others];
  if (place !== undefined) enter(state, place, inode.ino);
  table.settle(inode);
  return inode;
}

/** Another name of an inode that is known already. */
export function adoptName(state: DiskState, ino: number, place: Place): Inode {
  const inode = state.table.own(ino);
  const left = inode.durableLinks.find(isUnknownName);
  const others = (links: readonly Place[]) =>
    left === undefined ? links : links.filter((link) => !isSamePlace(link, left));
  inode.links = [...others(inode.links), place];
  inode.durableLinks = [...others(inode.durableLinks), place];
  if (isUnknownName(inode.home)) inode.home = place;
  enter(state, place, ino);
  state.moved(inode);
  state.table.settle(inode);
  return inode;
}

/** Lets an inode go that is as the tree has it, and that nobody remembers. False when it must stay. */
export function abandon(state: DiskState, ino: number): boolean {
  const { table } = state;
  const inode = table.get(ino);
  if (inode === undefined || table.isRemembered(ino) || !isAsFound(state, inode)) return false;
  const owned = table.own(ino);
  for (const { parent, name } of owned.links) {
    if (table.get(parent) === undefined) continue;
    const directory = table.own(parent);
    directory.volatile.entries.delete(name);
    directory.durable.entries.delete(name);
  }
  owned.links = owned.durableLinks = nowhere;
  state.moved(owned);
  table.reap(ino);
  return true;
}

/** Puts the tree's bytes of one page under a file, in both faces. */
export function fillPage(state: DiskState, ino: number, index: number, bytes: Uint8Array): void {
  const inode = state.table.own(ino);
  const { store } = state.table;
  if (inode.dirty.has(index) || bytes.length !== pageSizeBytes)
    throw new Error(`page ${index} of inode ${ino} cannot be filled`);
  const page = store.allocate(pageSizeBytes, true);
  store.copyIn(page, 0, bytes, 0, pageSizeBytes);
  store.retain(page);
  inode.volatile.ownPages().put(store, index, page);
  inode.ownDurable(store).ownPages().put(store, index, page);
}

/** Gives back all pages of a file without un-synced bytes: the tree has them. */
export function dropPages(state: DiskState, ino: number): void {
  const { dirty } = state.table.get(ino)!;
  if (dirty.pageCount > 0) throw new Error(`inode ${ino} has un-synced pages`);
  const { volatile, durable } = state.table.own(ino);
  volatile.releasePages(state.table.store);
  durable.releasePages(state.table.store);
}

/** Bytes of one face as it lies in pages; what is not there reads as zeros. */
export function readFace(store: PageStore, { pages }: Face, offset: number, target: Uint8Array): void {
  for (let done = 0; done < target.length;) {
    const inPage = (offset + done) % pageSizeBytes;
    const step = Math.min(pageSizeBytes - inPage, target.length - done);
    store.copyOut(pages.get(Math.floor((offset + done) / pageSizeBytes)), inPage, target, done, step);
    done += step;
  }
}

/** A page that reads as zeros from now on, whatever the tree has there. */
export function forgetPage(state: DiskState, ino: number, index: number): void {
  const inode = state.table.own(ino);
  if (inode.volatile.pages.get(index) === hole) inode.ownDirty().add(index, 0, 0);
}

function enter(state: DiskState, { parent, name }: Place, ino: number): void {
  const directory = state.table.own(parent);
  directory.volatile.entries.set(name, ino);
  directory.durable.entries.set(name, ino);
}

function isAsFound({ table }: DiskState, inode: Inode): boolean {
  const isSame =
    inode.links.length === inode.durableLinks.length &&
    inode.links.every((link) => inode.durableLinks.some((place) => isSamePlace(place, link)));
  const isChanged = inode.links.some(
    ({ parent, name }) => table.get(parent)?.changedNames.has(name) === true,
  );
  const isEmpty = inode.volatile.entries.size === 0 && inode.durable.entries.size === 0;
  return isSame && inode.links.length > 0 && !isChanged && isEmpty && !inode.isUnsynced;
}
