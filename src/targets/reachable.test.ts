import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isReachable } from './reachable.ts';

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const stranger = { uid: 65533, gid: 65533 };
let folder: string;
let directory: string;
let program: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reachable-'));
  chmodSync(folder, 0o755);
  directory = join(folder, 'home');
  program = join(directory, 'program');
  mkdirSync(directory);
  chmodSync(directory, 0o755);
  writeFileSync(program, '');
  chmodSync(program, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a program that everybody may execute, in directories that everybody may enter, is reachable', () => {
  expect(isReachable(program, stranger)).toBe(true);
});

test('a directory on the way that others may not enter hides it from them, not from its owner', () => {
  chmodSync(directory, 0o700);
  expect(isReachable(program, stranger)).toBe(false);
  expect(isReachable(program, owner)).toBe(true);
});

test('a program that others may not execute is out of their reach', () => {
  chmodSync(program, 0o744);
  expect(isReachable(program, stranger)).toBe(false);
});

test('a link is as reachable as what it points to', () => {
  const link = join(folder, 'link');
  symlinkSync(program, link);
  expect(isReachable(link, stranger)).toBe(true);
  chmodSync(directory, 0o700);
  expect(isReachable(link, stranger)).toBe(false);
});
