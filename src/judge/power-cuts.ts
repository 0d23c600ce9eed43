/**
 * Which power cuts of a recorded device are looked at. Within an epoch any subset of the writes may have reached the medium,
 * and of the last one reached only some sectors: far too many to try, so those that tell most come first (nothing, everything,
 * every prefix, all but one, one alone), then seeded chance. Pure.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { sectorSizeBytes, type KeptPart } from '../device/kept-part.ts';
import type { BlockWrite, Epoch } from './block-log.ts';

export interface PowerCut {
  /** All before it is on the medium. */
  readonly epoch: number;
  /** Of the epoch's own writes, in order. */
  readonly kept: readonly KeptPart[];
  /** How many ops of the program may have been acknowledged when the power went: from the earliest such instant to the last. */
  readonly acknowledgedFrom: number;
  readonly acknowledgedTo: number;
}

export interface CutLimits {
  readonly seed: number;
  /** For each epoch. */
  readonly perEpoch: number;
  /** Writes cut at sectors, too; except those at these offsets, which the device is trusted to do as a whole. */
  readonly torn: boolean;
  readonly untearable: readonly number[];
}

/** Distinct choices; different choices may still leave equal bytes. */
export function* powerCuts(epochs: readonly Epoch[], limits: CutLimits): Iterable<PowerCut> {
  const generator = xoroshiro128plus(limits.seed);
  const below = (bound: number): number => uniformInt(generator, 0, bound - 1);
  for (const [index, epoch] of epochs.entries()) {
    for (const kept of choices(epoch.writes, limits, below)) yield cutOf(epoch, index, kept);
  }
}

type Chance = (bound: number) => number;

function* choices(writes: readonly BlockWrite[], limits: CutLimits, below: Chance): Iterable<KeptPart[]> {
  const seen = new Set<string>();
  let tries = limits.perEpoch * 3;
  for (const kept of candidates(writes, limits, below)) {
    if (seen.size >= limits.perEpoch || tries-- === 0) return;
    const key = kept.map(({ write, start, end }) => `${write}:${start}-${end}`).join();
    if (seen.has(key)) continue;
    seen.add(key);
    yield kept;
  }
}

/** Without end where there is anything to choose. */
function* candidates(writes: readonly BlockWrite[], limits: CutLimits, below: Chance): Iterable<KeptPart[]> {
  const { torn, untearable } = limits;
  const tear = (write: number): KeptPart =>
    untearable.includes(writes[write]!.offset) ? wholeWrite(writes, write) : tornWrite(writes, write, below);
  const all = writes.map((_, index) => index);
  const whole = (indexes: readonly number[]) => indexes.map((index) => wholeWrite(writes, index));
  yield [];
  if (all.length === 0) return;
  yield whole(all);
  // By turns, so that a bound on their number leaves some of each.
  for (const index of shuffled(all, below)) {
    yield whole(all.slice(0, index));
    yield whole(all.filter((other) => other !== index));
    yield whole([index]);
    if (torn) yield [...whole(all.slice(0, index)), tear(index)];
    yield whole(all.filter(() => below(2) === 1));
  }
  for (;;) {
    const kept = whole(all.filter(() => below(2) === 1));
    yield torn && below(2) === 1 ? tearOne(kept, tear, below) : kept;
  }
}

function wholeWrite(writes: readonly BlockWrite[], write: number): KeptPart {
  return { write, start: 0, end: writes[write]!.bytes.length };
}

/** The first sectors or the last ones. */
function tornWrite(writes: readonly BlockWrite[], write: number, below: Chance): KeptPart {
  const length = writes[write]!.bytes.length;
  const sectors = Math.floor(length / sectorSizeBytes);
  if (sectors < 2) return wholeWrite(writes, write);
  const at = (1 + below(sectors - 1)) * sectorSizeBytes;
  return below(2) === 1 ? { write, start: 0, end: at } : { write, start: at, end: length };
}

function tearOne(kept: readonly KeptPart[], tear: (write: number) => KeptPart, below: Chance): KeptPart[] {
  if (kept.length === 0) return [];
  const victim = below(kept.length);
  return kept.map((part, index) => (index === victim ? tear(part.write) : part));
}

function shuffled(indexes: readonly number[], below: Chance): number[] {
  const mixed = [...indexes];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = below(last + 1);
    [mixed[last], mixed[other]] = [mixed[other]!, mixed[last]!];
  }
  return mixed;
}

/** What a cut keeps was written before it: with the last write that it keeps, the earliest instant of the cut is known. */
function cutOf(epoch: Epoch, index: number, kept: readonly KeptPart[]): PowerCut {
  const last = kept.at(-1);
  return {
    epoch: index,
    kept,
    acknowledgedFrom: last === undefined ? epoch.acknowledgedFrom : epoch.writes[last.write]!.acknowledged,
    acknowledgedTo: epoch.acknowledgedTo,
  };
}
