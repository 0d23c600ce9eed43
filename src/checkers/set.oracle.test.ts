/** The set checker against a naive oracle, on histories that no store, however broken, need have produced. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JudgedContract } from './contract.ts';
import type { Interruption } from './facts.ts';
import type { HistoryOp, Json } from './history.ts';
import { checkSet } from './set.ts';
import { setOracle } from './testing/set-oracle.ts';
import { contract, Script } from './testing/script.ts';

const clients = 3;
/** Fewer elements than a violation may list, so that lists compare in full. */
const mostElements = 14;

const client = fc.nat({ max: clients - 1 });
const element = fc.nat({ max: mostElements });
/** One time in so many. */
const rarely = (times: number) => fc.nat({ max: times - 1 }).map((n) => n === 0);
const stray = fc.oneof(element, element, fc.constantFrom<Json>(99, -1, '1', null, 0.5));
const completion = fc.record({
  type: fc.constantFrom<'ok' | 'info' | 'fail'>('ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'info', 'fail'),
  garbled: rarely(50),
  missing: fc.array(element, { maxLength: 1 }),
  extra: fc.oneof(
    { weight: 7, arbitrary: fc.constant<readonly Json[]>([]) },
    { weight: 1, arbitrary: stray.map((value): readonly Json[] => [value]) },
  ),
});
const step = fc.oneof(
  // Ops that run beside others …
  { weight: 3, arbitrary: fc.record({ do: fc.constant('add' as const), client }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('read' as const), client, final: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('complete' as const), client, completion }) },
  // … and ops by themselves.
  { weight: 4, arbitrary: fc.record({ do: fc.constant('whole-add' as const), completion }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('whole-read' as const), completion }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('interrupt' as const),
      kind: fc.constantFrom<Interruption['kind']>('power-cut', 'power-cut', 'kill', 'stop', 'died'),
      fresh: rarely(8),
      noticedMs: fc.constantFrom(0, 0, 10, 25),
    }),
  },
  // A hidden element is missing from every read until it is toggled back.
  { weight: 3, arbitrary: fc.record({ do: fc.constant('toggle' as const), element }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat({ max: 200 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Completion = typeof completion extends fc.Arbitrary<infer T> ? T : never;

const acknowledged = fc.oneof(
  fc.constantFrom<JudgedContract['acknowledged']>('all', 'any'),
  fc.constantFrom(50, 150, 400).map((lossWindowMs) => ({ lossWindowMs })),
  fc.constantFrom(1, 2, 3).map((lossLastOps) => ({ lossLastOps })),
);
const promised = fc.record({ acknowledged, order: fc.constantFrom<'prefix' | 'any'>('prefix', 'any') });
const judgedBy = fc
  .record({ cut: promised, kill: fc.option(promised, { nil: undefined }) })
  .map(({ cut, kill }) => contract({ ...cut, ...(kill && { kill }) }));

/** Plays the steps; those that make no sense at their place are passed over. */
function play(steps: readonly Step[]): Script {
  const script = new Script();
  const running = new Map<number, { process: number; f: string }>();
  const hidden = new Set<number>();
  let process = 0;
  let nextElement = 0;
  const begin = (by: number, f: 'add' | 'read', final = false) => {
    if (running.has(by) || (f === 'add' && nextElement === mostElements)) return;
    running.set(by, { process: ++process, f });
    script.invoke(process, f, f === 'add' ? nextElement++ : undefined, final);
  };
  const end = (by: number, { type, garbled, missing, extra }: Completion) => {
    const op = running.get(by);
    if (op === undefined) return;
    running.delete(by);
    const all = Array.from({ length: nextElement }, (_, i) => i);
    const present = all.filter((i) => !hidden.has(i) && !missing.includes(i));
    const answer = garbled ? 'garbage' : [...present, ...extra];
    script.complete(op.process, type, op.f === 'read' ? answer : undefined);
  };
  for (const one of steps) {
    if (one.do === 'interrupt') script.interrupt(one.kind, one.fresh, one.noticedMs);
    else if (one.do === 'wait') script.at(script.nowMs + 10 + one.ms);
    else if (one.do === 'complete') end(one.client, one.completion);
    else if (one.do === 'toggle') {
      if (!hidden.delete(one.element)) hidden.add(one.element);
    } else if (one.do === 'whole-add' || one.do === 'whole-read') {
      begin(clients, one.do === 'whole-add' ? 'add' : 'read', true);
      end(clients, one.completion);
    } else begin(one.client, one.do, one.do === 'read' && one.final);
  }
  return script;
}

function found(history: readonly HistoryOp[], facts: Parameters<typeof checkSet>[1]): readonly string[] {
  const triples = checkSet(history, facts).violations.flatMap(({ class: kind, boot, ops }) =>
    ops.map(({ value }) => `${kind} ${boot} ${JSON.stringify(value)}`),
  );
  return [...new Set(triples)].sort();
}

test('finds exactly what the definitions, taken literally, find', () => {
  const classes = new Set<string>();
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 10, maxLength: 80, size: 'max' }),
      judgedBy,
      (steps, contractOfRun) => {
        const script = play(steps);
        const facts = script.facts(contractOfRun);
        const expected = setOracle(script.history, facts);
        for (const triple of expected) classes.add(triple.split(' ')[0]!);
        expect(found(script.history, facts)).toEqual(expected);
      },
    ),
    { numRuns: 2000, seed: 20_240_607 },
  );
  // A comparison that never met a class would prove nothing about it.
  expect([...classes].sort()).toEqual([
    'corruption',
    'duplicate',
    'lost-write',
    'phantom',
    'resurrected',
    'stale',
  ]);
}, 120_000);
