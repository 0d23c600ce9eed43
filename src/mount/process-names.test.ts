import { expect, test } from 'vitest';
import { ProcessNames } from './process-names.ts';

test('reads the name of a living process', () => {
  expect(new ProcessNames().see(process.pid, 0)).toMatch(/node|vitest/);
});

test('still knows a process that has ended', () => {
  const living = new Map([[7, 'sqlite3']]);
  const names = new ProcessNames((pid) => living.get(pid));
  names.see(7, 0);
  living.delete(7);
  expect(names.see(7, 5000)).toBe('sqlite3');
  expect(names.nameOf(7)).toBe('sqlite3');
});

test('a pid that got a new program is read again after a second, not before', () => {
  let program = 'sh';
  const names = new ProcessNames(() => program);
  names.see(7, 0);
  program = 'postgres';
  expect(names.see(7, 999)).toBe('sh');
  expect(names.see(7, 1000)).toBe('postgres');
});

test('the kernel itself, pid 0, has no name', () => {
  expect(new ProcessNames(() => 'never').see(0, 0)).toBeUndefined();
});
