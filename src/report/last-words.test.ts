import { describe, expect, test } from 'vitest';
import { lastWords } from './last-words.ts';

describe('last words', () => {
  test('are the last lines as they were said, indentation and all', () => {
    const log = ['Error: failed reading metadata.toml', 'Caused by:', '    TOML parse error', '      |', ''];
    expect(lastWords(log, 80)).toEqual(log.slice(0, 4));
  });

  test('are the end of what was said, not all of it', () => {
    const log = Array.from({ length: 20 }, (_, line) => `line ${line}`);
    expect(lastWords(log, 80)).toEqual(log.slice(12));
  });

  test('wrap where they are wider than the screen, each under its own beginning', () => {
    expect(lastWords(['  one two three four'], 12)).toEqual(['  one two', '  three four']);
  });

  test('of one line are shortened where it would fill the screen', () => {
    expect(lastWords(['aaaa '.repeat(20)], 10)).toEqual([
      'aaaa aaaa',
      'aaaa aaaa',
      'aaaa aaaa',
      'aaaa aaaa…',
    ]);
  });

  test('carry no control characters', () => {
    expect(lastWords(['\u001b[31mERROR\u001b[0m:\tno \u0007bell'], 80)).toEqual(['ERROR:    no \\x07bell']);
  });

  test('of a target that said nothing are none', () => {
    expect(lastWords(undefined, 80)).toEqual([]);
    expect(lastWords([], 80)).toEqual([]);
  });
});
