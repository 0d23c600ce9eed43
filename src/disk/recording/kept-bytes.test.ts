import { describe, expect, test } from 'vitest';
import { PageMap } from '../page-map.ts';
import { pageSizeBytes, PageStore } from '../page-store.ts';
import { BytesKeeper, endsOf } from './kept-bytes.ts';
import { StoredWrite } from './stored-write.ts';

const store = new PageStore(4096 * pageSizeBytes);
const keeper = new BytesKeeper(store);

/** As the disk does it: the bytes are in the file, and the buffer is somebody else's afterwards. */
function written(
  offset: number,
  length: number,
): { readonly write: StoredWrite; readonly bytes: Uint8Array } {
  const map = new PageMap();
  const bytes = Uint8Array.from({ length }, (_, index) => (index * 7 + offset) % 251);
  for (let at = 0; at < length;) {
    const index = Math.floor((offset + at) / pageSizeBytes);
    const inPage = (offset + at) % pageSizeBytes;
    const step = Math.min(pageSizeBytes - inPage, length - at);
    const page = store.allocate();
    map.put(store, index, page);
    store.copyIn(page, inPage, bytes, at, step);
    at += step;
  }
  const buffer = bytes.slice();
  const kept = keeper.keep(map, offset, buffer);
  const write = new StoredWrite(store, { ino: 1, offset, length }, kept, keeper.at);
  buffer.fill(255);
  return { write, bytes };
}

describe('a write that is kept', () => {
  test.each([
    { what: 'a few bytes', offset: 10, length: 12 },
    { what: 'bytes on both sides of a page boundary', offset: pageSizeBytes - 5, length: 10 },
    { what: 'a page', offset: pageSizeBytes, length: pageSizeBytes },
    { what: 'the end of a page and whole ones', offset: 4000, length: 96 + 2 * pageSizeBytes },
    { what: 'whole pages and the beginning of one', offset: 0, length: 2 * pageSizeBytes + 100 },
    { what: 'all of these', offset: 1000, length: 3 * pageSizeBytes },
  ])('reads as it was: $what', ({ offset, length }) => {
    const { write, bytes } = written(offset, length);
    expect(Buffer.from(write.subarray(0, length)).equals(bytes)).toBe(true);
    for (const [from, to] of [
      [0, 1],
      [length - 1, length],
      [3, 7],
      [1, length - 1],
      [length >> 1, length],
    ] as const)
      expect(Buffer.from(write.subarray(from, to)).equals(bytes.subarray(from, to))).toBe(true);
  });

  test('does not touch what another one keeps beside it', () => {
    const all = Array.from({ length: 1000 }, (_, index) => written(index, 1 + (index % 40)));
    for (const { write, bytes } of all) expect([...write.subarray(0, write.length)]).toEqual([...bytes]);
  });
});

test('small payloads share an array, large ones have their own', () => {
  const [one, other, large] = [8, 8, 3000].map((length) =>
    endsOf(keeper.keep(new PageMap(), 1, new Uint8Array(length))),
  );
  expect(one).toBe(other);
  expect(large!.length).toBe(3000);
});
