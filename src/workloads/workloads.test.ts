import { describe, expect, test } from 'vitest';
import { contract, everything, Script } from '../checkers/testing/script.ts';
import { workloads } from './catalogue.ts';
import type { Workload } from './workload.ts';

const all: readonly (readonly [string, Workload])[] = [...workloads];

function take(workload: Workload, seed: number, count: number) {
  const generator = workload.generator(seed);
  return Array.from({ length: count }, () => generator.next());
}

describe.each(all)('workload %s', (name, workload) => {
  test('goes by its name and says what it is about', () => {
    expect(workload.name).toBe(name);
    expect(workload.about).not.toBe('');
    expect(workload.finalRead).toEqual({ f: 'read' });
  });

  test('makes the same ops from the same seed, others from another', () => {
    expect(take(workload, 7, 5_000)).toEqual(take(workload, 7, 5_000));
    expect(take(workload, 7, 5_000)).not.toEqual(take(workload, 8, 5_000));
  });

  test('adds ascending numbers without gaps', () => {
    const added = take(workload, 1, 3_000).filter(({ f }) => f === 'add');
    const first = Number(added[0]!.value);
    expect(added.map(({ value }) => value)).toEqual(added.map((_, i) => first + i));
  });

  test.each([3, 77, 4711])('reads now and then, at a cost in proportion to its adds (seed %i)', (seed) => {
    let added = 0;
    let returned = 0;
    let reads = 0;
    for (const { f } of take(workload, seed, 300_000)) {
      if (f === 'add') added++;
      else {
        reads++;
        returned += added;
      }
    }
    expect(reads).toBeGreaterThan(10);
    expect(returned).toBeLessThan(10 * added);
  });

  test('judges a run by its own checker and tells of liveness and latency', () => {
    const good = new Script().adds(1, 2).cut().finalRead([1, 2]);
    const verdict = workload.check(good.history, good.facts(everything));
    expect(verdict).toMatchObject({ violations: [], notes: [] });
    expect(Object.keys(verdict.checkers)).toEqual([name, 'liveness', 'stats']);
    expect(Object.values(verdict.checkers).map(({ valid }) => valid)).toEqual([true, true, true]);
    const bad = new Script().adds(1, 2).cut().finalRead([1]);
    expect(workload.check(bad.history, bad.facts(everything)).checkers[name]).toMatchObject({ valid: false });
  });
});

test('a hole in an unordered tail is no fault of a set, but of a sequence', () => {
  const hole = new Script().adds(1, 2, 3).cut().finalRead([1, 3]);
  const facts = hole.facts(contract({ acknowledged: 'any', order: 'any' }));
  expect(workloads.get('set')!.check(hole.history, facts).violations).toEqual([]);
  expect(workloads.get('sequence')!.check(hole.history, facts).violations).toMatchObject([
    { class: 'lost-write' },
  ]);
});

test('a sequence has one client', () => {
  expect(workloads.get('sequence')!.concurrency).toBe(1);
});
