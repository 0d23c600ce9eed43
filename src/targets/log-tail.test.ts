import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogTail } from './log-tail.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-tail-'));
  file = join(folder, 'log');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a log that was never written has no lines', () => {
  const tail = new LogTail(file);
  tail.mark();
  expect(tail.lines()).toEqual([]);
});

test('the last twenty lines, without empty ones', () => {
  appendFileSync(file, Array.from({ length: 30 }, (_, index) => `line ${index}\n\n`).join(''));
  const lines = new LogTail(file).lines();
  expect(lines).toHaveLength(20);
  expect([lines[0], lines.at(-1)]).toEqual(['line 10', 'line 29']);
});

test('what was there before the mark belongs to an earlier start', () => {
  appendFileSync(file, 'old\n');
  const tail = new LogTail(file);
  tail.mark();
  expect(tail.lines()).toEqual([]);
  appendFileSync(file, 'new\nunfinished');
  expect(tail.lines()).toEqual(['new', 'unfinished']);
});

test('of a huge log only the end is read', () => {
  appendFileSync(file, `${'x'.repeat(1_000_000)}\nlast\n`);
  const lines = new LogTail(file).lines();
  expect(lines.at(-1)).toBe('last');
  expect(lines.join('').length).toBeLessThan(20_000);
});
