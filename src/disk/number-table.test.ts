import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NumberTable } from './number-table.ts';

test('is a Map of inodes to numbers, and so are its clones', () => {
  const change = fc.record({ ino: fc.constantFrom(0, 1, 127, 128, 300), value: fc.option(fc.nat(3)) });
  fc.assert(
    fc.property(fc.array(change), fc.array(change), (changes, later) => {
      const [table, map] = [new NumberTable(), new Map<number, number>()];
      const apply = (to: NumberTable | Map<number, number>, all: typeof changes) => {
        for (const { ino, value } of all) {
          if (value === null) to.delete(ino);
          else to.set(ino, value);
        }
      };
      apply(table, changes);
      apply(map, changes);
      const [clone, mapBefore] = [table.clone(), new Map(map)];
      apply(table, later);
      apply(map, later);
      expect([contentOf(table), contentOf(clone)]).toEqual([contentOf(map), contentOf(mapBefore)]);
      table.clear();
      expect([contentOf(table), contentOf(clone)]).toEqual([contentOf(new Map()), contentOf(mapBefore)]);
    }),
  );
});

function contentOf(table: NumberTable | Map<number, number>) {
  const inos = [...(table instanceof NumberTable ? table.inodes() : table.keys())].sort((a, b) => a - b);
  const absent = [0, 1, 127, 128, 300].filter((ino) => !table.has(ino));
  return { size: table.size, entries: inos.map((ino) => [ino, table.get(ino)]), absent };
}
