import { describe, expect, test } from 'vitest';
import type { HistoryOp } from '../checkers/history.ts';
import { nemeses } from '../nemeses/catalogue.ts';
import { countOps, verdict, type Tested } from './verdict.ts';

const valid = { set: { valid: true }, stats: { valid: true } } as const;

function tested(names: readonly string[], parts: Partial<Tested> = {}): Tested {
  return {
    nemeses: names.map((name) => nemeses.get(name)!),
    cuts: 2,
    kills: 0,
    droppedOps: 10,
    acknowledged: 100,
    finished: true,
    findings: 0,
    failures: 0,
    untold: 0,
    keepsAll: false,
    ...parts,
  };
}

test('a run that tested something and found nothing is valid', () => {
  expect(verdict(valid, tested(['power-cut']))).toEqual({ valid: true });
  expect(verdict(valid, tested(['kill'], { cuts: 0, droppedOps: 0, kills: 1 }))).toEqual({ valid: true });
});

test('on a real file system a cut is a test, whatever was seen of what it took', () => {
  expect(verdict(valid, tested(['power-cut'], { droppedOps: 0, losesMemory: true }))).toEqual({
    valid: true,
  });
});

describe('a run is unknown, and says why,', () => {
  test.each<[string, Tested]>([
    ['no op that changes anything was acknowledged', tested(['power-cut'], { acknowledged: 0 })],
    ['nothing went wrong in this run', tested(['unsynced-report'])],
    ['the power was never cut', tested(['power-cut'], { cuts: 0 })],
    ['no cut found anything un-synced', tested(['lose-unsynced'], { droppedOps: 0 })],
    ['every cut kept everything', tested(['power-cut'], { droppedOps: 0, keepsAll: true })],
    ['nothing was killed', tested(['kill'], { kills: 0 })],
    ['the run did not finish', tested(['power-cut'], { finished: false })],
  ])('where %s', (why, what) => {
    expect(verdict(valid, what)).toEqual({
      valid: 'unknown',
      unknown: expect.stringContaining(why) as string,
    });
  });

  test('where a checker could not decide', () => {
    const checkers = { ...valid, set: { valid: 'unknown' } } as const;
    expect(verdict(checkers, tested(['power-cut']))).toEqual({
      valid: 'unknown',
      unknown: 'too little was seen to decide: checker set is undecided',
    });
  });
});

test('composed nemeses need what cuts need, if one of them cuts', () => {
  const both = ['power-cut', 'kill'];
  expect(verdict(valid, tested(both, { kills: 0 })).valid).toBe(true);
  expect(verdict(valid, tested(both, { cuts: 0, kills: 3 })).unknown).toMatch(/never cut/);
  expect(
    verdict(valid, tested(['unsynced-report', 'kill'], { cuts: 0, droppedOps: 0, kills: 1 })).valid,
  ).toBe(true);
});

test('a failure outranks whatever was not tested, and what a checker could not decide', () => {
  const untested = tested(['power-cut'], { acknowledged: 0, cuts: 0, finished: false });
  const failed = { findings: 1, failures: 1 };
  expect(verdict(valid, { ...untested, ...failed })).toEqual({ valid: false });
  expect(verdict({ set: { valid: 'unknown' } }, tested(['power-cut'], failed))).toEqual({ valid: false });
  expect(verdict({ set: { valid: false } }, untested)).toEqual({ valid: false });
});

describe('findings that are all portability warnings', () => {
  const invalid = { set: { valid: false }, stats: { valid: true } } as const;
  const warned = { findings: 2, failures: 0 };

  test('fail nothing, although the checker that found them is not content', () => {
    expect(verdict(invalid, tested(['power-cut'], warned))).toEqual({ valid: true });
  });

  test('do not hide a violation that no finding tells of, nor a failure beside them', () => {
    expect(verdict(invalid, tested(['power-cut'], { ...warned, untold: 1 })).valid).toBe(false);
    expect(verdict(invalid, tested(['power-cut'], { findings: 2, failures: 1 })).valid).toBe(false);
  });

  test('do not make a run valid that is unknown for another reason', () => {
    const undecided = { ...invalid, stats: { valid: 'unknown' } } as const;
    expect(verdict(undecided, tested(['power-cut'], warned)).valid).toBe('unknown');
    expect(verdict(invalid, tested(['power-cut'], { ...warned, finished: false })).valid).toBe('unknown');
  });
});

test('client ops are counted by outcome; what never completed is indeterminate', () => {
  const op = (process: HistoryOp['process'], type: HistoryOp['type']): HistoryOp => {
    return { process, type, f: 'add', index: 0, timeMs: 0, boot: 1 };
  };
  const history = [
    op(1, 'invoke'),
    op(2, 'invoke'),
    op(3, 'invoke'),
    op(4, 'invoke'),
    op(1, 'ok'),
    op(2, 'fail'),
    op(3, 'info'),
    op('nemesis', 'invoke'),
    op('nemesis', 'info'),
  ];
  expect(countOps(history)).toEqual({ invoked: 4, ok: 1, fail: 1, info: 2 });
});
