import { describe, expect, test } from 'vitest';
import { hole, pageSizeBytes, PageStore } from './page-store.ts';

function filled(store: PageStore, byte: number): number {
  const page = store.allocate();
  store.copyIn(page, 0, new Uint8Array(pageSizeBytes).fill(byte), 0, pageSizeBytes);
  return page;
}

function read(store: PageStore, page: number, from = 0, length = 4): number[] {
  const target = new Uint8Array(length);
  store.copyOut(page, from, target, 0, length);
  return [...target];
}

describe('a page', () => {
  test('lives as long as somebody holds it', () => {
    const store = new PageStore(10 * pageSizeBytes);
    const page = filled(store, 1);
    store.retain(page);
    expect(store.isShared(page)).toBe(true);
    store.release(page);
    expect(store.isShared(page)).toBe(false);
    expect(store.usedBytes).toBe(pageSizeBytes);
    store.release(page);
    expect(store.usedBytes).toBe(0);
  });

  test('must not be released more often than it was held', () => {
    const store = new PageStore(10 * pageSizeBytes);
    const page = store.allocate();
    store.release(page);
    expect(() => store.release(page)).toThrow(`page ${page}`);
  });

  test('is copied, zeroed and read in parts', () => {
    const store = new PageStore(10 * pageSizeBytes);
    const [page, copy] = [filled(store, 1), store.allocate()];
    store.copyPage(page, copy);
    store.zero(copy, 1, 3);
    store.copyIn(copy, 3, Uint8Array.of(0, 9, 0), 1, 1);
    expect(read(store, copy)).toEqual([1, 0, 0, 9]);
    expect(read(store, page)).toEqual([1, 1, 1, 1]);
    expect(read(store, copy, pageSizeBytes - 4)).toEqual([1, 1, 1, 1]);
  });

  test('keeps its bytes across slabs', () => {
    const store = new PageStore(5000 * pageSizeBytes);
    const pages = Array.from({ length: 3000 }, (_, index) => filled(store, index % 256));
    expect(pages.map((page) => read(store, page, 0, 1)[0])).toEqual(pages.map((_, index) => index % 256));
  });
});

describe('the hole', () => {
  test('reads as zeros, belongs to nobody and holds nothing', () => {
    const store = new PageStore(pageSizeBytes);
    expect(read(store, hole)).toEqual([0, 0, 0, 0]);
    store.retain(hole);
    store.release(hole);
    store.release(hole);
    expect(store.usedBytes).toBe(0);
    expect(() => store.zero(hole, 0, 1)).toThrow('page 0');
  });

  test('copied makes a page of zeros', () => {
    const store = new PageStore(2 * pageSizeBytes);
    const page = filled(store, 7);
    store.copyPage(hole, page);
    expect(read(store, page, 2000)).toEqual([0, 0, 0, 0]);
  });
});

describe('a full store', () => {
  test('gives no page, until one is released', () => {
    const store = new PageStore(2 * pageSizeBytes);
    const [first] = [store.allocate(), store.allocate()];
    expect(store.allocate()).toBe(hole);
    store.release(first);
    expect(store.allocate()).not.toBe(hole);
  });

  test('goes beyond its limit only for those who must not fail', () => {
    const store = new PageStore(0);
    expect(store.allocate()).toBe(hole);
    expect(store.allocate(pageSizeBytes, true)).not.toBe(hole);
    expect(store.usedBytes).toBe(pageSizeBytes);
  });
});
