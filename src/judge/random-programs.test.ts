import { expect, test } from 'vitest';
import { logProgram } from '../litmus/log.ts';
import { parseProgram } from '../litmus/parse.ts';
import { printProgram } from '../litmus/print.ts';
import { randomProgram } from './random-programs.ts';

const some = Array.from({ length: 100 }, (_, number) => randomProgram(1, number));

test('random programs can run, are short, and have a barrier', () => {
  for (const program of some) {
    expect(() => logProgram(program)).not.toThrow();
    expect(program.run.length).toBeGreaterThan(0);
    expect(program.run.length).toBeLessThanOrEqual(8);
    const barriers = program.run.filter(
      (statement) => ['fsync', 'fdatasync', 'sync'].includes(statement.op) || 'sync' in statement,
    );
    expect(barriers.length).toBeGreaterThan(0);
  }
});

test('the same seed and number give the same program, others give others', () => {
  const texts = some.map(printProgram);
  expect(some.map((_, number) => printProgram(randomProgram(1, number)))).toEqual(texts);
  expect(new Set(texts).size).toBe(texts.length);
  expect(printProgram(randomProgram(2, 0))).not.toBe(texts[0]);
});

test('random programs have a text that reads back', () => {
  for (const text of some.map(printProgram)) expect(printProgram(parseProgram('it', text))).toBe(text);
});

test('every statement occurs', () => {
  const ops = new Set(some.flatMap(({ run }) => run.map(({ op }) => op)));
  for (const op of [
    'rename',
    'exchange',
    'tmpfile',
    'punch',
    'writeback',
    'wait',
    'setxattr',
    'rmdir',
    'sync',
  ]) {
    expect(ops).toContain(op);
  }
});
