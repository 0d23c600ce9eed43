import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DirtyRanges } from './dirty-ranges.ts';
import { pageSizeBytes } from './page-store.ts';

describe('un-synced bytes', () => {
  test('are told merged and sorted, across pages', () => {
    const dirty = new DirtyRanges();
    dirty.add(1, 0, 10);
    dirty.add(0, 4000, pageSizeBytes);
    dirty.add(0, 5, 10);
    dirty.add(0, 10, 12);
    expect(dirty.ranges(100)).toEqual([
      { offset: 5, length: 7 },
      { offset: 4000, length: 106 },
    ]);
    expect(dirty.sizeBytes).toBe(113);
  });

  test('are told up to a limit, and merged up to it', () => {
    const dirty = new DirtyRanges();
    for (let page = 0; page < 10; page++) dirty.add(page, 0, page < 5 ? pageSizeBytes : 1);
    expect(dirty.ranges(2)).toEqual([
      { offset: 0, length: 5 * pageSizeBytes + 1 },
      { offset: 6 * pageSizeBytes, length: 1 },
    ]);
  });

  test('are forgotten where they were cut off, but the page stays', () => {
    const dirty = new DirtyRanges();
    dirty.add(0, 0, 100);
    dirty.forget(0, 0, pageSizeBytes);
    dirty.forget(3, 0, 10);
    expect(dirty.ranges(100)).toEqual([]);
    expect([...dirty.pages()]).toEqual([0, 3]);
    expect(dirty.pageCount).toBe(2);
  });

  test('are known byte by byte', () => {
    const dirty = new DirtyRanges();
    dirty.add(0, 4090, pageSizeBytes);
    dirty.add(1, 0, 5);
    dirty.add(2, 100, 200);
    expect([4089, 4090, 4100, 4101, 8291, 8292].map((at) => dirty.overlaps(at, 1))).toEqual([
      false,
      true,
      true,
      false,
      false,
      true,
    ]);
    expect(dirty.overlaps(4101, 4192)).toBe(true);
    expect(dirty.overlaps(4101, 4191)).toBe(false);
  });
});

test('a clone goes its own way', () => {
  const dirty = new DirtyRanges();
  dirty.add(0, 0, 10);
  dirty.add(0, 20, 30);
  const clone = dirty.clone();
  clone.add(0, 10, 20);
  dirty.add(1, 0, 1);
  expect(dirty.ranges(10)).toEqual([
    { offset: 0, length: 10 },
    { offset: 20, length: 10 },
    { offset: pageSizeBytes, length: 1 },
  ]);
  expect(clone.ranges(10)).toEqual([{ offset: 0, length: 30 }]);
});

test('agree with a set of bytes, whatever is written and cut off', () => {
  const edge = fc.oneof(
    fc.nat(40).map((step) => Math.min(step * 103, pageSizeBytes)),
    fc.constantFrom(0, pageSizeBytes),
  );
  const change = fc.record({
    adds: fc.boolean(),
    page: fc.nat(2),
    from: edge,
    to: edge,
    isRun: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const dirty = new DirtyRanges();
      const bytes = new Set<number>();
      const pages = new Set<number>();
      for (const { adds, page, isRun, ...edges } of changes.filter((each) => each.from < each.to)) {
        // Two pages at once, whole.
        const { from, to } = adds && isRun ? { from: 0, to: 2 * pageSizeBytes } : edges;
        if (adds && isRun) dirty.addWhole(page, 2);
        else if (adds) dirty.add(page, from, to);
        else dirty.forget(page, from, to);
        pages.add(page);
        if (adds && isRun) pages.add(page + 1);
        for (let at = page * pageSizeBytes + from; at < page * pageSizeBytes + to; at++) {
          if (adds) bytes.add(at);
          else bytes.delete(at);
        }
      }
      const told = dirty.ranges(1000);
      const toldBytes = told.flatMap(({ offset, length }) =>
        Array.from({ length }, (_, index) => offset + index),
      );
      expect(toldBytes).toEqual([...bytes].sort((a, b) => a - b));
      expect(dirty.sizeBytes).toBe(bytes.size);
      expect([...dirty.pages()].sort((a, b) => a - b)).toEqual([...pages].sort((a, b) => a - b));
      expect(dirty.pageCount).toBe(pages.size);
      for (let page = 0; page < 5; page++) expect(dirty.has(page)).toBe(pages.has(page));
      expect(dirty.clone().ranges(1000)).toEqual(told);
      expect(
        told.every(
          ({ offset }, index) => index === 0 || offset > told[index - 1]!.offset + told[index - 1]!.length,
        ),
      ).toBe(true);
    }),
    { numRuns: 100 },
  );
});
