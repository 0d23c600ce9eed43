/**
 * What can be asked of a running disk: the vocabulary of its control channel. The same messages serve the runner, the
 * machine and `powercut disk DIR …`. Times are milliseconds on CLOCK_MONOTONIC (`process.hrtime`), one clock for all
 * processes of this computer, so that a client's acknowledgement and a cut can be put in order; they are counted from
 * the `epochMs` that the disk was started with, so that those of a run's disk are the run's.
 */
import type { Op, Range } from '../disk/op.ts';
import type { LogPlaces } from './lazyfs/log.ts';
import type { WriteMode } from '../fuse/session.ts';

/** How a cut chooses among what its profile allows. Ops are numbers of the op log. */
export type Selection =
  /** Nothing but what is promised; or everything, as a kill would leave it. */
  | 'lose-all'
  | 'keep-all'
  /** Each legal image has a chance. */
  | { readonly kind: 'random'; readonly seed: number }
  /** The ops up to this one, and none after it. */
  | { readonly kind: 'prefix'; readonly op: number }
  /** Everything but these ops; or these and nothing else that is not promised. */
  | { readonly kind: 'drop' | 'keep'; readonly ops: readonly number[] }
  /** Everything, but of one write only these sectors of 512 bytes, counted from its first. */
  | { readonly kind: 'torn'; readonly op: number; readonly sectors: readonly number[] };

/** When to freeze: at once, or around the first op that leaves something un-synced after `afterOps` more mutations. */
export type FreezeTrigger =
  | { readonly at: 'now' }
  /** After half of `withinMs` any op that leaves something un-synced will do; after `withinMs` it freezes anyway. */
  | {
      readonly at: 'unsynced-op';
      readonly afterOps: number;
      readonly withinMs: number;
      /**
       * `after` freezes as soon as that op is applied: before anybody hears of it. `before` freezes when the next request
       * arrives and something is still un-synced: programs have had the time to act on the op, and to acknowledge.
       * @default after
       */
      readonly edge?: 'after' | 'before';
    };

export interface Frozen {
  /** The instant of the cut: what clients heard before it counts as acknowledged. */
  readonly frozenMs: number;
  /** The last op applied. */
  readonly opNumber: number;
}

/** A file or directory with something un-synced. */
export interface UnsyncedFile {
  /** Path on the disk without leading slash; for unlinked open files the last name and `(unlinked)`. */
  readonly path: string;
  readonly ino: number;
  readonly kind: 'file' | 'directory' | 'other';
  /** Un-synced data bytes: the sum of `ranges`. */
  readonly sizeBytes: number;
  /** Un-synced data, merged and sorted; at most 100. */
  readonly ranges: readonly Range[];
  /** True when size, attributes or names (of a directory) are un-synced beyond the data. */
  readonly metadata: boolean;
  /** Names added (+name) or removed (-name) in a directory and not yet synced; at most 100. */
  readonly names: readonly string[];
  /** True when the file's own name is not durable: a cut loses the file whatever its data. */
  readonly nameUnsynced: boolean;
  /** Age of the oldest un-synced op. */
  readonly ageMs: number;
  /** The op that last dirtied it. */
  readonly lastOp: Op;
  /** Name of the process of `lastOp`, where it could be read. */
  readonly process?: string;
}

export interface UnsyncedReport {
  readonly timeMs: number;
  readonly sizeBytes: number;
  readonly files: readonly UnsyncedFile[];
  /** Says why mapped pages that only the kernel holds may be missing from the report; absent when it is exact. */
  readonly note?: string;
}

/** A cut or loss that is done. What it took is told to whoever asks: `loss`. */
export interface Cut {
  readonly timeMs: number;
}

/** What a cut (or loss) took. */
export interface Loss {
  readonly timeMs: number;
  /** Un-synced bytes and files that were dropped. */
  readonly sizeBytes: number;
  readonly files: readonly UnsyncedFile[];
  /** The ops dropped, in order; the newest 20,000 of them. */
  readonly ops: readonly Op[];
  readonly opCount: number;
  /** Those of them of which a part was kept. */
  readonly torn?: readonly number[];
  /** Names of the processes in `ops`, by pid. */
  readonly processes: Readonly<Record<string, string>>;
  /** The rules of the profile that allow it, in sentences, by op kind class. */
  readonly rules: { readonly data: string; readonly name: string; readonly attributes: string };
  /** Where a real file system was cut: what its recovery made of it. Ops are block writes then, and files are not known. */
  readonly fileSystem?: RecoveredFileSystem;
}

/** A real file system after a cut: the kernel recovered a copy of the image, and its own checker looked at that. */
export interface RecoveredFileSystem {
  readonly name: string;
  readonly mountOptions: string;
  /** The checker, as it was called. */
  readonly check: string;
  readonly clean: boolean;
  /** What the checker said, where it was not content; its first lines. */
  readonly lines: readonly string[];
  /** What differs from the tree that programs saw when the power went; absent where that could not be looked at. */
  readonly taken?: readonly TakenFile[];
}

/** A file or directory that a cut changed. */
export interface TakenFile {
  /** On the disk, without a leading slash. */
  readonly path: string;
  /** `came back`: programs had removed it, or moved it away. */
  readonly change: 'gone' | 'differs' | 'came back';
  /** Bytes that are not there, or others, by the page: the sum of `ranges`. */
  readonly sizeBytes: number;
  readonly ranges: readonly Range[];
}

/** Where a needle's bytes lay in what the last cut dropped. */
export interface Trace {
  readonly needle: string;
  readonly path: string;
  readonly offset: number;
  /** The dropped write that covers `offset`, where it is still known. */
  readonly op?: Op;
}

export interface DiskStats {
  readonly mounted: boolean;
  readonly profile: string;
  readonly ops: number;
  readonly barriers: number;
  readonly cuts: number;
  readonly unsyncedBytes: number;
  readonly unsyncedFiles: number;
  readonly files: number;
  /** Pages in use, what of them is in memory and in the spill (small files are packed), and the process's resident set. */
  readonly pageBytes: number;
  readonly residentBytes: number;
  readonly spilledBytes: number;
  readonly rssBytes: number;
}

/**
 * Request name → parameters and reply. One JSON object a line: {id, request, ...params} → {id, ok: reply} | {id, error}.
 * Directories are absolute paths. A new disk is empty and not mounted.
 */
export interface DiskRequests {
  stats: { params: object; reply: DiskStats };
  report: { params: object; reply: UnsyncedReport };
  checkpoint: {
    params: object;
    reply: { readonly timeMs: number; readonly sizeBytes: number; readonly note?: string };
  };
  /** As LazyFS's clear-cache: un-synced data and sizes revert while programs live on; names and open inodes stay. */
  'lose-unsynced': { params: object; reply: Cut };
  /** What the last cut or loss took; or the cut of an image, for as long as there was no other cut or loss since. */
  loss: { params: { readonly image?: number }; reply: Loss };
  /** Holds every request from then on, applies nothing. Replies once frozen. */
  freeze: { params: { readonly trigger: FreezeTrigger }; reply: Frozen };
  /** Applies what was held and goes on, as if nothing had been. */
  thaw: { params: object; reply: object };
  /** Answers everything held, and all that follows, with EIO, unapplied; until the next `mount`. */
  fail: { params: object; reply: object };
  /** `forced`: programs still had files open there; their handles are dead. Nothing happens when it is not mounted. */
  unmount: { params: object; reply: { readonly forced: boolean } };
  mount: { params: object; reply: object };
  /**
   * Replaces the disk by its crash image. Only while unmounted or frozen. Keeps the image as `image N` until dropped. Refused,
   * with the rule that says so, where the profile does not allow the choice.
   */
  cut: { params: { readonly choice: Selection }; reply: Cut & { readonly image: number } };
  /** One more image of the instant of the last cut or loss, by any profile: what that would have left there. */
  'cut-image': {
    params: { readonly profile: string; readonly choice: Selection };
    reply: Cut & { readonly image: number };
  };
  /** Keeps the durable state of this instant as an image, without touching the disk. Says what a cut would have taken. */
  'keep-image': { params: object; reply: Loss & { readonly image: number } & Frozen };
  /**
   * Writes an image as plain files into an empty directory, made when it is missing: owners, modes, times, links, xattrs,
   * holes. `note` names what the directory could not take.
   */
  'export-image': {
    params: { readonly image: number; readonly directory: string };
    reply: { readonly files: number; readonly note?: string };
  };
  'drop-image': { params: { readonly image: number }; reply: object };
  /** Loads a plain directory into the empty disk, all of it durable. Only while unmounted. */
  import: {
    params: { readonly directory: string };
    reply: { readonly files: number; readonly note?: string };
  };
  /** Empties the disk. Only while unmounted. */
  wipe: { params: object; reply: object };
  /** Searches what the last cut or loss dropped. Needles are text; at most 64. */
  trace: { params: { readonly needles: readonly string[] }; reply: readonly Trace[] };
  /** Unmounts, ends the disk process. */
  quit: { params: object; reply: object };
}

/** The live handle on a disk: the control channel with types. */
export interface DiskControl {
  readonly mountPoint: string;
  request<Name extends keyof DiskRequests>(
    name: Name,
    params?: DiskRequests[Name]['params'],
  ): Promise<DiskRequests[Name]['reply']>;
  /** Resolves when the disk process has ended, with a sentence that says how. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

/** How much a disk holds, and where. */
export interface DiskRoom {
  /** What the disk and its images hold together at most. @default what memory and spill can take, at most 64 GiB */
  readonly capacityBytes?: number;
  /** Bytes of files kept in memory; the rest goes to a file in the work folder. @default half of what is free, at most 4 GiB */
  readonly memoryBytes?: number;
}

export interface DiskOptions extends DiskRoom {
  readonly mountPoint: string;
  /** Work folder of this disk (0700): control socket, export scratch. */
  readonly workDirectory: string;
  readonly profile: string;
  /** Globs of paths that are always durable. */
  readonly pins: readonly string[];
  /**
   * `through`: each write is an op, seen when it is made. `cached`: the kernel keeps writes back, in pages, until a sync, time or
   * pressure makes it hand them over; whoever asks for a report, a loss or a cut has them collected first.
   * @default through
   */
  readonly writes?: WriteMode;
  /** Where the op log goes, one JSON object a line; absent: nowhere. */
  readonly opLogFile?: string;
  /** Owner of the disk's root directory. */
  readonly owner: { readonly uid: number; readonly gid: number };
  /** A directory of plain files that holds the durable state at every instant. Absent: it lives in memory. */
  readonly root?: string;
  /** Serves `root` as LazyFS would, faults and log lines included. */
  readonly lazyfs?: {
    /** As faults and log lines name the root directory. */
    readonly root: string;
    readonly logPlaces: LogPlaces;
    readonly logsAllOperations: boolean;
    readonly seed: number;
  };
  /** The instant on CLOCK_MONOTONIC from which all times of this disk are counted. @default 0 */
  readonly epochMs?: number;
}
