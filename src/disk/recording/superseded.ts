/**
 * Writes whose bytes nothing shows any more but an image of the time between: overwritten in place, and by whole pages, with no barrier
 * in between. That they never reached the disk by themselves is legal under every profile, so a log that grows too large can do
 * without them. What changed the size, or needed a block, is never among them.
 */
import { pageSizeBytes } from '../page-store.ts';
import type { Recorded } from './recorded.ts';

/** `recorded`: the data ops of one file, in order. */
export function superseded(recorded: readonly Recorded[]): readonly Recorded[] {
  const covered = new Set<number>();
  const found: Recorded[] = [];
  for (let index = recorded.length - 1; index >= 0; index--) {
    const each = recorded[index]!;
    const { logged } = each;
    if (logged === undefined) continue;
    // A later cut of the file hides nothing: that it was done late is one more thing an image can show.
    if (logged.kind !== 'write') {
      covered.clear();
      continue;
    }
    const { offset, data } = logged;
    const end = offset + data.length;
    const pages = pagesOf(Math.floor(offset / pageSizeBytes), Math.ceil(end / pageSizeBytes));
    if (!each.isJournalled && pages.every((page) => covered.has(page))) found.push(each);
    for (const page of pagesOf(Math.ceil(offset / pageSizeBytes), Math.floor(end / pageSizeBytes)))
      covered.add(page);
  }
  return found;
}

function pagesOf(first: number, end: number): readonly number[] {
  return Array.from({ length: Math.max(0, end - first) }, (_, index) => first + index);
}
