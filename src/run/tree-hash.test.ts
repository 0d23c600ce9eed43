import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashTree } from './tree-hash.ts';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'powercut-hash-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function tree(name: string, change: (directory: string) => void = () => undefined): string {
  const directory = join(root, name);
  mkdirSync(join(directory, 'd'), { recursive: true });
  writeFileSync(join(directory, 'd', 'f'), 'data');
  symlinkSync('d/f', join(directory, 's'));
  change(directory);
  return directory;
}

test('trees that hold the same have the same hash, whenever they were written', () => {
  const same = hashTree(tree('a'));
  expect(hashTree(tree('b', (directory) => utimesSync(join(directory, 'd/f'), 1, 1)))).toBe(same);
});

test.each<[string, (directory: string) => void]>([
  ['a byte', (directory) => writeFileSync(join(directory, 'd/f'), 'dat\0')],
  ['a size', (directory) => writeFileSync(join(directory, 'd/f'), 'data\0')],
  ['a mode', (directory) => chmodSync(join(directory, 'd/f'), 0o600)],
  ['a name', (directory) => writeFileSync(join(directory, 'd/g'), '')],
  ['an empty directory', (directory) => mkdirSync(join(directory, 'e'))],
])('%s more or less makes another', (_, change) => {
  expect(hashTree(tree('b', change))).not.toBe(hashTree(tree('a')));
});

test('a tree that is too large to be read has none', () => {
  expect(hashTree(tree('a'), 3)).toBeUndefined();
  expect(hashTree(tree('b'), 4)).toEqual(expect.any(String));
});
