/** The figures of the set checker for results.json: of the whole run, and boot by boot. Counts, and judges nothing. */
import type { Json } from '../history.ts';
import type { Timeline } from '../timeline.ts';
import type { Elements } from './elements.ts';
import type { Judgement } from './losses.ts';
import type { Read } from './reads.ts';
import type { Sightings } from './sightings.ts';

interface Inputs {
  readonly elements: Elements;
  readonly reads: readonly Read[];
  readonly sightings: Sightings;
  readonly judgements: readonly Judgement[];
  readonly timeline: Timeline;
}

export function figures(inputs: Inputs): { readonly [key: string]: Json } {
  return { ...runFigures(inputs), boots: bootFigures(inputs) };
}

function runFigures({ elements, reads, sightings, judgements }: Inputs): { readonly [key: string]: Json } {
  const missing = new Set(judgements.filter(({ gap }) => !gap.shownBy).map(({ gap }) => gap.slot));
  let acknowledged = 0;
  let failed = 0;
  let known = 0;
  let ok = 0;
  let neverRead = 0;
  let recovered = 0;
  for (let slot = 0; slot < elements.count; slot++) {
    const shown = sightings.firstShownBy(slot) !== undefined;
    if (elements.failed[slot] === 1) failed++;
    if (sightings.known(slot)) known++;
    if (!elements.acknowledged(slot)) {
      if (shown) recovered++;
      continue;
    }
    acknowledged++;
    if (missing.has(slot)) continue;
    if (shown) ok++;
    else neverRead++;
  }
  const lost = judgements.filter(({ fate }) => fate.kind === 'lost' || fate.kind === 'lost-during-boot');
  const strays = [...sightings.strays];
  return {
    attempted: elements.count,
    acknowledged,
    failed,
    indeterminate: elements.count - acknowledged - failed,
    known,
    reads: reads.length,
    ok,
    neverRead,
    recovered,
    lost: distinct(lost),
    lostWithinWindow: distinct(lost.filter(isAllowed)),
    worstLostAgeMs: worstLostAgeMs(judgements),
    vanished: distinct(judgements.filter(({ fate }) => fate.kind === 'vanished')),
    stale: distinct(judgements.filter(({ fate }) => fate.kind === 'stale')),
    resurrected: distinct(judgements.filter(({ resurrected }) => resurrected)),
    duplicate: sightings.duplicates.size,
    phantom: strays.filter(({ why }) => why !== 'mangled').length,
    mangled: strays.filter(({ why }) => why === 'mangled').length,
  };
}

function bootFigures({ elements, reads, sightings, judgements, timeline }: Inputs): readonly Json[] {
  const boots = new Map<number, Row>();
  const row = (boot: number): Row => {
    let found = boots.get(boot);
    if (found === undefined) boots.set(boot, (found = emptyRow()));
    return found;
  };
  for (let slot = 0; slot < elements.count; slot++) {
    row(elements.boot[slot]!).attempted++;
    if (elements.acknowledged(slot)) row(elements.boot[slot]!).acknowledged++;
    else {
      const shownBy = sightings.firstShownBy(slot);
      if (shownBy !== undefined) row(shownBy.boot).recovered++;
    }
  }
  for (const read of reads) {
    row(read.boot).reads++;
    row(read.boot).elements = read.values.length;
  }
  for (const judgement of judgements) {
    const { gap, fate, resurrected } = judgement;
    const missed = row(gap.missedBy.boot);
    if (fate.kind === 'stale') missed.stale++;
    else if (fate.kind === 'vanished') missed.vanished++;
    else missed.lost++;
    if (isAllowed(judgement)) missed.lostWithinWindow++;
    if (resurrected) row(gap.shownBy!.boot).resurrected++;
  }
  for (const { read } of sightings.duplicates.values()) row(read.boot).duplicate++;
  for (const { read, why } of sightings.strays) row(read.boot)[why === 'mangled' ? 'mangled' : 'phantom']++;
  return [...boots]
    .sort(([a], [b]) => a - b)
    .map(([boot, counts]) => ({ boot, after: timeline.before(boot)?.kind ?? null, ...counts }));
}

/** A boot's counts, each under the boot whose reads showed it. */
interface Row {
  attempted: number;
  acknowledged: number;
  reads: number;
  /** How many the last of its reads returned; null where nothing was read. */
  elements: number | null;
  recovered: number;
  lost: number;
  lostWithinWindow: number;
  vanished: number;
  stale: number;
  resurrected: number;
  duplicate: number;
  phantom: number;
  mangled: number;
}

function emptyRow(): Row {
  return {
    attempted: 0,
    acknowledged: 0,
    reads: 0,
    elements: null,
    recovered: 0,
    lost: 0,
    lostWithinWindow: 0,
    vanished: 0,
    stale: 0,
    resurrected: 0,
    duplicate: 0,
    phantom: 0,
    mangled: 0,
  };
}

function isAllowed({ fate }: Judgement): boolean {
  return fate.kind === 'lost' && fate.breach === 'none';
}

function worstLostAgeMs(judgements: readonly Judgement[]): number | null {
  let worst: number | null = null;
  for (const { fate } of judgements)
    if (fate.kind === 'lost' && (worst === null || fate.ageMs > worst)) worst = fate.ageMs;
  return worst;
}

/** Elements, not gaps: one element may be lost at several interruptions. */
function distinct(judgements: readonly Judgement[]): number {
  return new Set(judgements.map(({ gap }) => gap.slot)).size;
}
