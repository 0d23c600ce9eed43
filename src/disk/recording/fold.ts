/**
 * Takes out of a log what barriers have covered, so that it says the same in fewer words. What `strict` has made durable is part of
 * the base: the durable face. It leaves a `touch` behind, for a later barrier on that inode covers it, and what came before it, in
 * file systems with a journal. Between two ops that stay, all instants are alike: there the last touch and the last barrier of an
 * inode say it all; and before the first op that stays nothing is left to cover.
 */
import type { Op } from '../op.ts';
import { placesOf, type LoggedOp, type Touch } from '../persistence/crash-log.ts';
import type { Place } from '../place.ts';
import {
  marks,
  none,
  placesAt,
  type RecordLog,
  type AttributeDetails,
  type Detail,
  type Mark,
} from './record-log.ts';
import type { Settlements } from './settlements.ts';

/** `into`: an empty one. `isGone`: no program can reach the inode any more. */
export function fold(
  log: RecordLog,
  into: RecordLog,
  settled: Settlements,
  isGone: (ino: number) => boolean,
): void {
  const folding = new Folding(log, into, settled, isGone);
  for (let index = 0; index < log.length; index++) folding.add(index);
  folding.end();
}

/** Inodes with bytes, attributes or names in them that no barrier covered. */
function changedIn(log: RecordLog, settled: Settlements): ReadonlySet<number> {
  const changed = new Set<number>(log.files());
  for (let index = 0; index < log.length; index++) {
    const mark = log.mark(index);
    if (mark === marks.attributes) {
      const { ino, number } = log.op(index);
      if (!settled.coversAttributes(ino, number)) changed.add(ino);
    }
    for (const place of placesAt(log, index))
      if (!settled.coversName(place, log.op(index).number)) changed.add(place.parent);
  }
  return changed;
}

/** What an op on names or attributes leaves behind that has become part of the base. */
function touchesOf(logged: LoggedOp): readonly Touch[] {
  const touch = (ino: number, isDataTouch: boolean): Touch => ({ kind: 'touch', ino, isData: isDataTouch });
  if (!('ino' in logged)) return [];
  const touches = placesOf(logged).map(({ parent }) => touch(parent, true));
  touches.push(touch(logged.ino, 'inodeKind' in logged));
  if (logged.kind === 'exchange') touches.push(touch(logged.other, false));
  if (logged.kind === 'rename' && logged.replaced !== undefined) touches.push(touch(logged.replaced, false));
  return touches;
}

/** A touch or a barrier, out of its log. */
interface Entry {
  readonly op: Op;
  readonly mark: Mark;
  readonly detail: Detail;
}

/** Of one inode, since the last op that stayed: between there and the next all instants are alike. */
interface Gap {
  /** The barrier that no touch of the gap precedes. */
  before?: Entry;
  data?: Entry;
  rest?: Entry;
  zeroing?: Entry;
  /** The one that covers a touch of the gap. */
  covering?: Entry;
}

class Folding {
  readonly #log: RecordLog;
  readonly #kept: RecordLog;
  readonly #settled: Settlements;
  readonly #isGone: (ino: number) => boolean;
  #changed: ReadonlySet<number> | undefined;
  readonly #gap = new Map<number, Gap>();
  /** Names of which an op stayed although barriers covered what it did to them. */
  readonly #names = new Map<number, Set<string>>();

  constructor(log: RecordLog, into: RecordLog, settled: Settlements, isGone: (ino: number) => boolean) {
    this.#log = log;
    this.#kept = into;
    this.#settled = settled;
    this.#isGone = isGone;
  }

  add(index: number): void {
    const mark = this.#log.mark(index);
    switch (mark) {
      case marks.gone:
        return;
      case marks.write:
      case marks.resize:
        this.#keep(index);
        return;
      case marks.close:
        // Of data ops that were settled only a touch is left.
        if (this.#hasData(this.#log.op(index).ino)) this.#keep(index);
        return;
      case marks.fsync:
      case marks.fdatasync:
        this.#barrier(this.#entry(index));
        return;
      case marks.dataTouch:
      case marks.zeroingTouch:
        this.#touch(this.#entry(index), this.#log.op(index).ino);
        return;
      case marks.touch:
        this.#touch(this.#entry(index), (this.#log.detail(index) as Touch).ino);
        return;
      case marks.attributes:
        this.#attributes(index);
        return;
      case marks.made:
        this.#made(index);
        return;
      case marks.names:
        this.#namesOf(index);
    }
  }

  end(): void {
    this.#closeGap();
  }

  #attributes(index: number): void {
    const op = this.#log.op(index);
    const { logged } = this.#log.detail(index) as AttributeDetails;
    if (this.#settled.coversAttributes(op.ino, op.number)) this.#leave(op, touchesOf(logged));
    else this.#keep(index);
  }

  #made(index: number): void {
    const op = this.#log.op(index);
    const place = this.#log.detail(index) as Place;
    if (!this.#covers(place, op) || this.#hasChanged(op.ino)) this.#keepNames(index, [place]);
    else if (this.#hasKept) {
      this.#leave(op, [
        { kind: 'touch', ino: place.parent, isData: true },
        { kind: 'touch', ino: op.ino, isData: true },
      ]);
    }
  }

  #namesOf(index: number): void {
    const op = this.#log.op(index);
    const logged = this.#log.detail(index) as LoggedOp;
    if (this.#isPartOfBase(op, logged)) this.#leave(op, touchesOf(logged));
    else this.#keepNames(index, placesOf(logged));
  }

  #isPartOfBase(op: Op, logged: LoggedOp): boolean {
    if (!placesOf(logged).every((place) => this.#covers(place, op))) return false;
    // btrfs: fsync of a directory logs that a new file exists, and nothing of its bytes; one of the base has had them for long.
    if ('inodeKind' in logged) return !this.#hasChanged(logged.ino);
    if (logged.kind !== 'rename' && logged.kind !== 'exchange') return true;
    // btrfs: a later fsync of the directory that something left commits all that came before the leaving.
    if (logged.from.parent !== logged.to.parent && this.#hasKept) return false;
    // ext4: a rename over a file submits what is delayed of the one that was renamed.
    return !this.#hasData(logged.ino);
  }

  /** Barriers covered the name up to this op, and no op on it stayed. */
  #covers(place: Place, { number }: Op): boolean {
    return this.#settled.coversName(place, number) && this.#names.get(place.parent)?.has(place.name) !== true;
  }

  #hasChanged(ino: number): boolean {
    this.#changed ??= changedIn(this.#log, this.#settled);
    return this.#changed.has(ino);
  }

  /** A data op of the file stayed. */
  #hasData(ino: number): boolean {
    return this.#kept.newest(ino) !== none;
  }

  get #hasKept(): boolean {
    return this.#kept.length > 0;
  }

  #keep(index: number): void {
    this.#closeGap();
    this.#kept.addFrom(this.#log, index);
  }

  #keepNames(index: number, places: readonly Place[]): void {
    this.#keep(index);
    const { number } = this.#log.op(index);
    for (const place of places) {
      // Of what is not covered later ops are not, either.
      if (!this.#settled.coversName(place, number)) continue;
      const names = this.#names.get(place.parent);
      if (names === undefined) this.#names.set(place.parent, new Set([place.name]));
      else names.add(place.name);
    }
  }

  #entry(index: number): Entry {
    return { op: this.#log.op(index), mark: this.#log.mark(index), detail: this.#log.detail(index) };
  }

  #leave(op: Op, touches: readonly Touch[]): void {
    for (const touch of touches) this.#touch({ op, mark: marks.touch, detail: touch }, touch.ino);
  }

  #touch(entry: Entry, ino: number): void {
    if (!this.#hasKept) return;
    const gap = this.#gapOf(ino);
    if (entry.mark === marks.zeroingTouch) gap.zeroing = entry;
    else if (entry.mark === marks.dataTouch || (entry.detail as Touch).isData) gap.data = entry;
    else gap.rest = entry;
  }

  #barrier(entry: Entry): void {
    if (!this.#hasKept) return;
    const gap = this.#gapOf(entry.op.ino);
    // fdatasync leaves behind what is not data, and says less than fsync.
    const isDataOnly = entry.mark === marks.fdatasync;
    const hasData = gap.data !== undefined || gap.zeroing !== undefined;
    const covers = hasData || (gap.rest !== undefined && !isDataOnly);
    const known = covers ? gap.covering : gap.before;
    if (known?.mark === marks.fsync && isDataOnly) return;
    gap[covers ? 'covering' : 'before'] = entry;
  }

  #gapOf(ino: number): Gap {
    const known = this.#gap.get(ino);
    if (known !== undefined) return known;
    const gap = {};
    this.#gap.set(ino, gap);
    return gap;
  }

  #closeGap(): void {
    if (this.#gap.size === 0) return;
    let isCovered = false;
    for (const [ino, { before, rest, data, zeroing, covering }] of this.#gap) {
      let left = [before, rest, data, zeroing, covering];
      if (this.#isGone(ino)) {
        // Nothing will cover its touches any more; and that a barrier covered all until here need be said but once.
        if (covering === undefined || isCovered) left = [before];
        isCovered ||= covering !== undefined;
      }
      for (const each of left) if (each !== undefined) this.#kept.add(each.op, each.mark, each.detail);
    }
    this.#gap.clear();
  }
}
