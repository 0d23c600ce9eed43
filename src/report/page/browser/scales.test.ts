import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scaleTools } from './scales.ts';

const { logRange, logTicks, latencyText, sizeText } = scaleTools();

describe('a logarithmic axis', () => {
  test('has ticks at 1, 2 and 5, or at powers of ten where it is long', () => {
    expect(logTicks(0.5, 30)).toEqual([0.5, 1, 2, 5, 10, 20]);
    expect(logTicks(0.01, 1_000)).toEqual([0.01, 0.1, 1, 10, 100, 1_000]);
  });

  test('holds everything between neat ends', () => {
    const latency = fc.double({ min: 0.01, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(latency, latency, (a, b) => {
        const [low, high] = logRange(Math.min(a, b), Math.max(a, b));
        expect(low).toBeGreaterThan(0);
        expect(low).toBeLessThan(Math.min(a, b));
        expect(high).toBeGreaterThan(Math.max(a, b));
      }),
    );
  });

  test('exists without data', () => {
    expect(logRange(null, null)).toEqual([1, 10]);
  });
});

test('values have units', () => {
  expect([0.05, 2, 212.346, 5_000].map(latencyText)).toEqual(['50 µs', '2 ms', '212.35 ms', '5 s']);
  expect([0, 512, 262_144, 3 * 2 ** 20].map(sizeText)).toEqual(['0 B', '512 B', '256 KiB', '3 MiB']);
});
