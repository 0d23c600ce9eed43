/**
 * `strict`: only what fsync(2) promises, by POSIX and the Linux manual page, and nothing that any one file system adds. Whatever
 * any file system may leave, it contains.
 *
 * - strict.data: each 512-byte sector of a file, and its size, stand at any version since the last fsync, fdatasync, msync(MS_SYNC)
 *   or O_SYNC/O_DSYNC write on it that returned; bytes past the old end may also read as NULs. What a truncation cut off the last
 *   block may be back when the file grows again, until a barrier after that (measured on btrfs).
 * - strict.attributes: mode and xattrs stand at any version since the last fsync of that inode; fdatasync leaves them behind
 *   (fsync(2): "does not flush modified metadata unless that metadata is needed").
 * - strict.names: an entry of a directory stands at any version since the last fsync of that directory ("calling fsync() does not
 *   necessarily ensure that the entry in the directory containing the file has also reached disk", fsync(2)), each by itself.
 * - strict.rename: rename(2) is atomic: the old name or the new one, across directories perhaps both, never neither
 *   (name-order.ts).
 */
import { combinations } from './combinations.ts';
import { isDataOp, type LoggedOp } from './crash-log.ts';
import { freeFile } from './file-space.ts';
import { FileSpaces } from './file-spaces.ts';
import type { EntryCell, History } from './history.ts';
import { NameOrder, type Positions } from './name-order.ts';
import type { CrashSpace, Draw, EntryFilter, Frame, PersistenceProfile, Rule } from './profile.ts';

const data: Rule = {
  id: 'strict.data',
  sentence:
    'file data and size are durable only once fsync, fdatasync, msync or an O_SYNC write on that file has returned',
  source: 'fsync(2)',
};
const attributes: Rule = {
  id: 'strict.attributes',
  sentence: 'mode and xattrs are durable only once fsync on that inode has returned',
  source: 'fsync(2)',
};
const names: Rule = {
  id: 'strict.names',
  sentence: 'a directory entry is durable only once fsync on its directory has returned',
  source: 'fsync(2), NOTES',
};
const rename: Rule = {
  id: 'strict.rename',
  sentence: 'rename is atomic: the old name or the new one, across directories perhaps both, never neither',
  source: 'rename(2)',
};

export const strict: PersistenceProfile = {
  name: 'strict',
  about: 'only what fsync(2) promises: data, sizes, attributes and names are volatile until their own fsync',
  rules: [data, attributes, names, rename],
  promisesByBarriers: true,
  space: (history) => new StrictSpace(history),
  ruleFor(op: LoggedOp, fate) {
    if (isDataOp(op)) return data;
    if (op.kind === 'setattr' || op.kind === 'xattr') return attributes;
    return op.kind === 'rename' && fate === 'torn' ? rename : names;
  },
};

class StrictSpace implements CrashSpace {
  readonly history: History;
  readonly #order: NameOrder;
  readonly #files: FileSpaces;
  /** By inode: the last fsync of it. */
  readonly #synced = new Map<number, number>();
  #syncedAll = 0;

  constructor(history: History) {
    this.history = history;
    this.#order = new NameOrder(history);
    const { begun } = history.instant;
    this.#files = new FileSpaces((file) => freeFile(file, begun, { syncFlushes: false, tailsStay: true }));
    for (const { op, ino, kind } of history.barriers) {
      if (kind === 'fsync') this.#synced.set(ino, op);
      if (kind === 'sync') this.#syncedAll = op;
    }
  }

  get oldest(): Frame {
    return this.#frame(this.#order.oldest());
  }

  get newest(): Frame {
    return this.#frame(new Map());
  }

  get frameCount(): bigint {
    return [...this.#order.allowed.values()].reduce((count, { length }) => count * BigInt(length), 1n);
  }

  *frames(distance: number): Generator<Frame> {
    const cells = [...this.#order.allowed];
    const axes = cells.map(([cell, allowed]) => {
      const newest = this.#order.positionOf(new Map(), cell);
      return allowed.filter((position) => position !== newest).reverse();
    });
    for (const picks of combinations(axes, distance)) {
      const chosen = new Map(picks.map(({ axis, option }) => [cells[axis]![0], option]));
      const positions = this.#order.lowered(chosen);
      if (positions !== undefined) yield this.#frame(positions);
    }
  }

  *framesThrough(filter: EntryFilter): Generator<Frame> {
    const cells = [...this.#order.allowed];
    const positions = new Map<EntryCell, number>();
    const order = this.#order;
    const frame = (found: Positions) => this.#frame(found);
    yield* choose(0);

    function* choose(index: number): Generator<Frame> {
      const next = cells[index];
      if (next === undefined) {
        if (order.isConsistent(positions)) yield frame(new Map(positions));
        return;
      }
      const [cell, allowed] = next;
      for (const position of allowed) {
        if (!filter(cell, cell.chain.at(position))) continue;
        positions.set(cell, position);
        yield* choose(index + 1);
      }
    }
  }

  frameKeeping(isKept: (op: number) => boolean): Frame {
    const positions = new Map<EntryCell, number>();
    for (const [cell, allowed] of this.#order.allowed) {
      positions.set(cell, allowed.findLast((op) => op === 0 || isKept(op)) ?? allowed[0]!);
    }
    return this.#frame(this.#order.lowered(positions) ?? this.#order.oldest());
  }

  randomFrame(draw: Draw): Frame {
    const chosen = new Map<EntryCell, number>();
    for (const [cell, allowed] of this.#order.allowed) chosen.set(cell, allowed[draw(allowed.length)]!);
    return this.#frame(this.#order.lowered(chosen) ?? this.#order.oldest());
  }

  #frame(positions: Positions): Frame {
    const { begun } = this.history.instant;
    return {
      entryPosition: (cell) => positions.get(cell) ?? begun,
      attributePositions: (ino, chain) => {
        const synced = Math.max(this.#synced.get(ino) ?? 0, this.#syncedAll);
        const floor = chain.positionAt(synced);
        return chain.positions().filter((position) => position >= floor);
      },
      file: (file) => this.#files.at(file, begun),
    };
  }
}
