import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { logEnds } from './logs.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'powercut-logs-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('the logs of all lives, by name; empty ones say nothing', () => {
  for (const life of ['life-2', 'life-1']) {
    mkdirSync(join(directory, life));
    writeFileSync(join(directory, life, 'db.log'), `of ${life}\n`);
  }
  writeFileSync(join(directory, 'empty.log'), '');
  expect(logEnds(directory)).toEqual([
    { name: 'life-1/db.log', lines: ['of life-1'] },
    { name: 'life-2/db.log', lines: ['of life-2'] },
  ]);
});

test('a long log is told by its last 200 lines, none of them half', () => {
  const lines = Array.from({ length: 5_000 }, (_, number) => `${number} ${'x'.repeat(100)}`);
  writeFileSync(join(directory, 'db.log'), lines.join('\n'));
  expect(logEnds(directory)).toEqual([{ name: 'db.log', lines: lines.slice(-200) }]);
  writeFileSync(join(directory, 'db.log'), `${'y'.repeat(300_000)}\nlast\n`);
  expect(logEnds(directory)).toEqual([{ name: 'db.log', lines: ['last'] }]);
});
