/**
 * Takes out of a log what barriers have covered, so that it says the same in fewer words. What `strict` has made durable is part of
 * the base: the durable face. It leaves a `touch` behind, for a later barrier on that inode covers it, and what came before it, in
 * file systems with a journal. Between two ops that stay, all instants are alike: there the last touch and the last barrier of an
 * inode say it all; and before the first op that stays nothing is left to cover.
 */
import {
  isBarrier,
  isDataOp,
  placesOf,
  type LoggedBarrier,
  type LoggedOp,
  type Touch,
} from '../persistence/crash-log.ts';
import type { Place } from '../place.ts';
import { Recorded } from './recorded.ts';
import type { Settlements } from './settlements.ts';

/** `isGone`: no program can reach the inode any more. */
export function fold(
  log: readonly Recorded[],
  settled: Settlements,
  isGone: (ino: number) => boolean,
): Recorded[] {
  const folding = new Folding(settled, isGone, changedIn(log, settled));
  for (const recorded of log) folding.add(recorded);
  return folding.folded();
}

/** Inodes with bytes, attributes or names in them that no barrier covered. */
function changedIn(log: readonly Recorded[], settled: Settlements): ReadonlySet<number> {
  const changed = new Set<number>();
  for (const { logged, op } of log) {
    if (logged === undefined) continue;
    const isAttribute = logged.kind === 'setattr' || logged.kind === 'xattr';
    if (isDataOp(logged) || (isAttribute && !settled.coversAttributes(logged.ino, op.number)))
      changed.add(logged.ino);
    for (const place of placesOf(logged))
      if (!settled.coversName(place, op.number)) changed.add(place.parent);
  }
  return changed;
}

/** What an op leaves behind that has become part of the base. */
export function touchesOf({ logged, isJournalled }: Recorded): readonly Touch[] {
  const touch = (ino: number, isData: boolean): Touch => ({ kind: 'touch', ino, isData });
  if (logged === undefined || !('ino' in logged)) return [];
  if (isDataOp(logged)) return !isJournalled ? [] : [touch(logged.ino, true)];
  if (logged.kind === 'close') return [];
  const touches = placesOf(logged).map(({ parent }) => touch(parent, true));
  touches.push(touch(logged.ino, 'inodeKind' in logged));
  if (logged.kind === 'exchange') touches.push(touch(logged.other, false));
  if (logged.kind === 'rename' && logged.replaced !== undefined) touches.push(touch(logged.replaced, false));
  return touches;
}

/** Of one inode, since the last op that stayed: between there and the next all instants are alike. */
interface Gap {
  /** The barrier that no touch of the gap precedes. */
  before?: Recorded;
  data?: Recorded;
  rest?: Recorded;
  zeroing?: Recorded;
  /** The one that covers a touch of the gap. */
  covering?: Recorded;
}

class Folding {
  readonly #settled: Settlements;
  readonly #isGone: (ino: number) => boolean;
  readonly #changed: ReadonlySet<number>;
  readonly #kept: Recorded[] = [];
  #gap = new Map<number, Gap>();
  /** Entries of directories, and files, of which an op stayed. */
  readonly #names = new Map<number, Set<string>>();
  readonly #files = new Set<number>();
  #hasKept = false;

  constructor(settled: Settlements, isGone: (ino: number) => boolean, changed: ReadonlySet<number>) {
    this.#settled = settled;
    this.#isGone = isGone;
    this.#changed = changed;
  }

  add(recorded: Recorded): void {
    const { logged } = recorded;
    if (logged === undefined) return;
    if (logged.kind === 'touch') this.#touch(recorded, logged);
    else if (isBarrier(logged)) this.#barrier(recorded, logged);
    else if (this.#isPartOfBase(recorded, logged)) this.#leave(recorded);
    else this.#keep(recorded, logged);
  }

  folded(): Recorded[] {
    this.#closeGap();
    return this.#kept;
  }

  #isPartOfBase({ op: { number } }: Recorded, logged: LoggedOp): boolean {
    // Of data ops that were settled only a touch is left.
    if (isDataOp(logged)) return false;
    if (logged.kind === 'close') return !this.#files.has(logged.ino);
    if (logged.kind === 'setattr' || logged.kind === 'xattr')
      return this.#settled.coversAttributes(logged.ino, number);
    const places = placesOf(logged);
    const isCovered = places.every(
      (place) => this.#settled.coversName(place, number) && !this.#hasName(place),
    );
    if (!isCovered) return false;
    // btrfs: fsync of a directory logs that a new file exists, and nothing of its bytes; one of the base has had them for long.
    if ('inodeKind' in logged) return !this.#changed.has(logged.ino);
    if (logged.kind !== 'rename' && logged.kind !== 'exchange') return true;
    // btrfs: a later fsync of the directory that something left commits all that came before the leaving.
    if (logged.from.parent !== logged.to.parent && this.#hasKept) return false;
    // ext4: a rename over a file submits what is delayed of the one that was renamed.
    return !this.#files.has(logged.ino);
  }

  #hasName({ parent, name }: Place): boolean {
    return this.#names.get(parent)?.has(name) === true;
  }

  #keep(recorded: Recorded, logged: LoggedOp): void {
    this.#closeGap();
    this.#hasKept = true;
    this.#kept.push(recorded);
    if (isDataOp(logged)) this.#files.add(logged.ino);
    for (const { parent, name } of placesOf(logged)) {
      const names = this.#names.get(parent);
      if (names === undefined) this.#names.set(parent, new Set([name]));
      else names.add(name);
    }
  }

  #leave(recorded: Recorded): void {
    for (const logged of touchesOf(recorded)) this.#touch(new Recorded(recorded.op, logged), logged);
  }

  #touch(recorded: Recorded, { ino, isData, isZeroing }: Touch): void {
    if (!this.#hasKept) return;
    this.#gapOf(ino)[isZeroing === true ? 'zeroing' : isData ? 'data' : 'rest'] = recorded;
  }

  #barrier(recorded: Recorded, barrier: LoggedBarrier): void {
    if (!this.#hasKept) return;
    const gap = this.#gapOf(barrier.kind === 'sync' ? 0 : barrier.ino);
    // fdatasync leaves behind what is not data, and says less than fsync.
    const isDataOnly = barrier.kind === 'fdatasync';
    const hasData = gap.data !== undefined || gap.zeroing !== undefined;
    const covers = hasData || (gap.rest !== undefined && !isDataOnly);
    const known = covers ? gap.covering : gap.before;
    if (known?.logged?.kind === 'fsync' && isDataOnly) return;
    gap[covers ? 'covering' : 'before'] = recorded;
  }

  #gapOf(ino: number): Gap {
    const known = this.#gap.get(ino);
    if (known !== undefined) return known;
    const gap = {};
    this.#gap.set(ino, gap);
    return gap;
  }

  #closeGap(): void {
    let isCovered = false;
    for (const [ino, { before, rest, data, zeroing, covering }] of this.#gap) {
      let left = [before, rest, data, zeroing, covering];
      if (this.#isGone(ino)) {
        // Nothing will cover its touches any more; and that a barrier covered all until here need be said but once.
        if (covering === undefined || isCovered) left = [before];
        isCovered ||= covering !== undefined;
      }
      for (const each of left) if (each !== undefined) this.#kept.push(each);
    }
    this.#gap.clear();
  }
}
