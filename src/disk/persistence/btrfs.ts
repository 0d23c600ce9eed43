/**
 * `btrfs`: default mkfs and mount options (no nodatacow).
 *
 * - btrfs.transaction: a commit carries everything that was done before it, files and names alike, as far as the data had been
 *   written; between commits nothing on the disk is overwritten (copy on write), so a page is old or new, never torn.
 * - btrfs.log-tree: fsync writes a log of that inode beside the transaction, with its names and the new directories on the way;
 *   of other inodes it keeps nothing: an earlier unlink, create or truncate elsewhere may be undone while a later one that was
 *   fsynced stays (measured; d4682ba03ef618 for new names). Two exceptions are in btrfs-log-tree.ts: the directories of a file whose
 *   names changed are logged with it, and a file that is logged for its name has its size cut to what it is by then.
 * - btrfs.directory-log: fsync of a directory keeps its names as they are. Of new files below it the data is not logged. A file
 *   that was renamed into it from another directory may be found under both names (measured).
 * - btrfs.moved-out: fsync of a directory out of which a file was renamed commits the transaction (fs/btrfs/tree-log.c,
 *   last_unlink_trans: logging only the directory would lose the file).
 * - btrfs.size-after-data: the size moves when the data past it is complete; a file that was renamed without fsync may be empty
 *   (8d875f95: "a best effort filemap_flush like ext4"; measured). On a file system without explicit holes (the default since
 *   btrfs-progs 5.15) that is the size in memory, with *any* extent of the file that completes (btrfs_inode_safe_disk_i_size_write):
 *   what is not there yet reads as NULs (measured: two parts of an append, the first there, the file long, the rest NULs).
 * - btrfs.truncation: a truncation puts its size on disk with its transaction, also the size that the file had already, whether the
 *   bytes are there or not (measured: a new file of one NUL). Of its last block the rest stays as it was: it is zeroed in memory, and
 *   written once the file grows again. So a file that was truncated, synced and truncated up may show its old bytes (measured).
 */
import { isDataOp, type LoggedOp } from './crash-log.ts';
import type { SizeOption } from './file-sizes.ts';
import { committedFile, fileAsAt, type FileSpace } from './file-space.ts';
import { FileSpaces } from './file-spaces.ts';
import type { History } from './history.ts';
import { LogTree, LogTreeIndex } from './btrfs-log-tree.ts';
import { commitKeeping } from './journal.ts';
import type { CrashSpace, Draw, Frame, PersistenceProfile, Rule } from './profile.ts';

const transaction: Rule = {
  id: 'btrfs.transaction',
  sentence: 'btrfs keeps what the last commit of its transaction carried: what came after it may be lost',
  source: 'Documentation/filesystems/btrfs; measured on Linux 6.18',
};
const logTree: Rule = {
  id: 'btrfs.log-tree',
  sentence:
    'fsync on btrfs logs that inode, its names and new directories on the way, and nothing of other inodes',
  source: 'fs/btrfs/tree-log.c; measured on Linux 6.18',
};
const directoryLog: Rule = {
  id: 'btrfs.directory-log',
  sentence:
    'fsync of a directory on btrfs logs its names, not the data below; a file renamed into it may keep its old name too',
  source: 'fs/btrfs/tree-log.c; measured on Linux 6.18',
};
const movedOut: Rule = {
  id: 'btrfs.moved-out',
  sentence: 'fsync of a directory that a file was renamed out of commits the whole transaction',
  source: 'fs/btrfs/tree-log.c, last_unlink_trans',
};
const sizeAfterData: Rule = {
  id: 'btrfs.size-after-data',
  sentence: 'btrfs moves the size once the data past it is complete, and each extent becomes new by itself',
  source: 'Linux commit 8d875f95da43; measured on Linux 6.18',
};

const truncation: Rule = {
  id: 'btrfs.truncation',
  sentence:
    'a truncation on btrfs commits its size, whether the bytes are there or not, and leaves the rest of its last block as it was',
  source: 'fs/btrfs/inode.c, btrfs_truncate, btrfs_cont_expand; measured on Linux 6.18',
};

export const btrfs: PersistenceProfile = {
  name: 'btrfs',
  about:
    'btrfs: the last transaction, and on top of it the logs of inodes that were fsynced since; pages never tear',
  rules: [transaction, logTree, directoryLog, movedOut, sizeAfterData, truncation],
  promisesByBarriers: true,
  space: (history) => new BtrfsSpace(history),
  ruleFor(op: LoggedOp, fate) {
    if (op.kind === 'truncate' && fate === 'torn') return truncation;
    if (isDataOp(op)) return sizeAfterData;
    return fate === 'torn' ? directoryLog : transaction;
  },
};

const dataRules = {
  sizeAfter: 'extent',
  inPlace: false,
  syncFlushes: true,
  tailsStay: true,
  truncationRestates: true,
  punchMovesSize: false,
} as const;

interface Fsync {
  readonly op: number;
  readonly ino: number;
}

class BtrfsSpace implements CrashSpace {
  readonly history: History;
  readonly #index: LogTreeIndex;
  readonly #fsyncs: readonly Fsync[];
  readonly #commitFloor: number;
  readonly #committed = new FileSpaces((file, commit) =>
    committedFile({ file, rules: dataRules, commit, begun: commit }),
  );
  readonly #logged = new FileSpaces(fileAsAt);

  constructor(history: History) {
    this.history = history;
    this.#index = new LogTreeIndex(history);
    this.#fsyncs = fsyncsOf(history);
    this.#commitFloor = commitFloorOf(history);
  }

  get oldest(): Frame {
    return this.#frames(this.#commitFloor)[0]!;
  }

  get newest(): Frame {
    return this.#frames(this.history.instant.begun)[0]!;
  }

  /** Each commit point, and for each fsync that was under way, with it and without. */
  get frameCount(): bigint {
    return BigInt(this.history.instant.begun - this.#commitFloor + 1);
  }

  *frames(distance: number): Generator<Frame> {
    const { begun } = this.history.instant;
    if (distance === 0) yield this.newest;
    if (distance !== 1) return;
    for (let commit = begun - 1; commit >= this.#commitFloor; commit--) yield* this.#frames(commit);
  }

  *framesThrough(): Generator<Frame> {
    yield* this.frames(0);
    yield* this.frames(1);
  }

  frameKeeping(isKept: (op: number) => boolean): Frame {
    return this.#frames(commitKeeping(this.history, this.#commitFloor, isKept))[0]!;
  }

  randomFrame(draw: Draw): Frame {
    const { begun } = this.history.instant;
    const frames = this.#frames(begun - draw(begun - this.#commitFloor + 1));
    return frames[draw(frames.length)]!;
  }

  /** The frames of a commit point: the log as it must be, then with each fsync that may have written it since. */
  #frames(commit: number): readonly Frame[] {
    const { done } = this.history.instant;
    const later = this.#fsyncs.filter(
      ({ op, ino }) => op > commit && this.#index.isTouched(ino, commit, op) && this.#hasName(ino, op),
    );
    const forced = later.filter(({ op }) => op <= done).length;
    const frames: Frame[] = [];
    for (let count = forced; count <= later.length; count++)
      frames.push(this.#frame(commit, later.slice(0, count)));
    return frames;
  }

  #frame(commit: number, fsyncs: readonly Fsync[]): Frame {
    const tree = new LogTree(this.#index, commit, fsyncs);
    const committed = new FileSpaces((file) =>
      cutAsNamed(this.#committed.at(file, commit), tree.named.get(file.ino)),
    );
    return {
      entryPosition: (cell) => tree.entries.get(cell) ?? commit,
      attributePositions: (ino) => [tree.attributes.get(ino) ?? commit],
      file: (file) => {
        const logged = tree.files.get(file.ino);
        if (logged !== undefined) return this.#logged.at(file, logged);
        // A new file that exists only in the log has no data.
        if (tree.existing.has(file.ino)) return this.#logged.at(file, this.#index.births.get(file.ino)!);
        return committed.at(file, commit);
      },
    };
  }

  /** What has no name is not logged: nobody could find it. A file of the base may have names of which nothing was told. */
  #hasName(ino: number, position: number): boolean {
    const cells = this.#index.cells.get(ino);
    if (cells === undefined) return true;
    const isFileOfBase =
      this.#index.births.get(ino) === undefined && this.history.inode(ino).kind !== 'directory';
    return isFileOfBase || cells.some(({ chain }) => chain.at(position) === ino);
  }
}

/** With the sizes at which the file was logged for its name, where they are less than what was committed. */
function cutAsNamed(space: FileSpace, positions: ReadonlySet<number> | undefined): FileSpace {
  if (positions === undefined) return space;
  const least = space.sizes[0]!.size;
  const cuts = [...positions].flatMap((position): SizeOption[] => {
    const size = space.file.sizeAt(position);
    return size < least ? [{ size, op: position }] : [];
  });
  return cuts.length === 0 ? space : { ...space, sizes: [...space.sizes, ...cuts] };
}

/** All that have begun: one that has not returned may have written its log. */
function fsyncsOf({ log, instant }: History): readonly Fsync[] {
  const fsyncs: Fsync[] = [];
  for (let position = 1; position <= instant.begun; position++) {
    const op = log.ops[position - 1]!;
    if ((op.kind === 'fsync' || op.kind === 'fdatasync') && op.failed !== true)
      fsyncs.push({ op: position, ino: op.ino });
  }
  return fsyncs;
}

function commitFloorOf({ log, barriers }: History): number {
  const movedOut = new Map<number, number>();
  let floor = 0;
  let position = 0;
  for (const { op, ino, kind } of barriers) {
    for (; position < op; position++) {
      for (const directory of directoriesLeft(log.ops[position]!)) movedOut.set(directory, position + 1);
    }
    floor = Math.max(floor, kind === 'sync' ? op : (movedOut.get(ino) ?? 0));
  }
  return floor;
}

/** The directories out of which the op renamed something into another one. */
function directoriesLeft(op: LoggedOp): readonly number[] {
  if (op.kind !== 'rename' && op.kind !== 'exchange') return [];
  if (op.from.parent === op.to.parent) return [];
  return op.kind === 'exchange' ? [op.from.parent, op.to.parent] : [op.from.parent];
}
