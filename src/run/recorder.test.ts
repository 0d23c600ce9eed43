import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readHistory } from './analyze.ts';
import { Recorder } from './recorder.ts';

let directory: string;
let file: string;
let nowMs: number;
let recorder: Recorder;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'powercut-recorder-'));
  file = join(directory, 'history.jsonl');
  nowMs = 0;
  recorder = new Recorder({ now: () => nowMs }, file);
});
afterEach(() => {
  recorder.close();
  rmSync(directory, { recursive: true, force: true });
});

const add = (value: number) => recorder.record({ process: 1, type: 'invoke', f: 'add', value });

test('ops are numbered, timed, and known by the boot in which they are recorded', () => {
  recorder.booted();
  nowMs = 12.5;
  expect(add(7)).toEqual({ index: 0, timeMs: 12.5, boot: 1, process: 1, type: 'invoke', f: 'add', value: 7 });
  recorder.booted();
  expect(recorder.nemesis('info', 'power-cut', { cut: 1 })).toMatchObject({
    index: 1,
    boot: 2,
    process: 'nemesis',
    value: { cut: 1 },
  });
  expect(recorder.history).toHaveLength(2);
});

test('the file holds what the memory holds, once it is closed', () => {
  for (let value = 0; value < 1_234; value++) add(value);
  recorder.close();
  recorder.close();
  expect(readHistory(file)).toEqual(recorder.history);
});

test('a run that is killed leaves all but the last ops in its file', () => {
  for (let value = 0; value < 1_234; value++) add(value);
  expect(readHistory(file)).toEqual(recorder.history.slice(0, 1_000));
});

test('a slow run is in its file a second later', () => {
  add(1);
  expect(readFileSync(file, 'utf8')).toBe('');
  nowMs = 1_500;
  add(2);
  expect(readHistory(file)).toHaveLength(2);
});

test('an op that cannot be recorded is an error at once', () => {
  const full = new Recorder({ now: () => 2_000 }, '/dev/full');
  expect(() => full.nemesis('info', 'end')).toThrow(/ENOSPC/);
  full.close();
});
