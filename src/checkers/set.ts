/**
 * The durability checker of workload `set`: clients add unique whole numbers, reads return all of them, and no element is
 * ever removed. Vocabulary and meaning are those of Jepsen's set-full; duplicates and elements that nobody added, to
 * which it is blind, are found too. Must never report what a correct store could show.
 *
 * Which ops count. Positions in the history are the order of real time. The *instant* of an interruption ended the boot
 * before it: an op invoked in that boot whose completion is recorded later counts as indeterminate, be it ok or fail; a
 * read so completed is ignored. Reads are ordered by their invocation. A boot on fresh data opens a new epoch; nothing is
 * expected, or tolerated, across epochs.
 *
 * An element is
 * - *acknowledged* if its add completed ok; *failed* if fail; *indeterminate* otherwise (info, late, never completed);
 * - *known* from its acknowledgement, or from the completion of the first read that shows it, whichever is first.
 *
 * A read *misses* an element if it was invoked after the element was known, in its epoch, and does not show it; a read
 * concurrent with the add proves nothing. A *gap* is a longest row of reads that miss an element with no read between
 * that shows it. The *last sign* before a gap is the latest read that shows the element, else its acknowledgement.
 * - *Stale*: the gap is closed by a read of the boot in which it opened, or of a later boot while no interruption lies
 *   between last sign and gap: the element was there all the time, and reads did not show it.
 * - *Lost*: every other gap, if the element is acknowledged or no interruption lies between last sign and gap. In the
 *   first case the interruption took it, and the contract decides; in the second nothing can excuse it.
 * - *Vanished*: an element never acknowledged that an interruption took. Never a violation: a read that showed it
 *   promised the reader of that boot only, for no barrier has been waited for.
 * - *Resurrected*: a gap that an interruption opened (lost or vanished) and a read of a later boot closes: readers have
 *   been told that the element does not exist. A violation even where the loss itself was allowed.
 *
 * What a read shows and cannot be there, once for each value, is never taken for the element:
 * - *phantom*: never invoked; invoked only after the read had completed; added to an earlier epoch's data; or failed;
 * - *mangled* (class `corruption`): no whole number at all, or an answer that is no list.
 * *Duplicate*: one read shows the element twice or more. *Recovered*: indeterminate, and some read shows it.
 *
 * What the contract decides. After a power cut, under `acknowledged: all` every loss is a violation; with `lossWindowMs`
 * only of elements acknowledged longer than that before the instant; with `lossLastOps` of elements after whose
 * acknowledgement that many acknowledged ones were invoked, and of all beyond that number; under `any` none. Under `order: prefix` a loss is
 * also a violation if an element that survived was invoked after the lost one's acknowledgement (a hole, no tail). A kill
 * is judged by the contract's `kill` part, or takes nothing (promise.ts). Where boots passed without a read, a loss is
 * allowed if any interruption since the last sign may have caused it.
 *
 * `valid` is false with any violation; 'unknown' if no acknowledged element was followed by a final read; else true.
 */
import type { CheckerVerdict, RunFacts } from './facts.ts';
import type { HistoryOp } from './history.ts';
import { clientOperations } from './operations.ts';
import type { ClientOperation } from './operations.ts';
import { Elements } from './set/elements.ts';
import { figures } from './set/figures.ts';
import { LossJudge } from './set/losses.ts';
import type { Read } from './set/reads.ts';
import { countedReads } from './set/reads.ts';
import { Sightings } from './set/sightings.ts';
import { Violations } from './set/violations.ts';
import { Timeline } from './timeline.ts';

/** Ops other than `add` and `read` are ignored. */
export function checkSet(history: readonly HistoryOp[], facts: RunFacts): CheckerVerdict {
  const timeline = new Timeline(facts.interruptions);
  const operations = clientOperations(history);
  const elements = new Elements(of('add', operations), timeline);
  const { reads, garbled } = countedReads(of('read', operations), timeline);
  const sightings = new Sightings(elements, reads);
  const judge = new LossJudge(elements, sightings, timeline, facts.contract);
  const judgements = judge.judge(sightings.gaps);
  const violations = new Violations(elements, timeline).list(judgements, sightings, garbled);
  const judged = judgedByFinalRead(elements, reads);
  return {
    result: {
      valid: violations.length > 0 ? false : judged > 0 ? true : 'unknown',
      judged,
      ...figures({ elements, reads, sightings, judgements, timeline }),
    },
    violations,
  };
}

function of(f: string, operations: readonly ClientOperation[]): readonly ClientOperation[] {
  return operations.filter(({ invocation }) => invocation.f === f);
}

/** How many acknowledged elements were followed by a final read of the same data, so that their absence would have shown. */
function judgedByFinalRead(elements: Elements, reads: readonly Read[]): number {
  const lastFinalAt = new Map<number, number>();
  for (const read of reads) if (read.final) lastFinalAt.set(read.epoch, read.invokedAt);
  let judged = 0;
  for (let slot = 0; slot < elements.count; slot++)
    if (elements.acknowledgedAt[slot]! < (lastFinalAt.get(elements.epoch[slot]!) ?? -1)) judged++;
  return judged;
}
