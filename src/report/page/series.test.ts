import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HistoryOp } from '../../checkers/history.ts';
import { sampleHistory } from '../testing/sample-history.ts';
import { latencyFigures, latencyPoints, peaks, thin, throughput } from './series.ts';
import type { LatencyPoint, Outcome } from './series.ts';

const op = (process: number, type: HistoryOp['type'], timeMs: number, f = 'add') => ({
  process,
  type,
  f,
  timeMs,
  boot: 1,
});
const numbered = (ops: readonly Omit<HistoryOp, 'index'>[]) => ops.map((each, index) => ({ index, ...each }));

describe('latency points', () => {
  test('pair each invocation with its completion by process', () => {
    const points = latencyPoints(
      numbered([
        op(0, 'invoke', 10),
        op(1, 'invoke', 11),
        op(1, 'fail', 12),
        op(0, 'ok', 15),
        op(0, 'invoke', 16),
        op(0, 'info', 90),
      ]),
    );
    expect(points.map(({ timeMs, latencyMs, outcome }) => [timeMs, latencyMs, outcome])).toEqual([
      [10, 5, 'ok'],
      [11, 1, 'fail'],
      [16, 74, 'info'],
    ]);
  });

  test('an op that never completed is unknown until the history ends', () => {
    const points = latencyPoints(numbered([op(0, 'invoke', 10), op(1, 'invoke', 20), op(1, 'ok', 30)]));
    expect(points[0]).toMatchObject({ outcome: 'info', latencyMs: 20, index: 0 });
  });

  test('the nemesis has no latency', () => {
    const cut = { process: 'nemesis', type: 'invoke', f: 'power-cut', timeMs: 5, boot: 1 } as const;
    expect(latencyPoints(numbered([cut]))).toEqual([]);
  });
});

const anyPoints = fc.array(
  fc.record({
    timeMs: fc.integer({ min: 0, max: 10_000 }),
    latencyMs: fc.integer({ min: 0, max: 100 }),
    outcome: fc.constantFrom<Outcome>('ok', 'ok', 'ok', 'fail', 'info'),
  }),
  { maxLength: 300 },
);
const pointsOf = (some: readonly Pick<LatencyPoint, 'timeMs' | 'latencyMs' | 'outcome'>[]): LatencyPoint[] =>
  some
    .map((point, index) => ({ ...point, f: 'add', value: index, process: 0, index }))
    .sort((a, b) => a.timeMs - b.timeMs);

describe('thinning', () => {
  test('keeps to the limit, and keeps what did not succeed and what is asked for before anything else', () => {
    fc.assert(
      fc.property(
        anyPoints,
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.nat(300)),
        (some, limit, wanted) => {
          const points = pointsOf(some);
          const keep = new Set(wanted);
          const shown = new Set(thin(points, limit, keep));
          expect(shown.size).toBe(Math.min(points.length, limit));
          const rare = points.filter((point) => point.outcome !== 'ok' || keep.has(point.index));
          const dropped = rare.filter((point) => !shown.has(point));
          if (rare.length <= limit) expect(dropped).toEqual([]);
          else expect([...shown].every((point) => rare.includes(point))).toBe(true);
        },
      ),
    );
  });

  test('is even: no stretch of the run vanishes', () => {
    const points = pointsOf(
      Array.from({ length: 10_000 }, (_, at) => ({ timeMs: at, latencyMs: 1, outcome: 'ok' as const })),
    );
    const shown = thin(points, 100);
    for (const [at, point] of shown.entries()) expect(point.timeMs).toBe(at * 100);
  });

  test('stays in order of time', () => {
    const shown = thin(latencyPoints(sampleHistory().history), 500);
    expect(shown.map(({ timeMs }) => timeMs)).toEqual(
      shown.map(({ timeMs }) => timeMs).sort((a, b) => a - b),
    );
  });
});

describe('throughput', () => {
  test('counts each completion once, in its bin', () => {
    fc.assert(
      fc.property(anyPoints, fc.integer({ min: 1, max: 100_000_000 }), (some, durationMs) => {
        const points = pointsOf(some);
        const { binMs, timesMs, perSecond } = throughput(points, durationMs);
        expect(timesMs.length).toBeLessThanOrEqual(121);
        for (const outcome of ['ok', 'fail', 'info'] as const) {
          const counted = perSecond[outcome].reduce((sum, rate) => sum + rate * (binMs / 1000), 0);
          expect(counted).toBeCloseTo(points.filter((point) => point.outcome === outcome).length, 6);
        }
      }),
    );
  });
});

test('peaks survive a long line made short', () => {
  const samples = Array.from({ length: 1_000 }, (_, at) => ({
    timeMs: at,
    unsyncedBytes: at === 517 ? 9_999 : at % 7,
    diskOps: at,
  }));
  const line = peaks(samples, 10);
  expect(line).toHaveLength(10);
  expect(line).toContainEqual(samples[517]);
});

test('figures are over successful ops, by nearest rank', () => {
  const points = pointsOf(
    Array.from({ length: 100 }, (_, at) => ({ timeMs: at, latencyMs: at + 1, outcome: 'ok' as const })),
  );
  const failed = { ...points[0]!, f: 'read', outcome: 'fail' as const };
  expect(latencyFigures([...points, failed])).toEqual([
    { f: 'add', ok: 100, fail: 0, info: 0, quantiles: { p50: 50, p95: 95, p99: 99, max: 100 } },
    { f: 'read', ok: 0, fail: 1, info: 0 },
  ]);
});
