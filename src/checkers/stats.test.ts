import { expect, test } from 'vitest';
import { stats } from './stats.ts';
import { Script } from './testing/script.ts';

test('counts outcomes by kind of op, and the latencies of those that went well', () => {
  const script = new Script().adds(0, 1).add(2, 'fail').add(3, 'info').add(4, null).read([0, 1]);
  expect(stats(script.history)).toEqual({
    valid: true,
    byKind: {
      add: { invoked: 5, ok: 2, fail: 1, info: 2, latencyMs: { 0: 10, 0.5: 10, 0.95: 10, 0.99: 10, 1: 10 } },
      read: { invoked: 1, ok: 1, fail: 0, info: 0, latencyMs: { 0: 10, 0.5: 10, 0.95: 10, 0.99: 10, 1: 10 } },
    },
  });
});

test('quantiles are latencies that occurred, as many at or below them as they say', () => {
  const script = new Script();
  for (let ms = 100; ms >= 1; ms--) {
    script.at(script.nowMs + 10).invoke(ms, 'add', ms);
    script.at(script.nowMs + ms).complete(ms, 'ok');
  }
  expect(stats(script.history)).toMatchObject({
    byKind: { add: { latencyMs: { 0: 1, 0.5: 50, 0.95: 95, 0.99: 99, 1: 100 } } },
  });
});

test('a kind that never went well is unknown, and so is a run without ops', () => {
  expect(stats(new Script().add(0).invoke(1, 'read').complete(1, 'fail').history)).toMatchObject({
    valid: 'unknown',
    byKind: { read: { ok: 0, latencyMs: null } },
  });
  expect(stats([])).toEqual({ valid: 'unknown', byKind: {} });
});
