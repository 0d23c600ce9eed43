import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printable, printableLine } from './printable.ts';
import { anyText } from './testing/texts.ts';

describe('printable', () => {
  test('writes controls as escapes', () => {
    expect(printable('a\u001b[31mb\nc\td\u0000\u009b')).toBe('a\\x1b[31mb\\nc\\td\\x00\\x9b');
  });

  test('writes what turns the reading direction as escapes', () => {
    expect(printable('gpj\u202eexe')).toBe('gpj\\u202eexe');
  });

  test('leaves letters of all scripts alone', () => {
    expect(printable('Größe データ 🌩️ naïve')).toBe('Größe データ 🌩️ naïve');
  });

  test('writes half a surrogate pair as an escape', () => {
    expect(printable('\ud800x')).toBe('\\ud800x');
  });

  test('lets no control through, whatever the text', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});

test('a log line loses its colours and keeps its words', () => {
  expect(printableLine('\u001b[31mERROR\u001b[0m\tbad magic')).toBe('ERROR    bad magic');
});
