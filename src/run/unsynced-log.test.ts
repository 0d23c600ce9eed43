import { expect, test } from 'vitest';
import { file } from './testing/cuts.ts';
import { UnsyncedLog } from './unsynced-log.ts';

test('keeps each file at its largest', () => {
  const log = new UnsyncedLog();
  log.add([file('wal', { sizeBytes: 10 }), file('data', { sizeBytes: 1 })]);
  log.add([file('wal', { sizeBytes: 30, ageMs: 7 })]);
  log.add([file('wal', { sizeBytes: 20 })]);
  expect(log.entries([]).map(({ path, sizeBytes, ageMs }) => [path, sizeBytes, ageMs])).toEqual([
    ['wal', 30, 7],
    ['data', 1, 10],
  ]);
});

test('adds what the target says of a path: the first rule that matches, dot files included', () => {
  const log = new UnsyncedLog();
  log.add([file('db/.lock'), file('db/wal'), file('other', { names: ['+a'], process: 'db' })]);
  const expected = [
    { glob: 'db/.*', harmless: true, why: 'made anew' },
    { glob: 'db/**', harmless: false, why: 'holds commits' },
  ];
  expect(log.entries(expected).map((entry) => entry.expected)).toEqual([
    { harmless: true, why: 'made anew' },
    { harmless: false, why: 'holds commits' },
    undefined,
  ]);
  expect(log.entries([])[2]).toMatchObject({ names: ['+a'], process: 'db' });
});

test('is bounded, and knows when it is full', () => {
  const log = new UnsyncedLog();
  log.add(Array.from({ length: 5_000 }, (_, index) => file(`f${index}`)));
  expect(log.isFull).toBe(false);
  log.add([file('f7', { sizeBytes: 3 }), file('one-more')]);
  expect(log.isFull).toBe(true);
  expect(log.entries([])).toHaveLength(5_000);
  expect(log.entries([])[7]?.sizeBytes).toBe(3);
});
