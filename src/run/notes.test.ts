import { expect, test } from 'vitest';
import { Notes } from './notes.ts';

test('a sentence is noted once', () => {
  const notes = new Notes();
  for (const sentence of ['a', 'b', 'a']) notes.add(sentence);
  expect(notes.list()).toEqual(['a', 'b']);
});

test('there is an end to notes, and it is told', () => {
  const notes = new Notes();
  for (let number = 0; number < 103; number++) notes.add(`note ${number}`);
  expect(notes.list()).toHaveLength(101);
  expect(notes.list().at(-1)).toBe('3 more notes of these kinds');
});

test('however often a target ends by itself, it is one note', () => {
  const notes = new Notes();
  notes.addDeath(3_210, 'the driver x ended with exit code 7');
  expect(notes.list()).toEqual([
    'the target ended by itself once and was started again, at 3.2 s: the driver x ended with exit code 7',
  ]);
  notes.addDeath(4_000, 'something else');
  expect(notes.list()).toEqual([
    'the target ended by itself 2 times and was started again, the first time at 3.2 s: the driver x ended with exit code 7',
  ]);
});

test('of clean shutdowns the worst is told', () => {
  const notes = new Notes();
  notes.addCleanStop({ files: 0, sizeBytes: 0 });
  expect(notes.list()).toEqual(['a clean shutdown left nothing un-synced']);
  notes.addCleanStop({ files: 2, sizeBytes: 4_096 });
  notes.addCleanStop({ files: 3, sizeBytes: 100 });
  expect(notes.list()).toEqual(['3 clean shutdowns left at most 4.0 KiB of data in 2 files un-synced']);
});
