import { describe, expect, test } from 'vitest';
import { checkLiveness } from './liveness.ts';
import { Script } from './testing/script.ts';

const check = (script: Script) => checkLiveness(script.history, script.facts());

describe('liveness', () => {
  test('tells each boot apart, and when ops were last acknowledged', () => {
    const { result, notes } = check(new Script().adds(0, 1).add(2, 'info').cut().finalRead([0, 1]));
    expect(result).toMatchObject({ valid: true, indeterminateShare: 0.25, timeoutShare: 0, lastOkMs: 90 });
    expect(result['boots']).toEqual([
      { boot: 1, after: null, invoked: 3, ok: 2, fail: 0, timeouts: 0, firstOkMs: 20, lastOkMs: 40 },
      { boot: 2, after: 'power-cut', invoked: 1, ok: 1, fail: 0, timeouts: 0, firstOkMs: 90, lastOkMs: 90 },
    ]);
    expect(notes).toEqual([]);
  });

  test('notes boots in which nothing was acknowledged, but not those in which nobody asked', () => {
    const script = new Script().add(0).cut().add(1, 'info').interrupt('kill');
    expect(check(script).notes).toEqual([
      'In boot 2 (after the power cut at 0.030 s) no client op was acknowledged, of 1 op invoked.',
    ]);
    expect(check(script).result).toMatchObject({ valid: true, lastOkMs: 20 });
  });

  test('is unknown when nothing was ever acknowledged', () => {
    expect(check(new Script().add(0, 'fail')).result).toMatchObject({ valid: 'unknown', lastOkMs: null });
    expect(check(new Script()).result).toMatchObject({ valid: 'unknown', indeterminateShare: null });
  });

  test('does not count an acknowledgement recorded after the plug was out', () => {
    const late = new Script().invoke(1, 'add', 0).cut().complete(1, 'ok');
    expect(check(late).result).toMatchObject({ valid: 'unknown' });
  });

  test('notes a run of time-outs', () => {
    const script = new Script().adds(...Array.from({ length: 27 }, (_, i) => i));
    const history = script.history.map((op) =>
      op.type === 'ok' && Number(op.value) % 9 === 0
        ? { ...op, type: 'info' as const, error: 'timeout' }
        : op,
    );
    expect(checkLiveness(history, script.facts()).notes).toEqual([
      '3 of 27 client ops (11 %) ended in a time-out: the run tested less than it looks.',
    ]);
  });
});
