/** The set checker against a naive oracle, on histories that no store, however broken, need have produced. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JudgedContract } from './contract.ts';
import type { HistoryOp, Json } from './history.ts';
import { checkSet } from './set.ts';
import { setOracle } from './testing/set-oracle.ts';
import { contract, Script } from './testing/script.ts';

const clients = 4;
/** Fewer elements than a violation may list, so that lists compare in full. */
const mostElements = 14;

const client = fc.nat({ max: clients - 1 });
const element = fc.nat({ max: mostElements });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('add' as const), client }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), client, final: fc.boolean() }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('complete' as const),
      client,
      type: fc.constantFrom('ok', 'ok', 'ok', 'ok', 'info', 'fail'),
      garbled: fc.nat({ max: 30 }).map((n) => n === 0),
      missing: fc.array(element, { maxLength: 2 }),
      extra: fc.array(fc.oneof(element, element, fc.constantFrom<Json>(99, -1, '1', null, 0.5)), {
        maxLength: 1,
      }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('interrupt' as const),
      kind: fc.constantFrom('power-cut', 'power-cut', 'kill', 'stop', 'died'),
      fresh: fc.nat({ max: 5 }).map((n) => n === 0),
      noticedMs: fc.constantFrom(0, 0, 10, 25),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('toggle' as const), element }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat({ max: 200 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

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
  const begin = (clientNumber: number, f: string, value?: Json, final?: boolean) => {
    running.set(clientNumber, { process: ++process, f });
    script.invoke(process, f, value, final);
  };
  for (const one of steps) {
    if (one.do === 'interrupt') script.interrupt(one.kind as 'kill', one.fresh, one.noticedMs);
    else if (one.do === 'wait') script.at(script.nowMs + 10 + one.ms);
    else if (one.do === 'toggle') {
      if (!hidden.delete(one.element)) hidden.add(one.element);
    } else if (one.do === 'complete') {
      const op = running.get(one.client);
      if (op === undefined) continue;
      running.delete(one.client);
      const present = Array.from({ length: nextElement }, (_, i) => i).filter(
        (i) => !one.missing.includes(i),
      );
      const answer = one.garbled ? 'garbage' : [...present, ...one.extra];
      script.complete(op.process, one.type as 'ok', op.f === 'read' ? answer : undefined);
    } else if (running.has(one.client)) continue;
    else if (one.do === 'read') begin(one.client, 'read', undefined, one.final);
    else if (nextElement < mostElements) begin(one.client, 'add', nextElement++);
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
      fc.array(step, { minLength: 5, maxLength: 80, size: 'max' }),
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
});
