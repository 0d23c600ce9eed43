import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Observation } from './observation.ts';
import { ObservationStore, type StoreConditions } from './observation-store.ts';
import { randomProgram } from './random-programs.ts';

const conditions: StoreConditions = {
  fileSystem: 'ext4',
  kernel: '6.18',
  mkfs: 'mkfs.ext4 (1.47)',
  mountOptions: 'nodiscard',
  seed: 1,
  cutsPerEpoch: 6,
};
const program = randomProgram(1, 3);

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'powercut-store-'));
  file = join(directory, 'random', 'ext4-1.jsonl');
});
afterEach(() => rmSync(directory, { recursive: true }));

function seen(): Observation {
  const observation = new Observation();
  observation.add('t="new"', 1, 3);
  observation.images = 7;
  return observation;
}

test('a later run finds what an earlier one saw', () => {
  ObservationStore.open(file, conditions).add(3, program, seen());
  const store = ObservationStore.open(file, conditions);
  const found = store.get(3, program);
  expect(found?.toRecord()).toEqual({ 't="new"': '1-3' });
  expect(found?.images).toBe(7);
  expect(store.count).toBe(1);
});

test('what was seen of another program under that number is not taken for this one', () => {
  ObservationStore.open(file, conditions).add(3, randomProgram(1, 4), seen());
  expect(ObservationStore.read(file).get(3, program)).toBeUndefined();
});

test('a line that its run could not finish is lost, those before it are not', () => {
  ObservationStore.open(file, conditions).add(3, program, seen());
  const before = readFileSync(file, 'utf8');
  appendFileSync(file, '{"number":4,"prog');
  expect(ObservationStore.read(file).count).toBe(1);
  expect(readFileSync(file, 'utf8')).toBe(before);
});

test('observations of another kernel or seed are refused', () => {
  ObservationStore.open(file, conditions);
  expect(() => ObservationStore.open(file, { ...conditions, kernel: '6.19' })).toThrow(/other conditions/);
});
