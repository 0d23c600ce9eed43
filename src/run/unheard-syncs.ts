/** What a reader has to know of programs that rely on sync(2) or syncfs(2): a sentence for each. Pure. */
import type { SyncCalls } from '../machine/sync-calls.ts';
import { plural } from '../report/format.ts';
import { printable } from '../report/printable.ts';

const maxSentences = 5;

export function unheardSyncs(calls: readonly SyncCalls[]): readonly string[] {
  return calls.slice(0, maxSentences).map(({ program, call, count }) => {
    const times = count === 1 ? 'once' : plural(count, 'time');
    return `${printable(program)} called ${call}(2) ${times}: the kernel keeps that from a FUSE disk, so what it was to make durable counts as un-synced here; a disk of this computer would have it`;
  });
}
