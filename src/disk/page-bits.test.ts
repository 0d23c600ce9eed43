import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PageBits } from './page-bits.ts';

const page = fc.oneof(fc.nat({ max: 100 }), fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2));
const step = fc.oneof(
  fc.record({ op: fc.constant('add' as const), page, count: fc.nat({ max: 70 }) }),
  fc.record({ op: fc.constant('delete' as const), page, count: fc.constant(1) }),
);

test('pages by their bits are a set of numbers', () => {
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const bits = new PageBits();
      const set = new Set<number>();
      for (const { op, page: first, count } of steps) {
        const before = set.size;
        if (op === 'add') {
          for (let each = first; each < first + count; each++) set.add(each);
          expect(bits.add(first, count)).toBe(set.size - before);
        } else {
          expect(bits.delete(first)).toBe(set.delete(first));
        }
        expect(bits.size).toBe(set.size);
      }
      const sorted = (pages: Iterable<number>) => [...pages].sort((a, b) => a - b);
      expect(sorted(bits)).toEqual(sorted(set));
      const copy = bits.clone();
      bits.add(7, 1);
      bits.delete(8);
      expect(sorted(copy)).toEqual(sorted(set));
      for (const each of [...set, 0, 29, 30, 59, 60]) expect(copy.has(each)).toBe(set.has(each));
    }),
  );
});
