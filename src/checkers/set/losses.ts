/**
 * Judges gaps: which of them an interruption may have caused by the contract, and which break a promise. One gap has one
 * loss at most; whether the element also came back is told apart from it.
 */
import type { Interruption, RunFacts } from '../facts.ts';
import type { Promised } from '../promise.ts';
import { mayLose, mostLost, promiseAcross } from '../promise.ts';
import type { Timeline } from '../timeline.ts';
import type { Elements } from './elements.ts';
import type { Gap, Sightings } from './sightings.ts';
import { Tail } from './tail.ts';

/** How an element went missing. */
export type Fate =
  /** A later read of the same boot, or of a later boot though no interruption took it, shows it again. */
  | { readonly kind: 'stale' }
  /** Gone without an interruption. */
  | { readonly kind: 'lost-during-boot' }
  /** Never acknowledged, and taken by an interruption: nobody promised it. */
  | { readonly kind: 'vanished' }
  /** Acknowledged and taken by an interruption. */
  | {
      readonly kind: 'lost';
      readonly interruption: Interruption;
      readonly promised: Promised;
      /** From its acknowledgement to the interruption. */
      readonly ageMs: number;
      /** Where order is promised: the latest add that was invoked after its acknowledgement and survived. */
      readonly survivor: number | undefined;
      /** What the contract says to it: within it; too old to be lost; or young enough, but not in the tail. */
      readonly breach: 'none' | 'acknowledged' | 'order';
    };

type Lost = Extract<Fate, { kind: 'lost' }>;

export interface Judgement {
  readonly gap: Gap;
  readonly fate: Fate;
  /** Taken by an interruption and shown again in a later boot than the one that missed it. */
  readonly resurrected: boolean;
}

export class LossJudge {
  readonly #elements: Elements;
  readonly #sightings: Sightings;
  readonly #timeline: Timeline;
  readonly #contract: RunFacts['contract'];
  readonly #tail: Tail;

  constructor(elements: Elements, sightings: Sightings, timeline: Timeline, contract: RunFacts['contract']) {
    this.#elements = elements;
    this.#sightings = sightings;
    this.#timeline = timeline;
    this.#contract = contract;
    this.#tail = new Tail(elements);
  }

  judge(gaps: readonly Gap[]): readonly Judgement[] {
    return this.#limited(gaps.map((gap) => this.#judge(gap)));
  }

  #judge(gap: Gap): Judgement {
    const { missedBy, shownBy, lastSignBoot } = gap;
    if (shownBy?.boot === missedBy.boot) return { gap, fate: { kind: 'stale' }, resurrected: false };
    const interruptions = this.#timeline.between(lastSignBoot, missedBy.boot);
    if (interruptions.length === 0) {
      const kind = shownBy === undefined ? 'lost-during-boot' : 'stale';
      return { gap, fate: { kind }, resurrected: false };
    }
    const fate: Fate = this.#elements.acknowledged(gap.slot)
      ? this.#loss(gap, interruptions)
      : { kind: 'vanished' };
    return { gap, fate, resurrected: shownBy !== undefined };
  }

  /** Boots may pass unread. Then any interruption since the last sign may have taken it, and one that was allowed to excuses it. */
  #loss(gap: Gap, interruptions: readonly Interruption[]): Fate {
    const losses = interruptions.map((interruption) => this.#lossAt(gap, interruption));
    return (
      losses.find(({ breach }) => breach === 'none') ??
      losses.find(({ breach }) => breach === 'order') ??
      losses.at(-1)!
    );
  }

  #lossAt({ slot, missedBy }: Gap, interruption: Interruption): Lost {
    const promised = promiseAcross(this.#contract, interruption.kind);
    const ageMs = interruption.timeMs - this.#elements.acknowledgedMs(slot);
    const survivor =
      promised.order === 'prefix'
        ? this.#laterSurvivor(slot, interruption.boot - 1, missedBy.boot)
        : undefined;
    const laterOps = this.#tail.laterThan(slot, interruption.boot - 1);
    const breach = !mayLose(promised, { ageMs, laterOps })
      ? 'acknowledged'
      : survivor !== undefined
        ? 'order'
        : 'none';
    return { kind: 'lost', interruption, promised, ageMs, survivor, breach };
  }

  /**
   * Where only the last few ops may go, each of several that ran at the same time may have been the last, but not all
   * of them: where more are gone than may be, the earliest acknowledged are the breach.
   */
  #limited(judgements: readonly Judgement[]): readonly Judgement[] {
    const excess = new Set<Judgement>();
    for (const allowed of allowedByInterruption(judgements)) {
      const most = mostLost((allowed[0]!.fate as Lost).promised);
      if (allowed.length <= most) continue;
      const at = ({ gap }: Judgement): number => this.#elements.acknowledgedAt[gap.slot]!;
      const earliestFirst = [...allowed].sort((a, b) => at(a) - at(b));
      for (const judgement of earliestFirst.slice(0, allowed.length - most)) excess.add(judgement);
    }
    if (excess.size === 0) return judgements;
    return judgements.map((judgement) =>
      excess.has(judgement)
        ? { ...judgement, fate: { ...(judgement.fate as Lost), breach: 'acknowledged' } }
        : judgement,
    );
  }

  /** An add of `boot` or earlier, invoked after this one was acknowledged, that reads of `laterBoot` show. */
  #laterSurvivor(slot: number, boot: number, laterBoot: number): number | undefined {
    const latest = this.#sightings.survivors.latest(boot, laterBoot);
    if (latest < 0) return undefined;
    const invokedAt = this.#elements.operations[latest]!.invokedAt;
    return invokedAt > this.#elements.acknowledgedAt[slot]! ? latest : undefined;
  }
}

function allowedByInterruption(judgements: readonly Judgement[]): Iterable<readonly Judgement[]> {
  const groups = new Map<Interruption, Judgement[]>();
  for (const judgement of judgements) {
    const { fate } = judgement;
    if (fate.kind !== 'lost' || fate.breach !== 'none') continue;
    const group = groups.get(fate.interruption);
    if (group === undefined) groups.set(fate.interruption, [judgement]);
    else group.push(judgement);
  }
  return groups.values();
}
