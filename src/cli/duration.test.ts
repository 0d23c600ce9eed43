import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, maxDurationMs, parseDuration } from './duration.ts';
import { UsageError } from './errors.ts';

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['20s', 20_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1.5s', 1_500],
    ['0.25m', 15_000],
  ])('%s is %d ms', (text, timeMs) => {
    expect(parseDuration(text)).toBe(timeMs);
  });

  it.each([
    '',
    '20',
    's',
    '-5s',
    '5 s',
    '5sec',
    '1e3s',
    '5S',
    '0s',
    '0.0001ms',
    '5s5s',
    'NaNs',
    '∞s',
    '169h',
  ])('refuses `%s` in a sentence that names the option', (text) => {
    expect(() => parseDuration(text, '--time')).toThrow(UsageError);
    expect(() => parseDuration(text, '--time')).toThrow(/^--time: `.*`.*/);
  });

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: maxDurationMs }), (timeMs) => {
        expect(parseDuration(formatDuration(timeMs))).toBe(timeMs);
      }),
    );
  });

  it('either refuses a text as a usage error or makes whole milliseconds within a week of it', () => {
    const texts = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.double(), fc.constantFrom('ms', 's', 'm', 'h', 'd', ''))
        .map(([n, unit]) => `${String(n)}${unit}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        let timeMs: number;
        try {
          timeMs = parseDuration(text);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
          return;
        }
        expect(Number.isSafeInteger(timeMs)).toBe(true);
        expect(timeMs).toBeGreaterThan(0);
        expect(timeMs).toBeLessThanOrEqual(maxDurationMs);
      }),
    );
  });
});
