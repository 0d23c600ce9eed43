/**
 * btrfs's tree of logged inodes: what fsync writes beside the transaction, and what the next mount replays on top of the last
 * commit. Here it is worked out for one commit point and one last write of the log.
 *
 * - fsync of an inode logs it with its names as they are, takes its old names away, and logs every new directory on the way.
 *   Whoever stood at such a name before is logged as well, with his names.
 * - fsync of a file of the commit that was linked, unlinked or renamed since logs the directories as well in which the commit has
 *   it, as their own fsync would (fs/btrfs/tree-log.c, btrfs_log_all_parents, which reads them from the commit root).
 * - fsync of a directory logs all its entries as they are; new inodes below it exist then, files among them without their data.
 * - A logged inode that is renamed or linked afterwards has its new name in the log with the next write of it.
 * - A file of the commit that is logged for its name alone keeps its bytes as they are there, but a size that is less by now
 *   is logged (fs/btrfs/tree-log.c, logged_inode_size; measured: a file that was renamed, rewritten with less and not fsynced had
 *   its old bytes under the new size after fsync of the directory).
 */
import { lastIndexAtOrBefore } from './chain.ts';
import type { LoggedOp } from './crash-log.ts';
import { rootIno, type EntryCell, type History } from './history.ts';
import { hasBetween } from './sorted.ts';
import { directoryHome, type Tree } from './tree.ts';
import type { Place } from '../place.ts';

/** What holds for all commit points: found once. */
export class LogTreeIndex {
  readonly history: History;
  /** By inode: entries that ever had it. */
  readonly cells = new Map<number, EntryCell[]>();
  #moved: readonly number[] | undefined;
  /** By inode: the op that made it; none for those of the base. */
  readonly births = new Map<number, number>();
  /** By inode: the ops that changed anything of it. */
  readonly #touches = new Map<number, number[]>();
  /** By inode: the ops that changed a name of it. */
  readonly #nameChanges = new Map<number, number[]>();
  /** By inode: its places at the base; found when they are asked for. */
  #basePlaces: ReadonlyMap<number, readonly Place[]> | undefined;
  /** By directory: its entries by the ops that changed them. */
  readonly #changes = new Map<number, readonly { readonly op: number; readonly cell: EntryCell }[]>();

  constructor(history: History) {
    this.history = history;
    for (const cell of history.cells()) {
      this.#had(cell, cell.chain.base);
      for (const { value } of cell.chain.versions) this.#had(cell, value);
    }
    const { log, instant } = history;
    for (let position = 1; position <= instant.begun; position++)
      this.#note(position, log.ops[position - 1]!);
  }

  isTouched(ino: number, after: number, until: number): boolean {
    return hasBetween(this.#touches.get(ino), after, until);
  }

  isRenamed(ino: number, after: number, until: number): boolean {
    return hasBetween(this.#nameChanges.get(ino), after, until);
  }

  /** The directories in which an inode has names at this position. */
  *homesAt(ino: number, position: number): Generator<number> {
    for (const { chain, place } of this.cells.get(ino) ?? [])
      if (chain.at(position) === ino) yield place.parent;
    this.#basePlaces ??= placesIn(this.history.log.base);
    for (const { parent, name } of this.#basePlaces.get(ino) ?? [])
      if (this.history.inodes.get(parent)?.entries.has(name) !== true) yield parent;
  }

  /** The entries of a directory that ops changed after a position, until another. */
  *changed(directory: number, after: number, until: number): Generator<EntryCell> {
    let changes = this.#changes.get(directory);
    if (changes === undefined) {
      const cells = [...this.history.inode(directory).entries.values()];
      changes = cells
        .flatMap((cell) => cell.chain.versions.map(({ op }) => ({ op, cell })))
        .sort((a, b) => a.op - b.op);
      this.#changes.set(directory, changes);
    }
    for (let index = lastIndexAtOrBefore(changes, after) + 1; index < changes.length; index++) {
      const { op, cell } = changes[index]!;
      if (op > until) return;
      yield cell;
    }
  }

  /** Directories that ops gave another name: few, so that each is looked at in every log. */
  movedDirectories(): readonly number[] {
    this.#moved ??= [...this.cells]
      .filter(([ino, cells]) => cells.length > 1 && this.history.inode(ino).kind === 'directory')
      .map(([ino]) => ino);
    return this.#moved;
  }

  /** The directory that holds a directory at this position. */
  parentAt(ino: number, position: number): number {
    for (const cell of this.cells.get(ino) ?? [])
      if (cell.chain.at(position) === ino) return cell.place.parent;
    return directoryHome(this.history.log.base, ino).parent;
  }

  /** Told of one entry after another. */
  #had(cell: EntryCell, ino: number | undefined): void {
    if (ino === undefined) return;
    const known = this.cells.get(ino);
    if (known === undefined) this.cells.set(ino, [cell]);
    else if (known.at(-1) !== cell) known.push(cell);
  }

  #note(position: number, op: LoggedOp): void {
    const touch = (ino: number) => append(this.#touches, ino, position);
    const rename = (ino: number) => append(this.#nameChanges, ino, position);
    if (op.kind === 'sync' || op.kind === 'fsync' || op.kind === 'fdatasync' || op.kind === 'close') return;
    touch(op.ino);
    if ('inodeKind' in op) this.births.set(op.ino, position);
    if ('place' in op && op.place !== undefined) touch(op.place.parent);
    if (op.kind === 'link' || op.kind === 'unlink') rename(op.ino);
    if (op.kind !== 'rename' && op.kind !== 'exchange') return;
    rename(op.ino);
    touch(op.from.parent);
    touch(op.to.parent);
    const other = op.kind === 'exchange' ? op.other : op.replaced;
    if (other === undefined) return;
    touch(other);
    rename(other);
  }
}

function append<Item>(lists: Map<number, Item[]>, ino: number, item: Item): void {
  const known = lists.get(ino);
  if (known === undefined) lists.set(ino, [item]);
  else known.push(item);
}

function placesIn({ inodes }: Tree): ReadonlyMap<number, readonly Place[]> {
  const places = new Map<number, Place[]>();
  for (const [parent, { entries }] of inodes)
    for (const [name, child] of entries) append(places, child, { parent, name });
  return places;
}

export class LogTree {
  /** Entries that the replay sets, and the position whose value it gives them. */
  readonly entries = new Map<EntryCell, number>();
  /** Files whose bytes and size were logged, and when. */
  readonly files = new Map<number, number>();
  /** New inodes that were logged because a name leads to them. */
  readonly existing = new Set<number>();
  readonly attributes = new Map<number, number>();
  /** Inodes that were logged for their names, and when. */
  readonly named = new Map<number, Set<number>>();
  readonly #index: LogTreeIndex;
  readonly #commit: number;
  readonly #inodes = new Set<number>();
  readonly #directories = new Map<number, number>();
  /** By logged directory: entries that had new directories. */
  readonly #newDirectories = new Map<number, Set<EntryCell>>();

  /** `fsyncs`: in order, the ones after the commit that wrote the log. */
  constructor(
    index: LogTreeIndex,
    commit: number,
    fsyncs: readonly { readonly op: number; readonly ino: number }[],
  ) {
    this.#index = index;
    this.#commit = commit;
    let from = commit;
    for (const { op, ino } of fsyncs) {
      this.#follow(from, op);
      from = op;
      if (index.history.inode(ino).kind === 'directory') this.#logDirectory(ino, op);
      else this.#logFile(ino, op);
      this.#inodes.add(ino);
      this.attributes.set(ino, op);
    }
    const last = fsyncs.at(-1)?.op ?? commit;
    for (const [ino, op] of this.#directories) this.#setDirectory(ino, op, last);
    for (const ino of this.#inodes) this.#setNames(ino, last, new Set());
    if (fsyncs.length > 0)
      for (const directory of index.movedDirectories()) this.#setOneName(directory, last);
  }

  /** A directory has one name, whatever was logged around it: the others are as they were when the log was written last. */
  #setOneName(directory: number, last: number): void {
    const isHere = (cell: EntryCell) => cell.chain.at(this.entries.get(cell) ?? this.#commit) === directory;
    const names = this.#index.cells.get(directory)!.filter(isHere);
    if (names.length < 2) return;
    for (const cell of names)
      if (cell.chain.at(last) !== directory) this.entries.set(cell, cell.chain.positionAt(last));
  }

  /** Renames of what was logged, or out of a directory that was, are logged at once. */
  #follow(from: number, to: number): void {
    for (let position = from + 1; position < to; position++) {
      const op = this.#index.history.log.ops[position - 1]!;
      if (op.kind !== 'rename' || !this.#directories.has(op.from.parent)) continue;
      this.#inodes.add(op.ino);
      this.#isNamed(op.ino, position);
    }
  }

  #logFile(ino: number, at: number): void {
    this.files.set(ino, at);
    if (this.#isNew(ino, at) || !this.#index.isRenamed(ino, this.#commit, at)) return;
    for (const directory of this.#index.homesAt(ino, this.#commit)) this.#logDirectory(directory, at);
  }

  #logDirectory(ino: number, at: number): void {
    const before = this.#directories.get(ino) ?? this.#commit;
    if (before === at) return;
    this.#directories.set(ino, at);
    const directories = this.#newDirectories.get(ino) ?? new Set();
    this.#newDirectories.set(ino, directories);
    // What was there the last time was told of then.
    for (const cell of this.#index.changed(ino, before, at)) {
      const child = cell.chain.at(at);
      if (child === undefined || !this.#isNew(child, at)) continue;
      this.#exists(child, at);
      if (this.#index.history.inode(child).kind === 'directory') directories.add(cell);
    }
    for (const { chain } of directories) {
      const child = chain.at(at);
      if (
        child !== undefined &&
        this.#isNew(child, at) &&
        this.#index.history.inode(child).kind === 'directory'
      )
        this.#logDirectory(child, at);
    }
  }

  #exists(ino: number, at: number): void {
    this.#inodes.add(ino);
    this.existing.add(ino);
    if (!this.attributes.has(ino)) this.attributes.set(ino, at);
  }

  #setDirectory(ino: number, loggedAt: number, last: number): void {
    for (const cell of this.#index.history.inode(ino).entries.values()) {
      const gone = cell.chain.versions.find(
        ({ op, value }) => op > loggedAt && op <= last && value === undefined,
      );
      this.entries.set(cell, gone?.op ?? loggedAt);
      const child = cell.chain.at(loggedAt);
      if (child === undefined) continue;
      // A directory has one name: it was moved here.
      if (this.#index.history.inode(child).kind === 'directory') this.#inodes.add(child);
      else this.#isNamed(child, loggedAt);
    }
  }

  #setNames(ino: number, at: number, seen: Set<number>): void {
    if (seen.has(ino)) return;
    seen.add(ino);
    this.#isNamed(ino, at);
    for (const cell of this.#index.cells.get(ino) ?? []) {
      const before = cell.chain.at(this.#commit);
      if (cell.chain.at(at) === ino) {
        this.entries.set(cell, at);
        this.#newAncestors(cell.place.parent, at, seen);
        if (before !== undefined && before !== ino) this.#setNames(before, at, seen);
      } else if (before === ino) {
        const left = cell.chain.versions.find(({ op, value }) => op > this.#commit && value !== ino)!;
        if (this.entries.get(cell) === undefined) this.entries.set(cell, left.op);
      }
    }
  }

  #newAncestors(directory: number, at: number, seen: Set<number>): void {
    for (let ino = directory; ino !== rootIno; ino = this.#index.parentAt(ino, at)) {
      if (!this.#isNew(ino, at)) continue;
      this.#exists(ino, at);
      this.#setNames(ino, at, seen);
    }
  }

  #isNamed(ino: number, at: number): void {
    if (!this.#index.isTouched(ino, this.#commit, at)) return;
    const known = this.named.get(ino);
    if (known === undefined) this.named.set(ino, new Set([at]));
    else known.add(at);
  }

  #isNew(ino: number, at: number): boolean {
    const birth = this.#index.births.get(ino);
    return birth !== undefined && birth > this.#commit && birth <= at;
  }
}
