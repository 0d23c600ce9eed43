import { expect, test } from 'vitest';
import { needleOf } from './needle.ts';

test('the needle of an element is fixed text, so that it can be found in a file', () => {
  expect(needleOf('set', 4711)).toBe('powercut-set-000004711;');
});

test('no needle is a part of another', () => {
  const needles = [0, 1, 10, 11, 1_000_000_000, 11_000_000_000].map((value) => needleOf('set', value));
  for (const one of needles) {
    expect(needles.filter((other) => other.includes(one))).toEqual([one]);
  }
});
