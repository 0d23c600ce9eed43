import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Op } from '../disk/op.ts';
import { OpLog } from './op-log.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'powercut-op-log-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const write: Op = {
  number: 1,
  kind: 'write',
  timeMs: 10.25,
  pid: 7,
  ino: 2,
  path: 'a "b"\n',
  offset: 0,
  length: 4096,
};
const rename: Op = { number: 2, kind: 'rename', timeMs: 11, pid: 0, ino: 2, path: 'a', toPath: 'ü' };

function linesOf(file: string): unknown[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as unknown);
}

test('a line holds exactly the op and the name of its process', () => {
  const file = join(directory, 'ops.jsonl');
  const log = new OpLog(file, expect.unreachable);
  log.add(write, 'sqlite3');
  log.add(rename, undefined);
  log.close(12);
  expect(linesOf(file)).toEqual([{ ...write, process: 'sqlite3' }, rename]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('holds lines back until a second has passed or they are many', () => {
  const file = join(directory, 'ops.jsonl');
  const isPending = new Int32Array(1);
  const log = new OpLog(file, expect.unreachable, isPending);
  log.flush(10);
  log.add(write, 'sqlite3');
  expect(linesOf(file)).toHaveLength(0);
  expect(isPending[0]).toBe(1);
  log.add({ ...write, number: 2, timeMs: 1010 }, 'sqlite3');
  expect(linesOf(file)).toHaveLength(2);
  expect(isPending[0]).toBe(0);
  for (let number = 3; number < 1003; number++) log.add({ ...write, number, timeMs: 1010 }, 'sqlite3');
  expect(linesOf(file).length).toBeGreaterThan(2);
  log.close(1010);
  expect(linesOf(file)).toHaveLength(1002);
});

test('appends to what an earlier disk logged', () => {
  const file = join(directory, 'ops.jsonl');
  for (let run = 0; run < 2; run++) {
    const log = new OpLog(file, expect.unreachable);
    log.add(write, undefined);
    log.close(0);
  }
  expect(linesOf(file)).toHaveLength(2);
});

test('a log that cannot be written ends with one sentence', () => {
  const sentences: string[] = [];
  const log = new OpLog('/dev/full', (sentence) => sentences.push(sentence));
  log.add(write, undefined);
  log.flush(11);
  log.add(write, undefined);
  log.close(12);
  expect(sentences).toHaveLength(1);
  expect(sentences[0]).toContain('/dev/full ends here, the disk goes on: ENOSPC');
});
