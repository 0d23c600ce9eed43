import { describe, expect, test } from 'vitest';
import type { ClearFault, CrashFault, TornOpFault, TornSeqFault } from './faults.ts';
import { Injections, partsOf, type Action } from './injections.ts';

const clear: ClearFault = {
  kind: 'clear-cache',
  timing: 'before',
  op: 'fsync',
  from: '/r/a',
  to: undefined,
  occurrence: 2,
  crash: true,
  returns: false,
};
const crash: CrashFault = { kind: 'crash', timing: 'before', op: 'rename', from: 'f1', to: 'f2' };
const tornOp: TornOpFault = {
  kind: 'torn-op',
  file: '/r/t',
  occurrence: 1,
  persist: [1, 3],
  parts: 3,
  returns: false,
};
const tornSeq: TornSeqFault = {
  kind: 'torn-seq',
  file: '/r/t',
  occurrence: 1,
  persist: [1, 3],
  returns: false,
};

function armed(...faults: Parameters<Injections['arm']>[0][]): Injections {
  const injections = new Injections();
  for (const fault of faults) expect(injections.arm(fault)).toBeUndefined();
  return injections;
}

function write(
  injections: Injections,
  offset: number,
  text: string,
  callLength = text.length,
  pid = 1,
): Action[] {
  return injections.wrote({ path: '/r/t', pid, offset, bytes: Buffer.from(text), callLength });
}

const persisted = (actions: readonly Action[]) =>
  actions.flatMap((action) =>
    action.kind === 'torn'
      ? action.writes.map(({ offset, bytes }) => `${offset}:${Buffer.from(bytes).toString()}`)
      : [action.kind],
  );

describe('faults at calls', () => {
  test.each(['before', 'after'] as const)('occurrence 2 is the second call, %s it', (timing) => {
    const injections = armed({ ...clear, timing });
    const call = { op: 'fsync', path: '/r/a' };
    const fired = [1, 2, 3].map(
      () => (['before', 'after'] as const).flatMap((at) => injections.at(at, call)).length,
    );
    expect(fired).toEqual([0, 1, 0]);
  });

  test('unlink has its after, too', () => {
    const injections = armed({ ...clear, op: 'unlink', timing: 'after', occurrence: 1 });
    expect(injections.at('before', { op: 'unlink', path: '/r/a' })).toEqual([]);
    expect(injections.at('after', { op: 'unlink', path: '/r/a' })).toMatchObject([{ kind: 'crash' }]);
  });

  test('paths of a configuration are exact, of a crash a part is enough', () => {
    expect(armed({ ...clear, occurrence: 1 }).at('before', { op: 'fsync', path: '/r/ab' })).toEqual([]);
    const any = armed({ ...crash, op: 'write', from: 'wal', to: undefined });
    expect(any.at('before', { op: 'write', path: '/r/x/wal/1' })).toMatchObject([{ kind: 'crash' }]);
  });

  test('of a crash at a rename both paths count where both are given', () => {
    const at = (path: string, toPath: string, fault = crash) =>
      armed(fault).at('before', { op: 'rename', path, toPath }).length;
    expect(at('/r/f1', '/r/f2')).toBe(1);
    expect(at('/r/zzz', '/r/f2')).toBe(0);
    expect(at('/r/f1', '/r/zzz')).toBe(0);
    expect(at('/r/zzz', '/r/f2', { ...crash, from: undefined })).toBe(1);
    expect(at('/r/a', '/r/b', { ...crash, from: 'zzz', to: undefined })).toBe(0);
  });

  test('a loss under living programs is one that carries on', () => {
    const injections = armed({ ...clear, occurrence: 1, crash: false, timing: 'after' });
    expect(injections.at('after', { op: 'fsync', path: '/r/a' })).toMatchObject([{ kind: 'clear-cache' }]);
    expect(injections.isArmed).toBe(false);
  });
});

describe('torn-op', () => {
  test('the last part takes what is left over', () => {
    expect(partsOf(10, 3)).toEqual([
      { offset: 0, length: 3 },
      { offset: 3, length: 3 },
      { offset: 6, length: 4 },
    ]);
    expect(partsOf(10, [4, 6])).toEqual([
      { offset: 0, length: 4 },
      { offset: 4, length: 6 },
    ]);
    expect(partsOf(10, [4, 5])).toBeUndefined();
  });

  test('persists the listed parts of the write', () => {
    expect(persisted(write(armed(tornOp), 100, 'aaabbbcccc'))).toEqual(['100:aaa', '106:cccc']);
  });

  test('counts writes of programs, not the pieces that the kernel cuts them into', () => {
    const injections = armed({ ...tornOp, occurrence: 2, parts: 2, persist: [2] });
    expect(write(injections, 0, 'aaaa', 8)).toEqual([]);
    expect(write(injections, 4, 'aaaa', 8)).toEqual([]);
    expect(write(injections, 8, 'bbbb', 8)).toEqual([]);
    expect(persisted(write(injections, 12, 'cccc', 8))).toEqual(['12:cccc']);
  });

  test('waits for a write that its sizes fit', () => {
    const injections = armed({ ...tornOp, parts: [2, 2], persist: [1] });
    expect(write(injections, 0, 'aaa')).toMatchObject([{ kind: 'missed' }]);
    expect(persisted(write(injections, 0, 'bbbb'))).toEqual(['0:bb']);
  });

  test('is one for each file', () => {
    expect(armed(tornOp).arm(tornOp)).toBe('Only one torn-op fault per file is allowed.');
  });
});

describe('torn-seq', () => {
  test('persists the listed writes of a group with what they wrote', () => {
    const injections = armed(tornSeq);
    expect(write(injections, 0, 'one')).toEqual([]);
    expect(write(injections, 0, 'two')).toEqual([]);
    expect(persisted(write(injections, 6, 'three'))).toEqual(['0:one', '6:three']);
  });

  test('a sync ends a group, and one write is none', () => {
    const injections = armed({ ...tornSeq, persist: [2], occurrence: 2 });
    write(injections, 0, 'alone');
    injections.synced('/r/t');
    write(injections, 0, 'a');
    write(injections, 1, 'b');
    injections.synced('/r/t');
    expect(write(injections, 0, 'c')).toEqual([]);
    expect(persisted(write(injections, 1, 'd'))).toEqual(['1:d']);
  });
});
