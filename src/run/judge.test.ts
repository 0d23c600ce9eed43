import { describe, expect, test } from 'vitest';
import { contract, everything } from '../checkers/testing/script.ts';
import { StartError } from '../targets/target.ts';
import { harmlessFacts } from './cut-facts.ts';
import { findingOf, judgeRecovery } from './judge.ts';
import { proveAlone } from './proof.ts';
import { cut, file, violation, write } from './testing/cuts.ts';
import { failedStart, fine, recovered } from './testing/recoveries.ts';

const fault = cut([write(0, 10)], { files: [file('data', { sizeBytes: 10 })] });

describe('a target that came back', () => {
  test('and passes its check gives neither finding nor note', () => {
    expect(judgeRecovery(recovered(), fault, everything)).toEqual({ notes: [], fatal: false });
  });

  test('at a later attempt gives a note with the first failure', () => {
    const recovery = recovered({ failures: [failedStart('lock file exists'), failedStart('again')] });
    expect(judgeRecovery(recovery, fault, everything)).toEqual({
      notes: ['after the power cut at 5.000 s the target started at attempt 3 only: lock file exists'],
      fatal: false,
    });
  });

  test('and fails its own check is corrupt, whatever the read said', () => {
    const integrity = { ...fine, ok: false, lines: ['row 3 missing from index', 'and more'] };
    const recovery = recovered({ integrity, read: { type: 'info', error: 'broken off' } });
    const { finding, fatal } = judgeRecovery(recovery, fault, everything);
    expect(fatal).toBe(true);
    expect(finding).toMatchObject({
      class: 'corruption',
      message: 'PRAGMA integrity_check fails after the power cut at 5.000 s: row 3 missing from index',
      timeMs: 5_000,
      evidence: { log: integrity.lines },
    });
  });

  test('and refuses the read cannot be opened', () => {
    const recovery = recovered({ read: { type: 'fail', error: 'disk image is malformed' } });
    const { finding, fatal } = judgeRecovery(recovery, fault, everything);
    expect([finding?.class, fatal]).toEqual(['unopenable', true]);
    expect(finding?.message).toBe(
      'the target started after the power cut at 5.000 s, but everything could not be read: disk image is malformed',
    );
  });

  test('and never answers the read hangs', () => {
    const { integrity: _, ...recovery } = recovered({ read: { type: 'info', error: 'timeout' } });
    expect(judgeRecovery(recovery, fault, everything).finding?.class).toBe('hang');
  });
});

describe('a target that could not be started again', () => {
  const failures = [
    failedStart('no such file: wal', ['opening wal', 'no such file: wal']),
    failedStart('again'),
  ];
  const recovery = { failures, started: false };

  test('is a finding with its first words and its exit code', () => {
    const { finding, fatal } = judgeRecovery(recovery, fault, everything);
    expect(fatal).toBe(true);
    expect(finding).toMatchObject({
      class: 'unrestartable',
      message: 'the target could not be started again after the power cut at 5.000 s: no such file: wal',
      evidence: { exitCode: 3, log: ['opening wal', 'no such file: wal'] },
    });
  });

  test('has the class of its first failure', () => {
    const hung = [new StartError('hang', 'did not answer', null, [])];
    expect(judgeRecovery({ failures: hung, started: false }, fault, everything).finding?.class).toBe('hang');
  });

  test('is a note where its contract does not promise it, and as fatal', () => {
    const { finding, notes, fatal } = judgeRecovery(recovery, fault, contract({ restartable: false }));
    expect([finding, fatal]).toEqual([undefined, true]);
    expect(notes[0]).toMatch(/no such file: wal \(its contract does not promise that it can be\)$/);
  });
});

test.each([
  ['power-cut', 'the power cut at 5.000 s'],
  ['lose-unsynced', 'the loss of un-synced writes at 5.000 s (its durable state, booted apart)'],
] as const)('a fault of kind %s is told', (kind, words) => {
  const { finding } = judgeRecovery({ failures: [], started: false }, cut([], { kind }), everything);
  expect(finding?.message).toBe(`the target could not be started again after ${words}: no reason given`);
});

test.each([
  ['kill', 'the kill at 5.000 s'],
  ['died', 'its own end at 5.000 s'],
  ['hang', 'it hung and was killed at 5.000 s'],
] as const)('so is one of kind %s, which takes nothing from the disk', (kind, words) => {
  const failed = { failures: [failedStart('it ended')], started: false };
  const { finding } = judgeRecovery(failed, harmlessFacts(kind, 5_000), everything);
  expect(finding?.message).toContain(`after ${words}: it ended`);
  expect(finding?.evidence.rule).toBe('none: a kill takes nothing from the disk');
});

test('a violation becomes a finding with its proof', () => {
  const evidence = proveAlone('so it was');
  expect(findingOf(violation(), evidence)).toEqual({
    class: 'lost-write',
    message: '1 add is gone',
    timeMs: 6_000,
    evidence,
  });
});
