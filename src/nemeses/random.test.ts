import { expect, test } from 'vitest';
import { seededRandom } from './random.ts';

const draw = (seed: number) => {
  const random = seededRandom(seed);
  return Array.from({ length: 50 }, () => random.integer(0, 1_000));
};

test('one seed gives one sequence, another another', () => {
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

test('numbers reach both ends of their range, and no further', () => {
  const random = seededRandom(1);
  const drawn = new Set(Array.from({ length: 200 }, () => random.integer(3, 6)));
  expect([...drawn].sort()).toEqual([3, 4, 5, 6]);
});

test('one of several is picked, and there must be one', () => {
  const random = seededRandom(1);
  const picked = new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b'])));
  expect([...picked].sort()).toEqual(['a', 'b']);
  expect(() => random.pick([])).toThrow('nothing to pick from');
});
