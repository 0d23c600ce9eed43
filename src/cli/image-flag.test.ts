import { describe, expect, it } from 'vitest';
import { formatChoice } from '../mount/selection.ts';
import { UsageError } from './errors.ts';
import { parseImage } from './image-flag.ts';

describe('--image', () => {
  it.each([
    ['lose-all', 'lose-all'],
    ['keep-all', 'keep-all'],
    ['random', 'random'],
    ['random:7', { kind: 'random', seed: 7 }],
    ['prefix:0', { kind: 'prefix', op: 0 }],
    ['drop:12', { kind: 'drop', ops: [12] }],
    ['keep:3,12', { kind: 'keep', ops: [3, 12] }],
    ['torn:12:0,3', { kind: 'torn', op: 12, sectors: [0, 3] }],
  ])('reads %s, and it is printed as it was given', (text, expected) => {
    expect(parseImage(text)).toEqual(expected);
    expect(formatChoice(parseImage(text))).toBe(text);
  });

  it('takes each number once, in order', () => {
    expect(parseImage('drop:9,3,9')).toEqual({ kind: 'drop', ops: [3, 9] });
  });

  it.each([
    ['lose', /^unknown value of --image `lose`/],
    ['lose-al', /did you mean `lose-all`\?/],
    ['', /^unknown value of --image ``/],
    ['lose-all:1', /there is something after `lose-all`/],
    ['random:x', /`x` is not a whole number up to 4294967295/],
    ['random:4294967296', /is not a whole number up to 4294967295/],
    ['prefix', /`prefix` needs the number of an op/],
    ['prefix:', /a number is missing/],
    ['prefix:1:2', /there is something after `prefix:1`/],
    ['drop:1,,2', /a number is missing/],
    ['keep:-1', /`-1` is not a whole number/],
    ['torn:5', /`torn` needs the sectors that are kept/],
    ['torn:5:1:2', /there is something after `torn:5:1`/],
  ])('refuses `%s` in one sentence', (text, sentence) => {
    expect(() => parseImage(text)).toThrow(UsageError);
    expect(() => parseImage(text)).toThrow(sentence);
  });
});
