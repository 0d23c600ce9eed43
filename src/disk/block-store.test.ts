import { describe, expect, test } from 'vitest';
import { blockSizeBytes, BlockStore, none } from './block-store.ts';
import { MemorySpill } from './testing/memory-spill.ts';

function setUp(frames: number, maxSlots = Infinity) {
  const spill = new MemorySpill(maxSlots);
  const store = new BlockStore({ memoryBytes: frames * blockSizeBytes, spill });
  return { spill, store };
}

function filled(store: BlockStore, byte: number): number {
  const block = store.allocate(false);
  if (block !== none) store.write(block, 0, Buffer.alloc(blockSizeBytes, byte), 0, blockSizeBytes);
  return block;
}

function firstByte(store: BlockStore, block: number): number {
  const target = new Uint8Array(1);
  store.read(block, 0, target, 0, 1);
  return target[0]!;
}

test('blocks beyond the bound are spilled, and read back where they lie', () => {
  const { spill, store } = setUp(2);
  const blocks = [1, 2, 3, 4, 5].map((byte) => filled(store, byte));
  expect([store.residentCount, store.spilledCount, spill.slots.size]).toEqual([2, 3, 3]);
  expect(blocks.map((block) => firstByte(store, block))).toEqual([1, 2, 3, 4, 5]);
  const part = new Uint8Array(3);
  store.read(blocks[0]!, blockSizeBytes - 2, part, 1, 2);
  expect([...part]).toEqual([0, 1, 1]);
});

test('what is used again stays, what was written in passing goes first', () => {
  const { store } = setUp(3);
  const hot = filled(store, 9);
  for (let byte = 0; byte < 20; byte++) {
    filled(store, byte);
    store.zero(hot, 0, 1);
  }
  expect(store.isResident(hot)).toBe(true);
});

test('a spilled block must not be changed, but it can be copied into one that is', () => {
  const { store } = setUp(1);
  const [spilled, resident] = [filled(store, 7), filled(store, 8)];
  expect(() => store.zero(spilled, 0, 1)).toThrow(`block ${spilled} was spilled`);
  store.copy(spilled, 0, resident, 0, blockSizeBytes);
  expect(firstByte(store, resident)).toBe(7);
});

test('slots are used again, and the spill is cleared with the last of them', () => {
  const { spill, store } = setUp(1);
  const blocks = [1, 2, 3].map((byte) => filled(store, byte));
  store.release(blocks[0]!);
  blocks[0] = filled(store, 4);
  expect([...spill.slots.keys()].sort()).toEqual([0, 1]);
  expect(blocks.map((block) => firstByte(store, block))).toEqual([4, 2, 3]);
  for (const block of blocks) store.release(block);
  expect([store.residentCount, store.spilledCount, spill.slots.size, spill.clears]).toEqual([0, 0, 0, 1]);
});

describe('when the spill is full, too', () => {
  test('a block is refused, and nothing that is kept changes', () => {
    const { store } = setUp(2, 1);
    const blocks = [1, 2, 3].map((byte) => filled(store, byte));
    expect([filled(store, 4), store.freeCount]).toEqual([none, 0]);
    expect(blocks.map((block) => firstByte(store, block))).toEqual([1, 2, 3]);
    store.release(blocks[1]!);
    expect(filled(store, 5)).not.toBe(none);
  });

  test('memory goes beyond its bound only for those who must not fail, and back again', () => {
    const { store } = setUp(1, 0);
    const first = filled(store, 1);
    const beyond = store.allocate(true);
    expect([beyond === none, store.residentCount]).toEqual([false, 2]);
    store.release(beyond);
    expect(store.allocate(false)).toBe(none);
    store.release(first);
    expect(store.allocate(false)).not.toBe(none);
  });
});

test('without a spill, memory is all there is', () => {
  const store = new BlockStore({ memoryBytes: 2 * blockSizeBytes });
  expect([store.freeCount, store.allocate(false), store.allocate(false), store.allocate(false)]).toEqual([
    2,
    0,
    1,
    none,
  ]);
});
