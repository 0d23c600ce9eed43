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
import { Survivors } from './survivors.ts';

/** A known element was missing from every read from `missedBy` on, until `shownBy` if one ever showed it again. */
export interface Gap {
  readonly slot: number;
  readonly missedBy: Read;
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

const unseen = -1;
/** Marks failed adds, which no read may show. */
const mayNotBe = -2;

export class Sightings {
  readonly gaps: Gap[] = [];
  readonly duplicates = new Map<number, Duplicate>();
  readonly survivors: Survivors;
  readonly #strays = new Map<Json, Stray>();
  readonly #elements: Elements;
  readonly #reads: readonly Read[];
  /** Ordinal of the first and the latest read that showed an element, or `unseen`, or `mayNotBe`. */
  readonly #firstShown: Int32Array;
  readonly #lastShown: Int32Array;
  /** Position of the acknowledgement or of the completion of the first read that showed it, whichever came first. */
  readonly #knownAt: Int32Array;

  constructor(elements: Elements, reads: readonly Read[]) {
    this.#elements = elements;
    this.#reads = reads;
    this.survivors = new Survivors(elements);
    this.#firstShown = new Int32Array(elements.count).fill(unseen);
    this.#lastShown = Int32Array.from(elements.failed, (failed) => (failed === 1 ? mayNotBe : unseen));
    this.#knownAt = elements.acknowledgedAt.slice();
    let completedAt = -1;
    for (const read of reads) {
      // Only a read that overtook an earlier invoked one can make an element known sooner than that did.
      this.#look(read, read.completedAt < completedAt);
      completedAt = Math.max(completedAt, read.completedAt);
    }
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

  /** The hot loop: two look-ups in flat arrays for an element that is there as it was, and nothing else. */
  #look(read: Read, overtook: boolean): void {
    const { ordinal, completedAt, boot } = read;
    const elements = this.#elements;
    const lastShown = this.#lastShown;
    const firstAllowed = elements.firstOfEpoch(read.epoch);
    const endAllowed = elements.firstInvokedAfter(completedAt);
    const survivors = this.survivors.latestByBoot(boot);
    for (const value of read.values) {
      const slot = typeof value === 'number' ? elements.slotOf(value) : -1;
      const last = slot < firstAllowed || slot >= endAllowed ? mayNotBe : lastShown[slot]!;
      if (last === mayNotBe) {
        this.#stray(value, read, slot);
        continue;
      }
      if (last === ordinal) {
        this.#seeAgain(slot, read);
        continue;
      }
      if (last !== ordinal - 1) this.#addGap(slot, ordinal - 1, read);
      lastShown[slot] = ordinal;
      if (last === unseen) this.#firstShown[slot] = ordinal;
      if ((last === unseen || overtook) && completedAt < this.#knownAt[slot]!)
        this.#knownAt[slot] = completedAt;
      const from = elements.boot[slot]!;
      if (slot > survivors[from]!) survivors[from] = slot;
    }
  }

  #stray(value: Json, read: Read, slot: number): void {
    const key = typeof value === 'object' ? JSON.stringify(value) : value;
    if (this.#strays.has(key)) return;
    this.#strays.set(key, {
      why: this.#whyStray(value, read, slot),
      value,
      read,
      slot: slot < 0 ? undefined : slot,
    });
  }

  #whyStray(value: Json, read: Read, slot: number): Stray['why'] {
    if (!isElement(value)) return 'mangled';
    if (slot < 0) return 'never-invoked';
    if (this.#elements.failed[slot] === 1) return 'failed';
    return this.#elements.operations[slot]!.invokedAt > read.completedAt
      ? 'before-invocation'
      : 'earlier-data';
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
    this.gaps.push({ slot, missedBy, shownBy, lastSignBoot });
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
}
