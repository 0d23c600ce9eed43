/** Barriers: fsync, fdatasync, fsync of a directory, the checkpoint of a whole disk; and losing all that none covered. */
import type { Caller, DiskState } from './disk-state.ts';
import { syncDirectory } from './durable-names.ts';
import { EINVAL, ENOENT, type Errno } from './errno.ts';
import { syncData } from './file-data.ts';
import type { Inode } from './inode.ts';

export function fsync(state: DiskState, caller: Caller, ino: number, dataOnly: boolean): 0 | Errno {
  const found = state.table.get(ino);
  if (found === undefined) return ENOENT;
  if (found.kind === 'directory') return fsyncDirectory(state, caller, ino, dataOnly);
  state.barrierCount++;
  const kind = dataOnly ? 'fdatasync' : 'fsync';
  const op = state.record(kind, caller, ino, state.pathOf(found));
  state.recorder?.barrier(op, dataOnly);
  // Most programs sync more often than they write: what is clean stays shared.
  if (!found.isUnsynced) {
    settleRecorded(state, found, dataOnly);
    return 0;
  }
  const inode = state.table.own(ino);
  if (dataOnly) syncDataOnly(state, inode);
  else syncInode(state, inode);
  state.recorder?.tidy();
  return 0;
}

/** `dataOnly`: its names are its data. */
export function fsyncDirectory(state: DiskState, caller: Caller, ino: number, dataOnly: boolean): 0 | Errno {
  const directory = state.table.get(ino);
  if (directory === undefined) return ENOENT;
  if (directory.kind !== 'directory') return EINVAL;
  state.barrierCount++;
  const op = state.record('fsync-dir', caller, ino, state.pathOf(directory));
  const synced = directory.isUnsynced ? syncDirectory(state.table, ino, dataOnly) : 0;
  if (synced !== 0 || state.recorder === undefined) return synced;
  state.recorder.barrier(op, dataOnly);
  state.recorder.directorySettled(ino);
  if (!dataOnly) state.recorder.attributesSettled(ino);
  state.recorder.tidy();
  return 0;
}

/** Everything of an inode that is no directory, but its names. */
export function syncInode(state: DiskState, inode: Inode): void {
  if (inode.kind === 'file') syncData(state.table.store, inode);
  inode.ownDurable(state.table.store).copyAttributes(inode.volatile);
  inode.attributesChanged = false;
  inode.clearPending();
  state.table.settle(inode);
  settleRecorded(state, inode, false);
}

/** What the two faces agree on can have a past all the same: written, and cut off again. */
function settleRecorded({ recorder }: DiskState, { ino }: Inode, dataOnly: boolean): void {
  recorder?.dataSettled(ino);
  if (!dataOnly) recorder?.attributesSettled(ino);
}

/** fdatasync(2): data and size. Attributes that were set stay behind; the times of the writes follow if none were. */
function syncDataOnly(state: DiskState, inode: Inode): void {
  if (inode.kind === 'file') syncData(state.table.store, inode);
  inode.forgetPendingData();
  state.table.settle(inode);
  settleRecorded(state, inode, true);
}

/** Everything volatile becomes durable at once. Not a fault. Returns how many un-synced bytes that were. */
export function checkpoint(state: DiskState, caller: Caller): { readonly sizeBytes: number } {
  const sizeBytes = state.table.unsyncedBytes;
  state.record('checkpoint', caller, 0, '');
  for (const { ino, kind } of state.table.unsynced()) {
    // Making one name durable can free another inode of this list, or settle it.
    if (state.table.get(ino) === undefined) continue;
    if (kind === 'directory') syncDirectory(state.table, ino);
    else syncInode(state, state.table.own(ino));
  }
  // No cut can touch what has no name, but it may be given one.
  for (const ino of state.table.nameless()) {
    const inode = state.table.get(ino);
    if (inode !== undefined && inode.kind !== 'directory' && inode.isUnsynced)
      syncInode(state, state.table.own(ino));
  }
  state.recorder?.clear();
  return { sizeBytes };
}

/** The files whose bytes or sizes are un-synced. Nameless ones are not among them: no cut can touch those. */
export function filesToLose(state: DiskState): Inode[] {
  return state.table.unsynced().filter((inode) => inode.hasUnsyncedData);
}

/** Inodes whose bytes or sizes went back, and those of them whose sizes did. */
export interface Changed {
  readonly changedInos: readonly number[];
  readonly resizedInos: readonly number[];
}

/**
 * As LazyFS's clear-cache: data and sizes go back to what is durable while programs live on; names, attributes and open
 * inodes stay. Returns the inodes whose bytes changed, so that whoever caches them can forget them.
 */
export function loseUnsynced(state: DiskState, caller: Caller, inos: readonly number[]): Changed {
  state.record('lose-unsynced', caller, 0, '');
  const resizedInos: number[] = [];
  const now = state.now();
  for (const ino of inos) {
    const { volatile, durable } = state.table.get(ino)!;
    if (volatile.size !== durable.size) resizedInos.push(ino);
    const inode = state.table.loseData(ino);
    inode.volatile.mtime = inode.volatile.ctime = now;
    state.table.settle(inode);
    state.recorder?.dataSettled(ino);
  }
  return { changedInos: inos, resizedInos };
}
