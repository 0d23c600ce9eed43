/** Barriers: fsync, fdatasync, fsync of a directory, the checkpoint of a whole disk; and losing all that none covered. */
import type { Caller, DiskState } from './disk-state.ts';
import { EINVAL, ENOENT, type Errno } from './errno.ts';
import { revertData, syncData } from './file-data.ts';
import type { Inode } from './inode.ts';
import { syncNames } from './names.ts';

export function fsync(state: DiskState, caller: Caller, ino: number, dataOnly: boolean): 0 | Errno {
  if (state.table.get(ino) === undefined) return ENOENT;
  const inode = state.table.own(ino);
  if (inode.kind === 'directory') return fsyncDirectory(state, caller, ino);
  state.barrierCount++;
  state.record(dataOnly ? 'fdatasync' : 'fsync', caller, ino, state.pathOf(inode));
  if (dataOnly) syncDataOnly(state, inode);
  else syncInode(state, inode);
  return 0;
}

export function fsyncDirectory(state: DiskState, caller: Caller, ino: number): 0 | Errno {
  const directory = state.table.get(ino);
  if (directory === undefined) return ENOENT;
  if (directory.kind !== 'directory') return EINVAL;
  state.barrierCount++;
  state.record('fsync-dir', caller, ino, state.pathOf(directory));
  syncNames(state.table, directory);
  return 0;
}

/** Everything of this inode but its names. */
export function syncInode(state: DiskState, inode: Inode): void {
  state.table.change(inode, () => {
    if (inode.kind === 'file') syncData(state.table.store, inode);
    inode.durable.copyAttributes(inode.volatile);
    inode.attributesChanged = false;
    if (inode.kind !== 'directory') inode.pending.clear();
  });
}

function syncDataOnly(state: DiskState, inode: Inode): void {
  state.table.change(inode, () => {
    syncData(state.table.store, inode);
    inode.durable.mtime = inode.volatile.mtime;
    inode.pending.forgetData();
  });
}

/** Everything volatile becomes durable at once. Not a fault. Returns how many un-synced bytes that were. */
export function checkpoint(state: DiskState, caller: Caller): { readonly sizeBytes: number } {
  const sizeBytes = state.table.unsyncedBytes;
  state.record('checkpoint', caller, 0, '');
  for (const inode of state.table.unsynced()) {
    // Making one name durable can free another inode of this list, or settle it.
    if (state.table.get(inode.ino) === undefined) continue;
    const owned = state.table.own(inode.ino);
    if (owned.kind === 'directory') syncNames(state.table, owned);
    else syncInode(state, owned);
  }
  return { sizeBytes };
}

/**
 * As LazyFS's clear-cache: data and sizes go back to what is durable while programs live on; names and open inodes stay.
 * Returns the inodes whose bytes changed, so that whoever caches them can forget them.
 */
export function loseUnsynced(state: DiskState, caller: Caller): { readonly changedInos: readonly number[] } {
  state.record('lose-unsynced', caller, 0, '');
  const changedInos: number[] = [];
  for (const inode of state.table.unsynced()) {
    if (inode.kind !== 'file') continue;
    if (inode.dirty.pageCount === 0 && inode.volatile.size === inode.durable.size) continue;
    const owned = state.table.own(inode.ino);
    state.table.change(owned, () => revertData(state.table.store, owned));
    owned.volatile.mtime = owned.volatile.ctime = state.now();
    owned.pending.forgetData();
    changedInos.push(inode.ino);
  }
  return { changedInos };
}
