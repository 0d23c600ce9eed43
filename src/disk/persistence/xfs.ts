/**
 * `xfs`: default mkfs and mount options.
 *
 * - xfs.log-order: metadata is logged in the order of the ops; a log force carries all that was logged before ("strictly ordered
 *   metadata", Dave Chinner, linux-fsdevel, LKML 2019 "crash-recovery-guarantees.txt"). After a cut a prefix is there.
 * - xfs.fsync: fsync forces the log up to the inode's own last change and writes its pages; of a clean inode, or one that was only
 *   overwritten in place, it commits nothing else (measured: a rename stays undone after fsync of a clean third file). A punch that
 *   gives no block back zeroes bytes and logs nothing for fdatasync; an O_DSYNC write logs for its own range alone (measured).
 * - xfs.size-after-data: the size on disk moves when the I/O that went past it is complete (commit ba87ea69, the "null files"
 *   fix), so a size never covers bytes that are not there; but earlier pages may still be holes of NULs, and a file that was
 *   renamed over another without fsync may be empty (measured, 10 of 10). The I/O may be of a page that no program wrote: the edge
 *   of a punch, or the old last page, of which a write beyond the end zeroes the rest (xfs_file_write_checks; measured).
 * - xfs.write-back: pages with blocks are written in place, at any time, in any order; a page being written tears at a sector.
 * - xfs.sync: sync(2) writes pages and forces the log, and it is the log's own write that flushes the device; if nothing is left to
 *   log, bytes that were overwritten in place may still be in the device's cache (fs/xfs/xfs_super.c, xfs_fs_sync_fs; measured:
 *   a page half old after sync). So it is with pages of a write that made the file longer, if an O_SYNC write elsewhere has had the
 *   new size logged before the sync (measured). fsync flushes always.
 * - Flushing at close after O_TRUNC is a hint that the kernel takes for itself: no promise, and no rule here.
 */
import type { LoggedOp } from './crash-log.ts';
import { isDataOp } from './crash-log.ts';
import { JournalSpace } from './journal.ts';
import type { PersistenceProfile, Rule } from './profile.ts';

const order: Rule = {
  id: 'xfs.log-order',
  sentence:
    'XFS logs metadata in the order of the ops: what came after the last log force may be lost, from any point on',
  source: 'Documentation/filesystems/xfs; LKML 2019, crash-recovery-guarantees.txt',
};
const fsync: Rule = {
  id: 'xfs.fsync',
  sentence:
    "XFS's fsync forces the log up to the inode's own last change: of a clean inode it commits nothing of others",
  source: 'measured on Linux 6.18; fs/xfs/xfs_file.c, xfs_fsync_seq',
};
const sizeAfterData: Rule = {
  id: 'xfs.size-after-data',
  sentence:
    'XFS moves the size on disk once the data past it has arrived; pages before it may still be holes',
  source: 'Linux commit ba87ea699ebd',
};
const writeBack: Rule = {
  id: 'xfs.write-back',
  sentence:
    'XFS writes pages of a file back at any time and in any order until fsync or fdatasync of that file',
  source: 'fsync(2); measured on Linux 6.18',
};

const sync: Rule = {
  id: 'xfs.sync',
  sentence:
    "XFS's sync(2) flushes the device only with its log: bytes overwritten in place may not have arrived",
  source: 'fs/xfs/xfs_super.c, xfs_fs_sync_fs; measured on Linux 6.18',
};

export const xfs: PersistenceProfile = {
  name: 'xfs',
  about:
    'XFS: metadata is a prefix in the order of the log, sizes follow their data, pages come in any order',
  rules: [order, fsync, sizeAfterData, writeBack, sync],
  promisesByBarriers: true,
  space: (history) =>
    new JournalSpace(history, {
      sizeAfter: 'completion',
      inPlace: true,
      syncFlushes: false,
      tailsStay: false,
      truncationRestates: false,
      punchMovesSize: false,
      zeroingIsJournalled: false,
    }),
  ruleFor: (op: LoggedOp, fate) =>
    isDataOp(op) && op.kind === 'write' ? (fate === 'torn' ? sizeAfterData : writeBack) : order,
};
