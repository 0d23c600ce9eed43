import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from './errors.ts';
import { formatSizeExactly, parseSize } from './size.ts';

describe('sizes', () => {
  it.each([
    ['0B', 0],
    ['512B', 512],
    ['64KiB', 65_536],
    ['1.5MiB', 1_572_864],
    ['2GiB', 2_147_483_648],
  ])('%s is %d bytes', (text, sizeBytes) => {
    expect(parseSize(text)).toBe(sizeBytes);
  });

  it.each(['', '64', '64KB', '64kib', '-1B', '1e3B', 'GiB', '2 GiB', '999999999999999TiB'])(
    'refuses `%s` in a sentence that names the option',
    (text) => {
      expect(() => parseSize(text, '--capacity')).toThrow(UsageError);
      expect(() => parseSize(text, '--capacity')).toThrow(/^--capacity: `.*`.*/);
    },
  );

  it('are read back as they were written, in the largest unit', () => {
    expect([0, 1536, 2 ** 31, 5 * 2 ** 40].map(formatSizeExactly)).toEqual(['0B', '1536B', '2GiB', '5TiB']);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), (sizeBytes) => {
        expect(parseSize(formatSizeExactly(sizeBytes))).toBe(sizeBytes);
      }),
    );
  });

  it('counts whole units exactly, as far as a number counts', () => {
    fc.assert(
      fc.property(fc.nat(4095), fc.constantFrom('B', 'KiB', 'MiB', 'GiB', 'TiB'), (count, unit) => {
        const power = ['B', 'KiB', 'MiB', 'GiB', 'TiB'].indexOf(unit);
        expect(parseSize(`${String(count)}${unit}`)).toBe(count * 1024 ** power);
      }),
    );
  });

  it('either refuses a text as a usage error or makes whole bytes of it', () => {
    const texts = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.double(), fc.constantFrom('B', 'KiB', 'GB', 'GiB', ''))
        .map(([n, unit]) => `${String(n)}${unit}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        let sizeBytes: number;
        try {
          sizeBytes = parseSize(text);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
          return;
        }
        expect(Number.isSafeInteger(sizeBytes)).toBe(true);
        expect(sizeBytes).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
