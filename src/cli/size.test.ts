import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from './errors.ts';
import { formatSize, parseSize } from './size.ts';

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

  it('reads back whole units that it writes', () => {
    fc.assert(
      fc.property(fc.nat(1023), fc.constantFrom(1, 1024, 1024 ** 2, 1024 ** 3), (count, unitBytes) => {
        const sizeBytes = count * unitBytes;
        expect(parseSize(formatSize(sizeBytes).replace(' ', ''))).toBe(sizeBytes);
      }),
    );
  });

  it('writes any size within a twentieth of what it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 50 }), (sizeBytes) => {
        const written = parseSize(formatSize(sizeBytes).replace(' ', ''));
        expect(Math.abs(written - sizeBytes) / sizeBytes).toBeLessThan(0.05);
      }),
    );
  });

  it('keeps one decimal for what is no whole unit', () => {
    expect(formatSize(1536)).toBe('1.5 KiB');
    expect(formatSize(1023)).toBe('1023 B');
  });
});
