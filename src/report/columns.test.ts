import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clip, columnsOf, fit, pad, padLeft, wrap, wrapCommand } from './columns.ts';

const anyText = fc.string({ unit: 'grapheme', maxLength: 200 });
const width = fc.integer({ min: 4, max: 100 });

describe('columns', () => {
  test('letters take one, East Asian letters and emoji two, combining marks none', () => {
    expect(columnsOf('wal-0001')).toBe(8);
    expect(columnsOf('データ')).toBe(6);
    expect(columnsOf('e\u0301té')).toBe(3);
    expect(columnsOf('👩‍🔧🌩️')).toBe(4);
  });
});

describe('wrap', () => {
  test('breaks between words', () => {
    expect(wrap('never fsynced before the cut', 14)).toEqual(['never fsynced', 'before the cut']);
  });

  test('breaks a word that is longer than a line', () => {
    expect(wrap('in 0000000100000001 it', 8)).toEqual(['in', '00000001', '00000001', 'it']);
  });

  test('keeps every letter and stays within the width', () => {
    fc.assert(
      fc.property(anyText, width, (text, columns) => {
        const lines = wrap(text, columns);
        for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(columns);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    );
  });
});

describe('fit and clip', () => {
  test('fit keeps the beginning and the name of a path', () => {
    expect(fit('pg_wal/000000010000000000000002', 20)).toBe('pg_wal/…000000000002');
    expect(fit('short', 20)).toBe('short');
  });

  test('clip keeps the beginning', () => {
    expect(clip('checkpointer[61]', 10)).toBe('checkpoin…');
  });

  test('neither is wider than asked', () => {
    fc.assert(
      fc.property(anyText, width, (text, columns) => {
        expect(columnsOf(fit(text, columns))).toBeLessThanOrEqual(columns);
        expect(columnsOf(clip(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

test('pad and padLeft fill with spaces by columns, not by letters', () => {
  expect(pad('データ', 8)).toBe('データ  ');
  expect(padLeft('8 B', 6)).toBe('   8 B');
  expect(pad('long enough', 4)).toBe('long enough');
});

describe('wrapCommand', () => {
  test('continues lines with a backslash and keeps an option with its value', () => {
    expect(wrapCommand('powercut test postgres --set fsync=off --nemesis power-cut --seed 7', 40)).toEqual([
      'powercut test postgres --set fsync=off \\',
      '  --nemesis power-cut --seed 7',
    ]);
  });

  test('never breaks a quoted word', () => {
    expect(wrapCommand(`powercut run -- sh -c 'git init r && cd r'`, 30)).toEqual([
      'powercut run -- sh \\',
      `  -c 'git init r && cd r'`,
    ]);
  });

  test('says the same command to a shell', () => {
    const word = fc.constantFrom('--set', 'a=b', "'x y'", '"q \\" r"', '--time', '20s', 'power-cut', '-c');
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 10, max: 60 }),
        (words, columns) => {
          const command = words.join(' ');
          const joined = wrapCommand(command, columns)
            .map((line) => line.replace(/^ {2}/, '').replace(/ \\$/, ''))
            .join(' ');
          expect(joined).toBe(command);
        },
      ),
    );
  });
});
