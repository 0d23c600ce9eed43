/**
 * The part that ext4 and XFS share: one journal for all metadata. Changes enter it in the order of the ops, and a commit carries
 * all that entered before it: what is there after a cut is a prefix, and the commit point is the only choice. A barrier on an
 * inode makes sure that the inode's own last journalled change is committed; if nothing of it is journalled (it is clean, or was
 * overwritten in place) the barrier commits nothing. What entered the journal before comes along, what entered later need not.
 *
 * Blocks and sizes of files are metadata too, but enter the journal when pages are written back, which the kernel does when it
 * likes: file-space.ts.
 */
import type { LoggedOp } from './crash-log.ts';
import type { FileHistory } from './file-history.ts';
import { committedFile } from './file-space.ts';
import type { DataRules } from './file-sizes.ts';
import { FileSpaces } from './file-spaces.ts';
import type { History } from './history.ts';
import type { CrashSpace, Draw, Frame } from './profile.ts';
import { lastAtOrBefore } from './sorted.ts';

export interface JournalRules extends DataRules {
  /** A punch that gives no block back, and only zeroes bytes, is a change for the journal all the same. */
  readonly zeroingIsJournalled: boolean;
  /** Positions up to which a file was submitted for write-back by its own ops, if the commit is at or after them. */
  readonly submissions?: (history: History) => ReadonlyMap<number, readonly number[]>;
}

export class JournalSpace implements CrashSpace {
  readonly history: History;
  readonly #files: FileSpaces;
  /** The least commit point that all barriers leave. */
  readonly commitFloor: number;

  constructor(history: History, rules: JournalRules) {
    this.history = history;
    const { begun } = history.instant;
    const submissions = rules.submissions?.(history) ?? new Map<number, readonly number[]>();
    const arrivals = arrivalsIn(history);
    this.#files = new FileSpaces(
      (file, commit) => {
        const arrived = lastAtOrBefore(arrivals.get(file.ino), commit);
        const submitted = Math.max(lastAtOrBefore(submissions.get(file.ino), commit), arrived);
        return committedFile({ file, rules, commit, begun, submitted, arrived });
      },
      rules.submissions === undefined ? arrivals : submissions,
    );
    this.commitFloor = history.barriers.reduce(
      (floor, { lastChange, lastZeroing }) =>
        Math.max(floor, lastChange, rules.zeroingIsJournalled ? lastZeroing : 0),
      0,
    );
  }

  get oldest(): Frame {
    return this.frameAt(this.commitFloor);
  }

  get newest(): Frame {
    return this.frameAt(this.history.instant.begun);
  }

  get frameCount(): bigint {
    return BigInt(this.history.instant.begun - this.commitFloor + 1);
  }

  *frames(distance: number): Generator<Frame> {
    const { begun } = this.history.instant;
    if (distance === 0) yield this.newest;
    if (distance === 1)
      for (let commit = begun - 1; commit >= this.commitFloor; commit--) yield this.frameAt(commit);
  }

  *framesThrough(): Generator<Frame> {
    yield* this.frames(0);
    yield* this.frames(1);
  }

  frameKeeping(isKept: (op: number) => boolean): Frame {
    return this.frameAt(commitKeeping(this.history, this.commitFloor, isKept));
  }

  randomFrame(draw: Draw): Frame {
    const { begun } = this.history.instant;
    return this.frameAt(begun - draw(begun - this.commitFloor + 1));
  }

  frameAt(commit: number): Frame {
    return {
      entryPosition: () => commit,
      attributePositions: () => [commit],
      file: (file: FileHistory) => this.#files.at(file, commit),
    };
  }
}

/** By inode: the closes of which it is known that what they submitted reached the device. */
function arrivalsIn({ log, instant }: History): ReadonlyMap<number, readonly number[]> {
  const arrivals = new Map<number, number[]>();
  for (const [index, op] of log.ops.slice(0, instant.begun).entries()) {
    if (op.kind !== 'close' || op.reached !== true) continue;
    const known = arrivals.get(op.ino);
    if (known === undefined) arrivals.set(op.ino, [index + 1]);
    else known.push(index + 1);
  }
  return arrivals;
}

/** The last commit point before the first change of metadata that is not to be kept. */
export function commitKeeping(history: History, floor: number, isKept: (op: number) => boolean): number {
  const { log, instant } = history;
  for (let commit = floor; commit < instant.begun; commit++) {
    const { kind } = log.ops[commit]!;
    if (!freeKinds.has(kind) && !isKept(commit + 1)) return commit;
  }
  return instant.begun;
}

/** Written bytes enter the journal when they are written back; the others are no changes. */
const freeKinds: ReadonlySet<LoggedOp['kind']> = new Set([
  'write',
  'touch',
  'close',
  'sync',
  'fsync',
  'fdatasync',
]);
