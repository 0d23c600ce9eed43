import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closest, editDistance, unknownName } from './suggest.ts';

const nemeses = ['kill', 'lose-unsynced', 'power-cut', 'power-glitch', 'unsynced-report'];

describe('unknown names', () => {
  it.each([
    ['power-cot', 'power-cut'],
    ['powercut', 'power-cut'],
    ['POWER-CUT', 'power-cut'],
    ['lose-unsycned', 'lose-unsynced'],
    ['unsynced', 'unsynced-report'],
    ['klil', 'kill'],
  ])('takes `%s` for `%s`', (typed, meant) => {
    expect(closest(typed, nemeses)).toBe(meant);
  });

  it.each(['earthquake', 'x', 'power'])('does not guess what `%s` was meant to be', (typed) => {
    expect(closest(typed, nemeses)).toBeUndefined();
  });

  it('says what was wrong, what was meant and what there is, in one sentence', () => {
    expect(unknownName('nemesis', 'power-cot', nemeses).message).toBe(
      'unknown nemesis `power-cot`: did you mean `power-cut`? ' +
        '(known: kill, lose-unsynced, power-cut, power-glitch, unsynced-report)',
    );
    expect(unknownName('profile', 'ntfs', ['lazyfs', 'strict']).message).toBe(
      'unknown profile `ntfs` (known: lazyfs, strict)',
    );
  });
});

describe('edit distance', () => {
  const word = fc.string({ maxLength: 12 });

  it('is zero for equal words only, and the same in both directions', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
      }),
    );
  });

  it('lies between the difference in length and the longer length', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });

  it('counts a swap of neighbours as one slip', () => {
    expect(editDistance('cut', 'ctu')).toBe(1);
  });
});
