/** What the main thread of a disk process asks of the thread that owns the disk, and how answers come back. */
import type { DiskOptions, DiskRequests } from './control.ts';
import type { Fault } from './lazyfs/faults.ts';
import type { SnapshotOrder } from './lazyfs/snapshot.ts';
import type { Unfinished } from './steps.ts';
import type { ThreadStart } from './thread-link.ts';

/** Requests that the owner of the disk answers alone, just as they came. */
type PassedOn = Pick<
  DiskRequests,
  | 'checkpoint'
  | 'freeze'
  | 'thaw'
  | 'fail'
  | 'lose-unsynced'
  | 'cut'
  | 'cut-image'
  | 'drop-image'
  | 'wipe'
  | 'trace'
>;

export interface WorkerRequests extends PassedOn {
  stats: { params: object; reply: Omit<DiskRequests['stats']['reply'], 'mounted' | 'rssBytes'> };
  /** Replies as JSON: to clone a report of 100,000 files from thread to thread takes half a second. */
  report: { params: { readonly note?: string }; reply: Text | Unfinished };
  loss: { params: DiskRequests['loss']['params']; reply: Text | Unfinished };
  'keep-image': { params: object; reply: Text };
  /**
   * Those of the losses since it was asked last that the kernel still knows, and the paths of those whose sizes changed. None, and
   * it can be asked again, where there are more than so many.
   */
  stale: {
    params: { readonly atMost: number };
    reply: {
      readonly inos: readonly number[];
      readonly resizedPaths: readonly string[];
      readonly areMore: boolean;
    };
  };
  /** The time for a freeze trigger is up. */
  'freeze-overdue': { params: object; reply: object };
  /** Half of that time is up. */
  'freeze-soon': { params: object; reply: object };
  /** Serves a mount, and answers when it has ended. */
  serve: { params: { readonly descriptor: number }; reply: object };
  'export-image': {
    params: DiskRequests['export-image']['params'];
    reply: DiskRequests['export-image']['reply'] | Unfinished;
  };
  import: { params: DiskRequests['import']['params']; reply: DiskRequests['import']['reply'] | Unfinished };
  /** Goes on with what answered `more`, and answers as that does. */
  continue: { params: { readonly number: number }; reply: object };
  /** A fault of LazyFS's. `refusal` says why it cannot be. */
  arm: { params: { readonly fault: Fault }; reply: { readonly refusal?: string } };
  'snapshot-at-faults': { params: SnapshotOrder; reply: object };
  'flush-log': { params: object; reply: object };
}

/** JSON, or the rest of it where answers that were not finished gave the beginning. */
interface Text {
  readonly text: string;
}

/** What nobody asked for. */
export type WorkerTold =
  /** These files are about to lose what is un-synced. */
  | { readonly losing: readonly number[] }
  /** A fault dropped what was un-synced: the kernel is to forget it, too. */
  | { readonly lost: true }
  /** A sentence for people, that nobody asked for. */
  | { readonly warning: string };

export interface WorkerStart extends ThreadStart {
  readonly options: DiskOptions;
  /** Cell 0: 1 while the op log holds lines that are not in its file yet. */
  readonly flags: SharedArrayBuffer;
}
