/**
 * Writes whose bytes nothing shows any more but an image of the time between: overwritten in place, and by whole pages, with no barrier
 * in between. That they never reached the disk by themselves is legal under every profile, so a log that grows too large can do
 * without them. What changed the size, or needed a block, is never among them.
 */
import { pageSizeBytes } from '../page-store.ts';
import { inPlace, marks, none, type RecordLog } from './record-log.ts';

/** Positions in the log, of the data ops of one file. */
export function superseded(log: RecordLog, ino: number): readonly number[] {
  const covered = new Set<number>();
  const found: number[] = [];
  for (let index = log.newest(ino); index !== none; index = log.previous(index)) {
    // A later cut of the file hides nothing: that it was done late is one more thing an image can show.
    if (log.mark(index) !== marks.write) {
      covered.clear();
      continue;
    }
    const { offset = 0, length = 0 } = log.op(index);
    const end = offset + length;
    if (log.has(index, inPlace) && isCovered(covered, offset, end)) found.push(index);
    const firstWhole = Math.ceil(offset / pageSizeBytes);
    for (let page = firstWhole; (page + 1) * pageSizeBytes <= end; page++) covered.add(page);
  }
  return found;
}

function isCovered(pages: ReadonlySet<number>, offset: number, end: number): boolean {
  for (let page = Math.floor(offset / pageSizeBytes); page * pageSizeBytes < end; page++)
    if (!pages.has(page)) return false;
  return true;
}
