/** The set checker on histories of a simulated store: nothing found in honest ones, the planted bug in each other. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JudgedContract } from './contract.ts';
import { checkSet } from './set.ts';
import { contract, everything } from './testing/script.ts';
import type { Bug, StoreOptions, StoreStep } from './testing/simulated-store.ts';
import { SimulatedStore } from './testing/simulated-store.ts';

const client = fc.nat({ max: 4 });
const step: fc.Arbitrary<StoreStep> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant('add' as const), client }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('read' as const), client }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('apply' as const), client }) },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('finish' as const),
      client,
      how: fc.constantFrom('ok' as const, 'ok' as const, 'ok' as const, 'fail' as const, 'info' as const),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'sync' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat({ max: 300 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('interrupt' as const),
      kind: fc.constantFrom('power-cut' as const, 'power-cut' as const, 'kill' as const, 'stop' as const),
      keep: fc.nat({ max: 10 }).map((tenths) => tenths / 10),
      late: fc.constantFrom('ok' as const, 'info' as const, 'never' as const),
    }),
  },
);
const steps = fc.array(step, { minLength: 20, maxLength: 150, size: 'max' });
const cut: StoreStep = { do: 'interrupt', kind: 'power-cut', keep: 0, late: 'never' };

/** Plays the steps, then three acknowledged adds, two cuts and a last read, so that each bug had its chance. */
function play(options: StoreOptions, played: readonly StoreStep[]): SimulatedStore {
  const store = new SimulatedStore(options);
  for (const one of played) store.do(one);
  for (let i = 0; i < 3; i++) store.addAlone();
  store.do({ do: 'wait', ms: options.lagMs + 10 });
  store.failAlone();
  store.do(cut);
  store.finalRead();
  store.do(cut);
  store.finalRead();
  return store;
}

function check({ script }: SimulatedStore, judgedBy: JudgedContract) {
  const { result, violations } = checkSet(script.history, script.facts(judgedBy));
  return { result, violations, classes: [...new Set(violations.map((violation) => violation.class))].sort() };
}

describe('an honest store is never accused', () => {
  const honest = (lagMs: number, ordered: boolean, judgedBy: JudgedContract) =>
    fc.assert(
      fc.property(steps, (played) => {
        const { result, violations } = check(play({ bug: 'none', lagMs, ordered }, played), judgedBy);
        expect(violations).toEqual([]);
        expect(result.valid).toBe(true);
      }),
      { numRuns: 300, seed: 42 },
    );

  test('one that waits for the disk, by the strictest contract', () => honest(0, true, everything));

  test('one whose last 200 ms may go, in order', () =>
    honest(200, true, contract({ acknowledged: { lossWindowMs: 200 }, order: 'prefix' })));

  test('one whose last 200 ms may go, in any order', () =>
    honest(200, false, contract({ acknowledged: { lossWindowMs: 200 }, order: 'any' })));

  test('one that promises nothing', () =>
    honest(100_000, false, contract({ acknowledged: 'any', order: 'any' })));
});

describe('a store that promises more than it does is accused', () => {
  const anyAccused = (lagMs: number, ordered: boolean, judgedBy: JudgedContract) => {
    let accused = 0;
    fc.assert(
      fc.property(steps, (played) => {
        const { classes } = check(play({ bug: 'none', lagMs, ordered }, played), judgedBy);
        expect(classes.filter((kind) => kind !== 'lost-write')).toEqual([]);
        accused += classes.length;
      }),
      { numRuns: 100, seed: 42 },
    );
    return accused;
  };

  test('a window judged by the strictest contract', () => {
    expect(anyAccused(200, true, everything)).toBeGreaterThan(0);
  });

  test('a window longer than promised', () => {
    const short = contract({ acknowledged: { lossWindowMs: 50 }, order: 'prefix' });
    expect(anyAccused(400, true, short)).toBeGreaterThan(0);
  });

  test('disorder where order is promised', () => {
    const ordered = contract({ acknowledged: { lossWindowMs: 400 }, order: 'prefix' });
    expect(anyAccused(400, false, ordered)).toBeGreaterThan(0);
  });
});

describe('a planted bug is found, and nothing else', () => {
  test.each<[Bug, readonly string[]]>([
    ['loses-tail', ['lost-write']],
    ['loses-middle', ['lost-write']],
    ['resurrects', ['lost-write', 'resurrected']],
    ['duplicates', ['duplicate']],
    ['invents', ['phantom']],
    ['fails-falsely', ['phantom']],
    ['blinks', ['stale']],
    ['forgets', ['lost-write']],
    ['keeps-nothing', ['lost-write']],
  ])('%s: %j', (bug, expected) => {
    fc.assert(
      fc.property(steps, (played) => {
        const { result, classes } = check(play({ bug, lagMs: 0, ordered: true }, played), everything);
        expect(result.valid).toBe(false);
        expect(classes).toEqual(expected);
      }),
      { numRuns: 100, seed: 42 },
    );
  });
});
