/**
 * What `strict` knows of names: each entry of a directory may stand at any version that its barriers leave, subject to causality
 * alone. Causality is a list of implications between entries, "if this one is at op r or later, that one is too":
 *
 * - rename(2) is atomic: the old name goes only if the new one is there, and within a directory, or of a directory (which has one
 *   name), the new one comes only if the old one goes. An exchange is both or none.
 * - Where a renamed inode went must be found: the directories on the way are there as well.
 * - A removed directory was empty: what had left it is where it went.
 *
 * Of the last two only the value counts, at whatever version.
 */
import type { Place } from '../place.ts';
import type { LoggedOp } from './crash-log.ts';
import { rootIno, type EntryCell, type History } from './history.ts';
import { hasBetween } from './sorted.ts';
import { directoryHome } from './tree.ts';

/** The version at which each entry stands; the newest where there is none. */
export type Positions = ReadonlyMap<EntryCell, number>;

interface Implication {
  readonly cause: EntryCell;
  readonly causeOp: number;
  readonly effect: EntryCell;
  readonly effectOp: number;
  /** The value counts, at whatever version. */
  readonly byValue: boolean;
}

export class NameOrder {
  /** Positions that barriers leave to each entry, sorted. */
  readonly allowed: ReadonlyMap<EntryCell, readonly number[]>;
  readonly #implications: readonly Implication[];
  #byCause: ReadonlyMap<EntryCell, readonly Implication[]> | undefined;
  #byEffect: ReadonlyMap<EntryCell, readonly Implication[]> | undefined;
  readonly #begun: number;

  constructor(history: History) {
    this.#begun = history.instant.begun;
    this.allowed = allowedPositions(history);
    this.#implications = new ImplicationScan(history).implications;
  }

  positionOf(positions: Positions, cell: EntryCell): number {
    return positions.get(cell) ?? cell.chain.positionAt(this.#begun);
  }

  isConsistent(positions: Positions): boolean {
    return this.#implications.every((each) => this.#holds(positions, each));
  }

  /** The least positions: every entry as old as it may be, and whatever that obliges. */
  oldest(): Positions {
    const positions = new Map([...this.allowed].map(([cell, allowed]) => [cell, allowed[0]!]));
    const pending = [...this.#implications];
    for (let implication = pending.pop(); implication !== undefined; implication = pending.pop()) {
      if (this.#holds(positions, implication)) continue;
      const { effect, effectOp } = implication;
      positions.set(
        effect,
        this.allowed.get(effect)!.find((op) => op >= effectOp)!,
      );
      // What held by the value that was there need not hold by the one that is there now.
      for (const each of this.#causedBy(effect)) pending.push(each);
      for (const each of this.#obliging(effect)) pending.push(each);
    }
    return positions;
  }

  /** These positions, and what must go back with them; undefined where a barrier forbids it. */
  lowered(chosen: Positions): Positions | undefined {
    const positions = new Map(chosen);
    // Everything holds of the newest positions: only what was lowered can break an implication.
    const pending = [...chosen.keys()].flatMap((cell) => this.#obliging(cell));
    for (let implication = pending.pop(); implication !== undefined; implication = pending.pop()) {
      if (this.#holds(positions, implication)) continue;
      const { cause, causeOp } = implication;
      const lower = this.allowed.get(cause)!.findLast((op) => op < causeOp);
      if (lower === undefined) return undefined;
      positions.set(cause, lower);
      for (const each of this.#obliging(cause)) pending.push(each);
    }
    return positions;
  }

  #causedBy(cell: EntryCell): readonly Implication[] {
    this.#byCause ??= groupedBy(this.#implications, ({ cause }) => cause);
    return this.#byCause.get(cell) ?? [];
  }

  #obliging(cell: EntryCell): readonly Implication[] {
    this.#byEffect ??= groupedBy(this.#implications, ({ effect }) => effect);
    return this.#byEffect.get(cell) ?? [];
  }

  #holds(positions: Positions, implication: Implication): boolean {
    const { cause, causeOp, effect, effectOp, byValue } = implication;
    if (this.positionOf(positions, cause) < causeOp) return true;
    const position = this.positionOf(positions, effect);
    return position >= effectOp || (byValue && effect.chain.at(position) === effect.chain.at(effectOp));
  }
}

function groupedBy(
  implications: readonly Implication[],
  cellOf: (implication: Implication) => EntryCell,
): ReadonlyMap<EntryCell, readonly Implication[]> {
  const groups = new Map<EntryCell, Implication[]>();
  for (const each of implications) {
    const cell = cellOf(each);
    const group = groups.get(cell);
    if (group === undefined) groups.set(cell, [each]);
    else group.push(each);
  }
  return groups;
}

/** fsync of a directory settles the values of its entries: versions with another value are gone from then on. */
function allowedPositions(history: History): ReadonlyMap<EntryCell, readonly number[]> {
  const syncs = history.barriers.filter(({ kind }) => kind === 'sync').map(({ op }) => op);
  const own = new Map<number, number[]>();
  for (const { op, ino, kind } of history.barriers) {
    if (kind === 'sync' || history.inode(ino).kind !== 'directory') continue;
    const known = own.get(ino);
    if (known === undefined) own.set(ino, [op]);
    else known.push(op);
  }
  const allowed = new Map<EntryCell, readonly number[]>();
  for (const cell of history.cells()) {
    const barriers = own.get(cell.place.parent);
    allowed.set(
      cell,
      unsettled(cell, (from, until) => hasBetween(barriers, from, until) || hasBetween(syncs, from, until)),
    );
  }
  return allowed;
}

/** From the newest back: a version is left as long as no barrier since then has settled another value. */
function unsettled(
  { chain }: EntryCell,
  isSettled: (after: number, until: number) => boolean,
): readonly number[] {
  const positions = chain.positions();
  const left: number[] = [];
  let settled: { readonly value: number | undefined } | undefined;
  for (let index = positions.length - 1; index >= 0; index--) {
    const value = chain.at(positions[index]!);
    const next = positions[index + 1] ?? Infinity;
    // A barrier is no op of this entry: it lies strictly between two of its versions.
    if (isSettled(positions[index]!, next)) {
      if (settled !== undefined && settled.value !== value) break;
      settled = { value };
    }
    if (settled === undefined || settled.value === value) left.push(positions[index]!);
  }
  return left.reverse();
}

/** Reads the log once more, with the places of directories as they were at each op. */
class ImplicationScan {
  readonly implications: Implication[] = [];
  readonly #history: History;
  /** Of directories that the log made or moved. */
  readonly #homes = new Map<number, Place>();

  constructor(history: History) {
    this.#history = history;
    const { log, instant } = history;
    for (let position = 1; position <= instant.begun; position++)
      this.#scan(position, log.ops[position - 1]!);
  }

  #scan(position: number, op: LoggedOp): void {
    if (op.kind === 'mkdir') this.#homes.set(op.ino, op.place!);
    if (op.kind === 'rmdir') this.#emptied(position, op.place, op.ino);
    if (op.kind !== 'rename' && op.kind !== 'exchange') return;
    const isExchange = op.kind === 'exchange';
    const isBoth = isExchange || op.from.parent === op.to.parent || this.#isDirectory(op.ino);
    this.#moved(position, op.ino, op.from, op.to);
    if (isBoth) this.#imply(position, op.to, op.from, position, false);
    if (isExchange) this.#moved(position, op.other, op.to, op.from);
    else if (op.replaced !== undefined && this.#isDirectory(op.replaced))
      this.#emptied(position, op.to, op.replaced);
    this.#homes.set(op.ino, op.to);
    if (isExchange) this.#homes.set(op.other, op.from);
  }

  #moved(position: number, ino: number, from: Place, to: Place): void {
    this.#imply(position, from, to, position, false);
    // Of a directory the new place obliges its way too: it could otherwise lead through itself.
    const causes = this.#isDirectory(ino) ? [from, to] : [from];
    for (const home of this.#way(to.parent)) {
      const lastChange = this.#history.cell(home).chain.positionAt(position);
      if (lastChange > 0) for (const cause of causes) this.#imply(position, cause, home, lastChange, true);
    }
  }

  #emptied(position: number, place: Place, directory: number): void {
    for (const cell of this.#history.inode(directory).entries.values()) {
      const lastChange = cell.chain.positionAt(position);
      if (lastChange > 0) this.#imply(position, place, cell.place, lastChange, true);
    }
  }

  #imply(causeOp: number, cause: Place, effect: Place, effectOp: number, byValue: boolean): void {
    const history = this.#history;
    this.implications.push({
      cause: history.cell(cause),
      causeOp,
      effect: history.cell(effect),
      effectOp,
      byValue,
    });
  }

  /** The places of a directory and of those above it. */
  *#way(directory: number): Generator<Place> {
    for (let ino = directory; ino !== rootIno;) {
      const home = this.#homes.get(ino) ?? directoryHome(this.#history.log.base, ino);
      yield home;
      ino = home.parent;
    }
  }

  #isDirectory(ino: number): boolean {
    return this.#history.inode(ino).kind === 'directory';
  }
}
