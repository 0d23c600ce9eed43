/**
 * Broken promises about elements as findings: one for each boot and each way of breaking, with a sentence of numbers and
 * the earliest ops. Writes down what has been decided and decides nothing.
 */
import type { BrokenOp, FindingClass, Violation } from '../finding.ts';
import { opsPerViolation } from '../finding.ts';
import type { Json } from '../history.ts';
import type { ClientOperation } from '../operations.ts';
import type { Timeline } from '../timeline.ts';
import { counted, duration, instant, named } from '../wording.ts';
import type { Elements } from './elements.ts';
import type { Fate, Judgement } from './losses.ts';
import type { Duplicate, Sightings, Stray } from './sightings.ts';

type Lost = Extract<Fate, { kind: 'lost' }>;

export class Violations {
  readonly #elements: Elements;
  readonly #timeline: Timeline;
  /** Acknowledged adds of each boot, for "of how many". */
  readonly #acknowledgedIn: ReadonlyMap<number, number>;

  constructor(elements: Elements, timeline: Timeline) {
    this.#elements = elements;
    this.#timeline = timeline;
    const acknowledgedIn = new Map<number, number>();
    for (let slot = 0; slot < elements.count; slot++)
      if (elements.acknowledged(slot)) {
        const boot = elements.boot[slot]!;
        acknowledgedIn.set(boot, (acknowledgedIn.get(boot) ?? 0) + 1);
      }
    this.#acknowledgedIn = acknowledgedIn;
  }

  /** All of them, in the order in which reads showed them. */
  list(
    judgements: readonly Judgement[],
    sightings: Sightings,
    garbled: readonly ClientOperation[],
  ): readonly Violation[] {
    const violations = [
      ...this.#missing(judgements),
      ...this.#resurrected(judgements),
      ...this.#duplicates(sightings.duplicates.values()),
      ...this.#strays(sightings.strays),
      ...garbled.map((read) => this.#garbled(read)),
    ];
    return violations.sort((a, b) => a.boot - b.boot || a.timeMs - b.timeMs);
  }

  #missing(judgements: readonly Judgement[]): readonly Violation[] {
    const breaches = judgements.filter(({ fate }) => way(fate) !== undefined);
    const key = (one: Judgement) => `${one.gap.missedBy.boot} ${way(one.fate)!} ${duringBoot(one)}`;
    return grouped(breaches, key).map((group) => {
      const first = group[0]!;
      return {
        class: first.fate.kind === 'stale' ? 'stale' : 'lost-write',
        message: this.#missingMessage(first.fate.kind, group),
        boot: first.gap.missedBy.boot,
        timeMs: earliest(group.map(({ gap }) => gap.missedBy.completion.timeMs)),
        duringBoot: duringBoot(first),
        ops: this.#ops(group.map(({ gap }) => gap.slot)),
        count: group.length,
      };
    });
  }

  #missingMessage(kind: Fate['kind'], group: readonly Judgement[]): string {
    if (kind === 'lost') return this.#lostMessage(group);
    const { boot } = group[0]!.gap.missedBy;
    const since = instant(earliest(group.map(({ gap }) => gap.missedBy.completion.timeMs)));
    const subject = `${counted(group.length, 'add')} that had been acknowledged or read ${group.length === 1 ? 'was' : 'were'}`;
    return kind === 'stale'
      ? `${subject} missing from a read of boot ${boot} at ${since} and shown again by a later one.`
      : `${subject} missing from every read since ${since} in boot ${boot}, though nothing interrupted the target.`;
  }

  #lostMessage(group: readonly Judgement[]): string {
    const losses = group.map(({ fate }) => fate as Lost);
    const { boot } = group[0]!.gap.missedBy;
    const times = group.map(({ gap }) => this.#elements.acknowledgedMs(gap.slot));
    const youngest = losses.reduce((a, b) => (b.ageMs < a.ageMs ? b : a));
    const subject = `${group.length} of ${this.#acknowledgedBefore(boot)} adds acknowledged before ${named(youngest.interruption)}`;
    const when =
      group.length === 1
        ? `it was acknowledged at ${instant(times[0]!)}, ${duration(youngest.ageMs)} before`
        : `they were acknowledged from ${instant(earliest(times))} to ${instant(latest(times))}, the last ${duration(youngest.ageMs)} before`;
    const clauses = windowClause(youngest) + this.#survivorClause(losses);
    return `${subject} ${verb(group.length)} gone in boot ${boot}: ${when}${clauses}.`;
  }

  /** What is missing though something later is there is no lost tail, and says so. */
  #survivorClause(losses: readonly Lost[]): string {
    const holes = losses.filter(({ survivor }) => survivor !== undefined);
    const survivor = holes[0]?.survivor;
    if (survivor === undefined) return '';
    const { value, timeMs } = this.#elements.operations[survivor]!.invocation;
    const which =
      losses.length === 1
        ? 'it is'
        : holes.length === losses.length
          ? 'they are'
          : `${holes.length} of them are`;
    return `; ${which} no lost tail, for the add of ${String(value)}, invoked only later (at ${instant(timeMs)}), survived`;
  }

  #resurrected(judgements: readonly Judgement[]): readonly Violation[] {
    const back = judgements.filter(({ resurrected }) => resurrected);
    return grouped(back, ({ gap }) => gap.shownBy!.boot).map((group) => {
      const { missedBy, shownBy } = group[0]!.gap;
      return {
        class: 'resurrected',
        message: `${counted(group.length, 'add')} ${verb(group.length)} back in boot ${shownBy!.boot} after having been gone, first in boot ${missedBy.boot}.`,
        boot: shownBy!.boot,
        timeMs: earliest(group.map(({ gap }) => gap.shownBy!.completion.timeMs)),
        ops: this.#ops(group.map(({ gap }) => gap.slot)),
        count: group.length,
      };
    });
  }

  #duplicates(duplicates: Iterable<Duplicate>): readonly Violation[] {
    return grouped([...duplicates], ({ read }) => read.boot).map((group) => {
      const worst = group.reduce((a, b) => (b.times > a.times ? b : a));
      const subject = `${counted(group.length, 'element')} of one read`;
      return {
        class: 'duplicate',
        message: `${subject} in boot ${worst.read.boot} ${group.length === 1 ? 'appears' : 'appear'} more than once: ${this.#elements.value(worst.slot)} ${worst.times} times.`,
        boot: worst.read.boot,
        timeMs: earliest(group.map(({ read }) => read.completion.timeMs)),
        ops: this.#ops(group.map(({ slot }) => slot)),
        count: group.length,
      };
    });
  }

  #strays(strays: Iterable<Stray>): readonly Violation[] {
    return grouped([...strays], ({ read, why }) => `${read.boot} ${why}`).map((group) => {
      const { why, read } = group[0]!;
      const values = group.slice(0, 3).map(({ value }) => shown(value));
      const listed = values.join(', ') + (group.length > values.length ? ', …' : '');
      return {
        class: strayClass[why],
        message: `${counted(group.length, 'value')} read in boot ${read.boot} ${strayWords[why]}: ${listed}.`,
        boot: read.boot,
        timeMs: earliest(group.map((stray) => stray.read.completion.timeMs)),
        ops: group.slice(0, opsPerViolation).map((stray) => this.#strayOp(stray)),
        count: group.length,
      };
    });
  }

  #garbled(read: ClientOperation): Violation {
    const { timeMs, value } = read.completion!;
    const { boot } = read.invocation;
    return {
      class: 'corruption',
      message: `A read in boot ${boot} answered ${shown(value ?? null)} where a list of elements was asked for.`,
      boot,
      timeMs,
      ops: [readOp(read, value ?? null)],
      count: 1,
    };
  }

  /** The add of a stray, or the read that showed it where there was none. */
  #strayOp({ slot, value, read }: Stray): BrokenOp {
    return slot === undefined ? readOp(read.operation, value) : this.#op(slot);
  }

  #ops(slots: readonly number[]): readonly BrokenOp[] {
    const inOrder = Int32Array.from(slots).sort();
    return Array.from(inOrder.subarray(0, opsPerViolation), (slot) => this.#op(slot));
  }

  #op(slot: number): BrokenOp {
    const { invocation, completion } = this.#elements.operations[slot]!;
    return {
      f: invocation.f,
      value: invocation.value ?? null,
      process: invocation.process as number,
      invokedMs: invocation.timeMs,
      ...(this.#elements.acknowledged(slot) && { acknowledgedMs: completion!.timeMs }),
      index: (completion ?? invocation).index,
    };
  }

  /** How many adds to this boot's data had been acknowledged in the boots before it. */
  #acknowledgedBefore(boot: number): number {
    const epoch = this.#timeline.epoch(boot);
    let count = 0;
    for (const [earlier, acknowledged] of this.#acknowledgedIn)
      if (earlier < boot && this.#timeline.epoch(earlier) === epoch) count += acknowledged;
    return count;
  }
}

/** The way in which a fate breaks a promise; nothing where it breaks none. */
function way(fate: Fate): string | undefined {
  if (fate.kind === 'vanished') return undefined;
  if (fate.kind !== 'lost') return fate.kind;
  return fate.breach === 'none' ? undefined : `lost ${fate.breach}`;
}

/** Whether nothing interrupted the target between the last sign of the element and the read that missed it. */
function duringBoot({ gap }: Judgement): boolean {
  return gap.lastSignBoot === gap.missedBy.boot;
}

function windowClause({ promised: { acknowledged }, breach }: Lost): string {
  if (breach !== 'acknowledged' || typeof acknowledged === 'string') return '';
  return 'lossWindowMs' in acknowledged
    ? `, where only the last ${duration(acknowledged.lossWindowMs)} may go`
    : `, where only the last ${acknowledged.lossLastOps} may go`;
}

const strayClass: Readonly<Record<Stray['why'], FindingClass>> = {
  mangled: 'corruption',
  'never-invoked': 'phantom',
  failed: 'phantom',
  'before-invocation': 'phantom',
  'earlier-data': 'phantom',
};

const strayWords: Readonly<Record<Stray['why'], string>> = {
  mangled: 'cannot be an element, for elements are whole numbers',
  'never-invoked': 'had never been added by any client',
  failed: 'stem from an add that was answered fail',
  'before-invocation': 'had not been added yet',
  'earlier-data': 'belong to data that had been replaced by fresh ones',
};

function readOp(read: ClientOperation, value: Json): BrokenOp {
  const { invocation, completion } = read;
  return {
    f: invocation.f,
    value: bounded(value),
    process: invocation.process as number,
    invokedMs: invocation.timeMs,
    acknowledgedMs: completion!.timeMs,
    index: completion!.index,
  };
}

function grouped<T>(items: readonly T[], key: (item: T) => string | number): readonly (readonly T[])[] {
  const groups = new Map<string | number, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

const longestShown = 60;

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

/** A value as it is, or its beginning as text: garbage may be of any size. */
function bounded(value: Json): Json {
  return JSON.stringify(value).length > longestShown ? shown(value) : value;
}

// Not Math.min(...times): a million arguments overflow the stack.
function earliest(times: readonly number[]): number {
  return times.reduce((a, b) => Math.min(a, b));
}

function latest(times: readonly number[]): number {
  return times.reduce((a, b) => Math.max(a, b));
}

function verb(count: number): string {
  return count === 1 ? 'is' : 'are';
}
