import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { blockSizeBytes } from '../disk/block-store.ts';
import { SpillFile } from './spill-file.ts';

let directory: string;
let spill: SpillFile;
const warnings: string[] = [];
const block = (byte: number) => Buffer.alloc(blockSizeBytes, byte);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'powercut-spill-'));
  spill = new SpillFile(directory, (sentence) => warnings.push(sentence));
});

afterEach(() => {
  spill.close();
  rmSync(directory, { recursive: true, force: true });
  expect(warnings.splice(0)).toEqual([]);
});

test('keeps blocks by their slots, and gives back any part of them', () => {
  expect(spill.write(3, block(3), 0)).toBe(true);
  expect(spill.write(0, Buffer.concat([block(1), block(2)]), blockSizeBytes)).toBe(true);
  const target = Buffer.alloc(6);
  spill.read(3, blockSizeBytes - 2, target, 1, 2);
  spill.read(0, 0, target, 4, 2);
  expect([...target]).toEqual([0, 3, 3, 0, 2, 2]);
});

test('can be written again after it was cleared', () => {
  spill.write(9, block(9), 0);
  spill.clear();
  expect(() => {
    spill.read(9, 0, Buffer.alloc(1), 0, 1);
  }).toThrow('ends before slot 9');
  expect(spill.write(9, block(8), 0)).toBe(true);
});

test('has no name, so that nothing of it stays', () => {
  expect(readdirSync(directory)).toEqual([]);
  expect(spill.freeBytes).toBeGreaterThan(0);
});
