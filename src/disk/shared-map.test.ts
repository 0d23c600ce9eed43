import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SharedMap, SharedSet } from './shared-map.ts';

const name = fc.integer({ min: 0, max: 60 }).map((number) => `n${number}`);
const action = fc.oneof(
  { weight: 10, arbitrary: fc.record({ act: fc.constant('set' as const), name, value: fc.nat() }) },
  { weight: 8, arbitrary: fc.record({ act: fc.constant('delete' as const), name }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('clone' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('clear' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('become' as const), other: fc.nat() }) },
);

const sorted = (map: Iterable<[string, number]>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

describe('a shared map', () => {
  it('and each of its copies behaves like a map of its own', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(action, fc.nat()), { maxLength: 300 }), (actions) => {
        const pairs = [{ shared: new SharedMap<number>(), plain: new Map<string, number>() }];
        for (const [step, choice] of actions) {
          const pair = pairs[choice % pairs.length]!;
          const { shared, plain } = pair;
          if (step.act === 'set') {
            shared.set(step.name, step.value);
            plain.set(step.name, step.value);
          } else if (step.act === 'delete') {
            expect(shared.delete(step.name)).toBe(plain.delete(step.name));
          } else if (step.act === 'clear') {
            shared.clear();
            plain.clear();
          } else if (step.act === 'become') {
            const other = pairs[step.other % pairs.length]!;
            shared.become(other.shared);
            pair.plain = new Map(other.plain);
          } else if (pairs.length < 5) {
            pairs.push({ shared: shared.clone(), plain: new Map(plain) });
          }
        }
        for (const { shared, plain } of pairs) {
          expect(shared.size).toBe(plain.size);
          expect(sorted(shared)).toEqual(sorted(plain));
          expect([...shared.keys()].sort()).toEqual([...plain.keys()].sort());
          expect([...shared.values()].sort()).toEqual([...plain.values()].sort());
          for (const [key, value] of plain) expect(shared.get(key)).toBe(value);
        }
      }),
    );
  });

  it('says what it does not hold', () => {
    const map = new SharedMap<number>().set('a', 1);
    const copy = map.clone();
    copy.delete('a');
    expect([copy.has('a'), copy.get('a'), copy.size, [...copy]]).toEqual([false, undefined, 0, []]);
    expect([map.has('a'), map.get('a'), map.size]).toEqual([true, 1, 1]);
  });
});

describe('a shared set', () => {
  it('keeps what was added to the one and not to the other', () => {
    const set = new SharedSet().add('a');
    const copy = set.clone().add('b');
    copy.delete('a');
    expect([...set]).toEqual(['a']);
    expect([...copy]).toEqual(['b']);
    expect([set.has('b'), copy.has('b')]).toEqual([false, true]);
    copy.clear();
    expect([copy.size, set.size]).toEqual([0, 1]);
  });
});
