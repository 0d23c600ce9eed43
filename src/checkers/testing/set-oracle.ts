/**
 * The definitions at the head of set.ts, written down a second time as directly as they read: every element against
 * every read, nothing remembered, nothing fast. Shares no code with the checker.
 */
import type { RunFacts } from '../facts.ts';
import type { HistoryOp, Json } from '../history.ts';

interface Whole {
  readonly invocation: HistoryOp;
  readonly completion: HistoryOp | undefined;
  readonly from: number;
  readonly to: number;
  readonly boot: number;
  readonly outcome: 'acknowledged' | 'failed' | 'indeterminate';
}

/** Each violation's class, boot and element, as "lost-write 2 17", sorted. */
export function setOracle(history: readonly HistoryOp[], facts: RunFacts): readonly string[] {
  const { interruptions, contract } = facts;
  const instantAfter = (boot: number) => interruptions.find((one) => one.boot > boot)?.timeMs ?? Infinity;
  const epochOf = (boot: number) => interruptions.filter((one) => one.fresh && one.boot <= boot).length;
  const whole = (f: string): readonly Whole[] =>
    history.flatMap((invocation, from) => {
      if (invocation.type !== 'invoke' || invocation.f !== f) return [];
      const to = history.findIndex(
        ({ process, type }, at) => at > from && process === invocation.process && type !== 'invoke',
      );
      const completion = history[to];
      const inTime = completion !== undefined && completion.timeMs <= instantAfter(invocation.boot);
      const outcome =
        inTime && completion.type === 'ok'
          ? 'acknowledged'
          : inTime && completion.type === 'fail'
            ? 'failed'
            : 'indeterminate';
      return [{ invocation, completion, from, to: to < 0 ? Infinity : to, boot: invocation.boot, outcome }];
    });

  const adds = whole('add');
  const answered = whole('read').filter(({ outcome }) => outcome === 'acknowledged');
  const reads = answered.filter(({ completion }) => Array.isArray(completion!.value));
  const found = new Set<string>();
  const blame = (kind: string, boot: number, value: Json) =>
    found.add(`${kind} ${boot} ${JSON.stringify(value)}`);

  for (const read of answered)
    if (!reads.includes(read)) blame('corruption', read.boot, read.completion!.value!);

  const mayShow = (read: Whole, add: Whole) =>
    add.outcome !== 'failed' && add.from < read.to && epochOf(add.boot) === epochOf(read.boot);
  const valuesOf = (read: Whole) => read.completion!.value as readonly Json[];
  const shows = (read: Whole, add: Whole) =>
    mayShow(read, add) && valuesOf(read).includes(add.invocation.value!);

  const strays = new Set<Json>();
  const twice = new Set<Json>();
  for (const read of reads)
    for (const value of valuesOf(read)) {
      const add = adds.find(({ invocation }) => invocation.value === value);
      if (add !== undefined && mayShow(read, add)) {
        if (twice.has(value) || valuesOf(read).filter((other) => other === value).length < 2) continue;
        twice.add(value);
        blame('duplicate', read.boot, value);
      } else if (!strays.has(value)) {
        strays.add(value);
        blame(Number.isSafeInteger(value) ? 'phantom' : 'corruption', read.boot, value);
      }
    }

  const excusable: {
    add: Whole;
    boot: number;
    interruption: (typeof interruptions)[number];
    most: number;
  }[] = [];
  for (const add of adds) {
    const value = add.invocation.value!;
    const known = Math.min(
      add.outcome === 'acknowledged' ? add.to : Infinity,
      ...reads.filter((read) => shows(read, add)).map((read) => read.to),
    );
    const relevant = reads.filter(
      (read) => shows(read, add) || (epochOf(read.boot) === epochOf(add.boot) && read.from > known),
    );
    for (const [i, missedBy] of relevant.entries()) {
      if (shows(missedBy, add)) continue;
      const before = relevant[i - 1];
      if (before !== undefined && !shows(before, add)) continue; // not the first of its gap
      const lastSignBoot = before?.boot ?? add.boot;
      const shownBy = relevant.slice(i).find((read) => shows(read, add));
      const between = interruptions.filter(({ boot }) => lastSignBoot < boot && boot <= missedBy.boot);
      if (between.length === 0 || shownBy?.boot === missedBy.boot) {
        blame(shownBy ? 'stale' : 'lost-write', missedBy.boot, value);
        continue;
      }
      if (shownBy) blame('resurrected', shownBy.boot, value);
      if (add.outcome !== 'acknowledged') continue;
      const excuse = between.find((interruption) => {
        const promised =
          interruption.kind === 'power-cut'
            ? contract
            : interruption.kind === 'stop' && contract.kill?.acknowledged !== 'any'
              ? undefined
              : contract.kill;
        if (promised === undefined || promised.acknowledged === 'all') return false;
        const survivors = adds.filter(
          (other) =>
            other.from > add.to &&
            other.boot < interruption.boot &&
            reads.some((read) => read.boot === missedBy.boot && shows(read, other)),
        );
        if (promised.order === 'prefix' && survivors.length > 0) return false;
        if (promised.acknowledged === 'any') return true;
        if ('lossWindowMs' in promised.acknowledged)
          return add.completion!.timeMs >= interruption.timeMs - promised.acknowledged.lossWindowMs;
        const later = adds.filter(
          (other) =>
            other.outcome === 'acknowledged' && other.from > add.to && other.boot < interruption.boot,
        );
        return later.length < promised.acknowledged.lossLastOps;
      });
      if (excuse === undefined) {
        blame('lost-write', missedBy.boot, value);
        continue;
      }
      const promised = excuse.kind === 'power-cut' ? contract : contract.kill!;
      if (typeof promised.acknowledged === 'object' && 'lossLastOps' in promised.acknowledged)
        excusable.push({
          add,
          boot: missedBy.boot,
          interruption: excuse,
          most: promised.acknowledged.lossLastOps,
        });
    }
  }

  for (const one of excusable) {
    const rivals = excusable.filter(({ interruption }) => interruption === one.interruption);
    const laterRivals = rivals.filter(({ add }) => add.to > one.add.to);
    if (laterRivals.length >= one.most) blame('lost-write', one.boot, one.add.invocation.value!);
  }
  return [...found].sort();
}
