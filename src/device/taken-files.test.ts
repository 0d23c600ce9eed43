import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { takenFiles } from './taken-files.ts';

/** Files by path; a path that ends with a slash is a directory. */
function tree(files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = mkdtempSync(join(tmpdir(), 'taken-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path.endsWith('/') ? path : dirname(path)), { recursive: true });
    if (!path.endsWith('/')) writeFileSync(join(root, path), content);
  }
  return root;
}

test('of trees that are alike nothing was taken', () => {
  const files = { 'a/b': 'text', empty: '', 'directory/': '' };
  expect(takenFiles(tree(files), tree(files))).toEqual([]);
});

test('a file that is gone is told with all of its bytes, and what was in a directory that is gone by itself', () => {
  expect(takenFiles(tree({ 'd/a': 'x'.repeat(5_000) }), tree({}))).toEqual([
    { path: 'd', change: 'gone', sizeBytes: 0, ranges: [] },
    { path: 'd/a', change: 'gone', sizeBytes: 5_000, ranges: [{ offset: 0, length: 5_000 }] },
  ]);
});

test('what was removed and is there again came back', () => {
  expect(takenFiles(tree({}), tree({ old: 'x' }))).toEqual([
    { path: 'old', change: 'came back', sizeBytes: 0, ranges: [] },
  ]);
});

test('the pages in which a file differs are told, neighbours as one range', () => {
  const before = Buffer.alloc(3 * 1024 * 1024, 1);
  const after = Buffer.from(before);
  for (const at of [0, 4096 * 5, 4096 * 6 + 17, 2 * 1024 * 1024]) after[at] = 2;
  expect(takenFiles(tree({ f: before }), tree({ f: after }))).toEqual([
    {
      path: 'f',
      change: 'differs',
      sizeBytes: 4 * 4096,
      ranges: [
        { offset: 0, length: 4096 },
        { offset: 4096 * 5, length: 8192 },
        { offset: 2 * 1024 * 1024, length: 4096 },
      ],
    },
  ]);
});

test('a file that lost its end lost the pages of it, even if they were zeros', () => {
  expect(takenFiles(tree({ f: Buffer.alloc(10_000) }), tree({ f: Buffer.alloc(4_096) }))).toEqual([
    { path: 'f', change: 'differs', sizeBytes: 5_904, ranges: [{ offset: 4_096, length: 5_904 }] },
  ]);
});

test('a file that is longer than it was seen differs', () => {
  expect(takenFiles(tree({ f: 'ab' }), tree({ f: 'abc' }))).toEqual([
    { path: 'f', change: 'differs', sizeBytes: 0, ranges: [] },
  ]);
});

test('a symlink differs by where it leads, and is not followed', () => {
  const [seen, recovered] = [tree({}), tree({})];
  symlinkSync('/etc/passwd', join(seen, 'l'));
  symlinkSync('/etc/group', join(recovered, 'l'));
  expect(takenFiles(seen, recovered)).toEqual([{ path: 'l', change: 'differs', sizeBytes: 0, ranges: [] }]);
});
