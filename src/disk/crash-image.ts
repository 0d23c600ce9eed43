/**
 * Crash images: what a power cut leaves. An image is a fork of the disk whose two faces are equal again; building it costs
 * what was un-synced, never what exists.
 */
import type { Caller, DiskState } from './disk-state.ts';
import { checkpoint } from './barriers.ts';
import { revertData } from './file-data.ts';
import type { Inode } from './inode.ts';
import { rootIno, type InodeTable } from './inode-table.ts';

/** How a cut chooses among what is legal: nothing but what is promised; or everything, as a kill would leave it. */
export type Choice = 'lose-all' | 'keep-all';

const nobody: Caller = { pid: 0, uid: 0, gid: 0 };

/** Turns a fresh fork into the image: `state` must belong to nobody else yet. */
export function settleImage(state: DiskState, choice: Choice): void {
  const { table } = state;
  if (choice === 'keep-all') checkpoint(state, nobody);
  else loseAll(table);
  for (const ino of table.orphans()) drop(table, ino);
  if (table.unsyncedCount > 0) throw new Error('a crash image must have nothing un-synced');
}

function loseAll(table: InodeTable): void {
  const unsynced = table.unsynced();
  const touched = new Set<number>();
  for (const { ino, kind } of unsynced) {
    if (kind === 'directory') revertNames(table, table.own(ino), touched);
  }
  for (const { ino } of unsynced) revertInode(table, table.own(ino));
  for (const ino of touched) settleLinks(table, ino);
}

function revertNames(table: InodeTable, directory: Inode, touched: Set<number>): void {
  touched.add(directory.ino);
  for (const name of directory.changedNames.keys()) {
    const made = directory.volatile.entries.get(name);
    const durable = directory.durable.entries.get(name);
    if (made !== undefined) touched.add(made);
    if (durable === undefined) {
      directory.volatile.entries.delete(name);
      continue;
    }
    touched.add(durable);
    directory.volatile.entries.set(name, durable);
    const inode = table.own(durable);
    inode.parent = directory.ino;
    inode.name = name;
  }
  table.change(directory, () => directory.changedNames.clear());
}

function revertInode(table: InodeTable, inode: Inode): void {
  table.change(inode, () => {
    if (inode.kind === 'file') revertData(table.store, inode);
    inode.volatile.copyAttributes(inode.durable);
    inode.attributesChanged = false;
    inode.pending.clear();
  });
}

/** Counts the links that are left, and drops an inode that has none. */
function settleLinks(table: InodeTable, ino: number): void {
  if (table.get(ino) === undefined) return;
  const inode = table.own(ino);
  if (inode.durableLinks === 0 && ino !== rootIno) {
    drop(table, ino);
    return;
  }
  inode.nlink = inode.kind === 'directory' ? 2 + countSubdirectories(table, inode) : inode.durableLinks;
}

function countSubdirectories(table: InodeTable, directory: Inode): number {
  let count = 0;
  for (const ino of directory.durable.entries.values()) if (table.get(ino)?.kind === 'directory') count++;
  return count;
}

/** Drops an inode that no durable name reaches, and what only it led to. */
function drop(table: InodeTable, ino: number): void {
  if (table.get(ino) === undefined) return;
  const inode = table.own(ino);
  const children = [...inode.durable.entries.values()];
  inode.nlink = 0;
  inode.volatile.entries.clear();
  inode.durable.entries.clear();
  for (const childIno of children) {
    if (table.get(childIno) === undefined) continue;
    const child = table.own(childIno);
    child.durableLinks--;
    if (child.durableLinks === 0) drop(table, childIno);
    else settleLinks(table, childIno);
  }
  table.reap(ino);
}
