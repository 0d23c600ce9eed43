/**
 * `ext4`: data=ordered, with delayed allocation and dioread_nolock, the defaults.
 *
 * - ext4.commit-order: one journal; a commit carries all metadata of the ops before it, in their order. After a cut a prefix is
 *   there (Documentation/filesystems/ext4: journal; Jan Kara in LWN 799807).
 * - ext4.fsync: fsync commits the transaction of the inode's own last change, with all that came before it, and writes its pages;
 *   of a clean inode, or one that was only overwritten in place, it commits nothing (measured: a rename stays undone). An O_DSYNC
 *   write journals for its own range: inside an earlier write that needs blocks elsewhere it commits nothing either (measured). A
 *   punch is journalled always, also where it only zeroes bytes (ext4_punch_hole), except past the end, where it does nothing.
 * - ext4.unwritten-extents: delayed blocks are allocated as unwritten extents; the size moves when their I/O is *submitted*, and
 *   data=ordered waits only for extents that are written ones. So a commit can land the size without the bytes, which then read
 *   as NULs; of an append inside a block as well (commit 244adf6426ee; Chung-Chiang Cheng, linux-ext4 2023-03-24, "defer updating
 *   i_disksize until endio"; measured: "foo\0\0\0", and 64 KiB of NULs 5 times of 10). `unwrittenExtents: false` is the file
 *   system without that window. A punch moves the size on disk up to its own end, before any byte is there
 *   (ext4_update_disksize_before_punch; measured).
 * - ext4.auto-da-alloc: rename over a file, and close after truncation to nothing, submit what is delayed: after them the size is
 *   never the one before the write, the bytes may still be NULs. "We do not guarantee that the data is securely on disk before
 *   rename" (Jan Kara, 2022-09-01).
 * - ext4.write-back: pages with blocks are written in place, at any time, in any order; a page being written tears at a sector.
 */
import { isDataOp, type LoggedOp } from './crash-log.ts';
import type { History } from './history.ts';
import { JournalSpace } from './journal.ts';
import type { PersistenceProfile, Rule } from './profile.ts';

const order: Rule = {
  id: 'ext4.commit-order',
  sentence:
    'ext4 commits metadata in the order of the ops: what came after the last commit may be lost, from any point on',
  source: 'Documentation/filesystems/ext4, journal; LWN 799807',
};
const fsync: Rule = {
  id: 'ext4.fsync',
  sentence:
    "ext4's fsync commits up to the inode's own last journalled change: of a clean inode it commits nothing of others",
  source: 'measured on Linux 6.18; fs/ext4/fsync.c, ext4_fsync_journal',
};
const unwritten: Rule = {
  id: 'ext4.unwritten-extents',
  sentence:
    'ext4 moves the size when the write-back of new bytes begins: until they arrive they read as NULs',
  source: 'Linux commit 244adf6426ee; linux-ext4 2023-03-24, "defer updating i_disksize until endio"',
};
const autoAlloc: Rule = {
  id: 'ext4.auto-da-alloc',
  sentence:
    'ext4 submits delayed blocks at a rename over a file and at a close after truncation, and waits for none of them',
  source: 'Documentation/admin-guide/ext4, auto_da_alloc; Jan Kara, linux-ext4 2022-09-01',
};
const writeBack: Rule = {
  id: 'ext4.write-back',
  sentence:
    'ext4 writes pages of a file back at any time and in any order until fsync or fdatasync of that file',
  source: 'fsync(2); measured on Linux 6.18',
};

export interface Ext4Options {
  /** The window in which a size is there and its bytes are not (dioread_nolock, default since Linux 5.6). */
  readonly unwrittenExtents: boolean;
}

export function ext4With({ unwrittenExtents }: Ext4Options): PersistenceProfile {
  return {
    name: 'ext4',
    about:
      'ext4, data=ordered: metadata is a prefix in the order of the journal, pages come in any order, new ones may be NULs',
    rules: [order, fsync, unwritten, autoAlloc, writeBack],
    promisesByBarriers: true,
    space: (history) =>
      new JournalSpace(history, {
        sizeAfter: unwrittenExtents ? 'submission' : 'data',
        inPlace: true,
        syncFlushes: true,
        tailsStay: false,
        truncationRestates: false,
        punchMovesSize: true,
        zeroingIsJournalled: true,
        submissions,
      }),
    ruleFor: (op: LoggedOp, fate) =>
      isDataOp(op) && op.kind === 'write' ? (fate === 'torn' ? unwritten : writeBack) : order,
  };
}

export const ext4 = ext4With({ unwrittenExtents: true });

/** By inode: the ops at which auto_da_alloc submitted what the file had delayed. */
function submissions({ log, instant }: History): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  const truncated = new Set<number>();
  const note = (ino: number, op: number) => {
    const known = found.get(ino);
    if (known === undefined) found.set(ino, [op]);
    else known.push(op);
  };
  for (let position = 1; position <= instant.begun; position++) {
    const op = log.ops[position - 1]!;
    if (op.kind === 'rename' && op.replaced !== undefined) note(op.ino, position);
    if (op.kind === 'truncate' && op.size === 0) truncated.add(op.ino);
    // Only a close that has returned has submitted.
    if (op.kind !== 'close' || position > instant.done) continue;
    if (truncated.delete(op.ino) || op.submits === true) note(op.ino, position);
  }
  return found;
}
