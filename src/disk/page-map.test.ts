import { describe, expect, test } from 'vitest';
import { PageMap } from './page-map.ts';
import { hole, pageSizeBytes, PageStore } from './page-store.ts';

const far = 2 ** 31;

function setUp(...indexes: number[]) {
  const store = new PageStore(1000 * pageSizeBytes);
  const map = new PageMap();
  for (const index of indexes) map.put(store, index, store.allocate());
  return { store, map };
}

test('a page is where it was put, and everywhere else is a hole', () => {
  const { map } = setUp(0, 63, 64, far);
  expect([0, 63, 64, far].map((index) => map.get(index))).toEqual([1, 2, 3, 4]);
  expect([1, 62, 65, far - 1, far + 1].map((index) => map.get(index))).toEqual([0, 0, 0, 0, 0]);
  expect(map.count).toBe(4);
});

test('putting a page gives the old one back', () => {
  const { store, map } = setUp(5);
  map.put(store, 5, store.allocate());
  expect(store.usedBytes).toBe(pageSizeBytes);
  map.put(store, 5, hole);
  expect([store.usedBytes, map.count]).toEqual([0, 0]);
});

test('lists its pages, from one index to before another', () => {
  const { map } = setUp(far, 3, 200, 64);
  const sorted = (from?: number, to?: number) => [...map.indexes(from, to)].sort((a, b) => a - b);
  expect(sorted()).toEqual([3, 64, 200, far]);
  expect(sorted(4, far)).toEqual([64, 200]);
  expect(sorted(3, 4)).toEqual([3]);
});

test('finds the next page with data', () => {
  const { map } = setUp(200, 3, far, 64);
  expect([0, 3, 4, 64, 65, 201, far].map((from) => map.nextData(from))).toEqual([
    3,
    3,
    64,
    64,
    200,
    far,
    far,
  ]);
  expect(map.nextData(far + 1)).toBeUndefined();
});

describe('a clone', () => {
  test('shares all pages, so that neither may write in place', () => {
    const { store, map } = setUp(1, 2);
    expect(map.writable(store, 1, pageSizeBytes)).not.toBe(hole);
    const clone = map.clone(store);
    expect([map.writable(store, 1, pageSizeBytes), clone.writable(store, 1, pageSizeBytes)]).toEqual([
      hole,
      hole,
    ]);
    expect(store.usedBytes).toBe(2 * pageSizeBytes);
  });

  test('differs once one of them changes, in that place', () => {
    const { store, map } = setUp(1, 2);
    const clone = map.clone(store);
    const page = store.allocate();
    clone.put(store, 1, page);
    expect([map.get(1), clone.get(1)]).toEqual([1, page]);
    expect([map.get(2), clone.get(2)]).toEqual([2, 2]);
    expect(clone.writable(store, 1, pageSizeBytes)).toBe(page);
    expect(clone.writable(store, 2, pageSizeBytes)).toBe(hole);
  });

  test('may write in place again when the other is gone', () => {
    const { store, map } = setUp(1);
    const clone = map.clone(store);
    map.release(store);
    expect(clone.writable(store, 1, pageSizeBytes)).toBe(1);
    clone.release(store);
    expect(store.usedBytes).toBe(0);
  });

  test.each(['clone first', 'origin first'])('gives back every page once: %s', (order) => {
    const { store, map } = setUp(1, 2, 100);
    const clone = map.clone(store);
    const second = clone.clone(store);
    clone.put(store, 2, store.allocate());
    map.put(store, 100, hole);
    for (const each of order === 'clone first' ? [clone, map, second] : [map, second, clone])
      each.release(store);
    expect(store.usedBytes).toBe(0);
  });
});
