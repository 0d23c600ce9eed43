/**
 * One pass over all reads that leaves, for each element, when it was seen and between which reads it was missing. Costs
 * one step for each element of each read, never one for each element that a read does not show. States facts; which of
 * them break a promise is decided elsewhere.
 */
import type { Json } from '../history.ts';
import type { Elements } from './elements.ts';
import { isElement, never } from './elements.ts';
import type { Read } from './reads.ts';
import { firstInvokedAfter } from './reads.ts';

/** A known element was missing from every read from `missedBy` on, until `shownBy` if one ever showed it again. */
export interface Gap {
  readonly slot: number;
  readonly missedBy: Read;
  readonly lastMissedBy: Read;
  readonly shownBy: Read | undefined;
  /** The boot of the last sign that it was there: its acknowledgement or a read that showed it. */
  readonly lastSignBoot: number;
}

/** Something read that cannot be there. */
export interface Stray {
  readonly why: 'mangled' | 'never-invoked' | 'failed' | 'before-invocation' | 'earlier-data';
  readonly value: Json;
  readonly read: Read;
  /** The add of this value, where a client ever tried one. */
  readonly slot: number | undefined;
}

/** An element that a read shows more than once. */
export interface Duplicate {
  readonly slot: number;
  readonly read: Read;
  times: number;
}

export class Sightings {
  readonly gaps: Gap[] = [];
  readonly duplicates = new Map<number, Duplicate>();
  readonly #strays = new Map<Json, Stray>();
  readonly #elements: Elements;
  readonly #reads: readonly Read[];
  /** Ordinal of the first and the latest read that showed an element, or -1. */
  readonly #firstShown: Int32Array;
  readonly #lastShown: Int32Array;
  /** Position of the acknowledgement or of the completion of the first read that showed it, whichever came first. */
  readonly #knownAt: Int32Array;
  /** For each boot and each earlier boot, the latest invoked add of the latter that the former's reads show. */
  readonly #survivors = new Map<number, Map<number, number>>();

  constructor(elements: Elements, reads: readonly Read[]) {
    this.#elements = elements;
    this.#reads = reads;
    this.#firstShown = new Int32Array(elements.count).fill(-1);
    this.#lastShown = new Int32Array(elements.count).fill(-1);
    this.#knownAt = elements.acknowledgedAt.slice();
    for (const read of reads) this.#look(read);
    this.#collectOpenGaps();
  }

  /** One for each value that cannot be there, where it was first read. */
  get strays(): Iterable<Stray> {
    return this.#strays.values();
  }

  firstShownBy(slot: number): Read | undefined {
    return this.#reads[this.#firstShown[slot]!];
  }

  known(slot: number): boolean {
    return this.#knownAt[slot] !== never;
  }

  /** Position since which it is known; only for known elements. */
  knownAt(slot: number): number {
    return this.#knownAt[slot]!;
  }

  /** The slot of the latest invoked add of `boot` or earlier that a read of `laterBoot` shows; -1 where none is. */
  latestSurvivor(boot: number, laterBoot: number): number {
    let latest = -1;
    for (const [from, slot] of this.#survivors.get(laterBoot) ?? [])
      if (from <= boot && slot > latest) latest = slot;
    return latest;
  }

  #look(read: Read): void {
    const survivors = new Map<number, number>();
    // Runs of elements of one boot are the rule: the map is touched where the boot changes, not for each element.
    let runBoot = -1;
    let runLatest = -1;
    for (const value of read.values) {
      const slot = this.#place(value, read);
      if (slot < 0) continue;
      this.#see(slot, read);
      const boot = this.#elements.boot[slot]!;
      if (boot !== runBoot) {
        if (runBoot >= 0) raise(survivors, runBoot, runLatest);
        runBoot = boot;
        runLatest = slot;
      } else if (slot > runLatest) runLatest = slot;
    }
    if (runBoot >= 0) raise(survivors, runBoot, runLatest);
    this.#mergeSurvivors(read.boot, survivors);
  }

  /** The slot of a value that may be there; -1 for a stray. */
  #place(value: Json, read: Read): number {
    if (!isElement(value)) return this.#stray('mangled', value, read, undefined);
    const slot = this.#elements.slotOf(value);
    if (slot < 0) return this.#stray('never-invoked', value, read, undefined);
    if (this.#elements.failed[slot] === 1) return this.#stray('failed', value, read, slot);
    if (this.#elements.operations[slot]!.invokedAt > read.completedAt)
      return this.#stray('before-invocation', value, read, slot);
    if (this.#elements.epoch[slot] !== read.epoch) return this.#stray('earlier-data', value, read, slot);
    return slot;
  }

  #stray(why: Stray['why'], value: Json, read: Read, slot: number | undefined): -1 {
    const key = typeof value === 'object' ? JSON.stringify(value) : value;
    if (!this.#strays.has(key)) this.#strays.set(key, { why, value, read, slot });
    return -1;
  }

  #see(slot: number, read: Read): void {
    const last = this.#lastShown[slot]!;
    if (last === read.ordinal) return this.#seeAgain(slot, read);
    if (last < 0) this.#firstShown[slot] = read.ordinal;
    if (last !== read.ordinal - 1) this.#addGap(slot, read.ordinal - 1, read);
    this.#lastShown[slot] = read.ordinal;
    if (read.completedAt < this.#knownAt[slot]!) this.#knownAt[slot] = read.completedAt;
  }

  #seeAgain(slot: number, read: Read): void {
    const known = this.duplicates.get(slot);
    if (known === undefined) this.duplicates.set(slot, { slot, read, times: 2 });
    else if (known.read === read) known.times++;
  }

  /** Notes that an element was missing since it was last shown, up to a read; a read invoked before it was known misses nothing. */
  #addGap(slot: number, lastOrdinal: number, shownBy: Read | undefined): void {
    const last = this.#lastShown[slot]!;
    const obliged = firstInvokedAfter(this.#reads, this.#knownAt[slot]!);
    const missedBy = this.#reads[Math.max(last + 1, obliged)];
    if (missedBy === undefined || missedBy.ordinal > lastOrdinal) return;
    const lastSignBoot = this.#reads[last]?.boot ?? this.#elements.boot[slot]!;
    this.gaps.push({ slot, missedBy, lastMissedBy: this.#reads[lastOrdinal]!, shownBy, lastSignBoot });
  }

  #collectOpenGaps(): void {
    const lastOfEpoch = new Map<number, number>();
    for (const read of this.#reads) lastOfEpoch.set(read.epoch, read.ordinal);
    for (let slot = 0; slot < this.#elements.count; slot++) {
      if (this.#knownAt[slot] === never) continue;
      const last = lastOfEpoch.get(this.#elements.epoch[slot]!) ?? -1;
      if (this.#lastShown[slot]! < last) this.#addGap(slot, last, undefined);
    }
  }

  #mergeSurvivors(boot: number, seen: ReadonlyMap<number, number>): void {
    let survivors = this.#survivors.get(boot);
    if (survivors === undefined) this.#survivors.set(boot, (survivors = new Map()));
    for (const [from, slot] of seen) if (from < boot) raise(survivors, from, slot);
  }
}

function raise(latest: Map<number, number>, boot: number, slot: number): void {
  if (slot > (latest.get(boot) ?? -1)) latest.set(boot, slot);
}
