/**
 * Crash images: what a power cut leaves. An image is a fork of the disk whose two faces are equal again; building it costs
 * what was un-synced, never what exists.
 */
import { checkpoint } from './barriers.ts';
import { DiskState, type Caller } from './disk-state.ts';
import { isDurablyReachable } from './durable-names.ts';
import { revertData } from './file-data.ts';
import type { Inode } from './inode.ts';
import type { InodeTable } from './inode-table.ts';
import { isSamePlace, nowhere } from './place.ts';

/** How a cut chooses among what is legal: nothing but what is promised; or everything, as a kill would leave it. */
export type Choice = 'lose-all' | 'keep-all';

const nobody: Caller = { pid: 0, uid: 0, gid: 0 };

/** What a cut leaves, by this choice, over the same pages. */
export function crashImageOf(state: DiskState, choice: Choice): DiskState {
  const { table, profile, clock, isPinned } = state;
  // The image is built in silence: its settling is not an op that anybody made.
  const silent = new DiskState(table.fork(), profile, clock, isPinned, undefined);
  settleImage(silent, choice);
  return state.over(silent.table);
}

/** Turns a fresh fork into the image: `state` must belong to nobody else yet. */
function settleImage(state: DiskState, choice: Choice): void {
  const { table } = state;
  if (choice === 'keep-all') checkpoint(state, nobody);
  else loseAll(table);
  if (table.unsyncedCount > 0) throw new Error('a crash image must have nothing un-synced');
}

function loseAll(table: InodeTable): void {
  const unsynced = table.unsynced();
  const renamed = new Set<number>();
  for (const { ino, kind } of unsynced) {
    if (kind === 'directory') revertNames(table.own(ino), renamed);
  }
  for (const ino of renamed) {
    if (isLostWhole(table, ino)) {
      // As it is: taking it over first would be copying what goes, and most of what a cut takes was never durable.
      table.discard(ino);
      renamed.delete(ino);
    } else {
      revertLinks(table.own(ino));
    }
  }
  for (const { ino, kind } of unsynced) {
    if (table.get(ino) !== undefined)
      revertInode(table, kind === 'file' ? table.revert(ino) : table.own(ino));
  }
  for (const ino of renamed) {
    const inode = table.get(ino);
    if (inode === undefined) continue;
    table.settle(inode);
    dropUnreachable(table, ino);
  }
}

/** Drops an inode of an image, if no way leads to it, and what only it led to. */
export function dropUnreachable(table: InodeTable, ino: number): void {
  if (!isLeft(table, table.get(ino)!)) drop(table, ino);
}

/** A file that no durable name leads to; directories can hold what others still lead to. */
function isLostWhole(table: InodeTable, ino: number): boolean {
  const { kind, durableLinks } = table.get(ino)!;
  return kind !== 'directory' && durableLinks.length === 0;
}

/** Collects the inodes whose names change. */
function revertNames(directory: Inode, renamed: Set<number>): void {
  const { volatile, durable } = directory;
  for (const name of directory.changedNames) {
    const made = volatile.entries.get(name);
    const kept = durable.entries.get(name);
    if (made !== undefined) renamed.add(made);
    if (kept !== undefined) renamed.add(kept);
  }
  // Elsewhere the two have the same names.
  volatile.entries.become(durable.entries);
  volatile.subdirectories = durable.subdirectories;
  directory.changedNames.clear();
}

function revertLinks(inode: Inode): void {
  inode.links = inode.durableLinks;
  const isHome = inode.links.some((link) => isSamePlace(link, inode.home));
  if (!isHome) inode.home = inode.links[0] ?? inode.home;
}

function revertInode(table: InodeTable, inode: Inode): void {
  if (inode.volatile !== inode.durable) {
    if (inode.kind === 'file') revertData(table.store, inode);
    inode.volatile.copyAttributes(inode.durable);
  }
  inode.attributesChanged = false;
  inode.clearPending();
  table.settle(inode);
}

function isLeft(table: InodeTable, inode: Inode): boolean {
  return inode.kind === 'directory' ? isDurablyReachable(table, inode.ino) : inode.links.length > 0;
}

/** Drops an inode to which no durable way leads, and what only it led to. */
function drop(table: InodeTable, ino: number): void {
  const inode = table.own(ino);
  const children = [...inode.durable.entries];
  inode.links = inode.durableLinks = nowhere;
  inode.volatile.entries.clear();
  inode.durable.entries.clear();
  for (const [name, childIno] of children) {
    if (table.get(childIno) === undefined) continue;
    const child = table.own(childIno);
    child.loseDurableLink({ parent: ino, name });
    revertLinks(child);
    if (child.links.length === 0) drop(table, childIno);
  }
  table.reap(ino);
}
