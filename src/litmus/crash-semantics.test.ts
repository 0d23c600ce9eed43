import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);

test('docs/crash-semantics.md has a litmus program for each row of its table', () => {
  const text = readFileSync(new URL('docs/crash-semantics.md', root), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'));
  const [head, ...cells] = rows.map((row) => row.split('|').at(-2)!);
  expect(head!.trim()).toBe('litmus');
  expect(cells.length).toBeGreaterThan(20);
  for (const cell of cells) {
    const names = [...cell.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name);
    expect(names).not.toEqual([]);
    for (const name of names)
      expect([name, existsSync(new URL(`litmus/${name}.litmus`, root))]).toEqual([name, true]);
  }
});
