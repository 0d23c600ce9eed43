import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PageStore } from '../disk/page-store.ts';
import { BlockDevice } from './block-device.ts';
import { bytesOf, ForgetfulDevice, releaseWrites } from './forgetful-device.ts';

const sizeBytes = 64 * 1024;

function device() {
  const store = new PageStore(16 * 1024 * 1024);
  const on = new ForgetfulDevice(store, new BlockDevice(store, sizeBytes));
  let number = 0;
  const write = (offset: number, text: string) =>
    on.write(offset, Buffer.from(text), { number: ++number, timeMs: number });
  return { store, on, write };
}

function read(from: Pick<BlockDevice, 'read'>, offset: number, length: number): string {
  const bytes = Buffer.alloc(length);
  from.read(offset, bytes, 0, length);
  return bytes.toString();
}

test('what was flushed stays, what came later is seen and lost', () => {
  const { on, write } = device();
  write(0, 'old');
  on.flush();
  write(0, 'new');
  expect(read(on, 0, 3)).toBe('new');
  expect(read(on.image([]), 0, 3)).toBe('old');
  expect(on.unflushedBytes).toBe(3);
});

test('any part of what was not flushed may be kept, with the bytes that were written then', () => {
  const { on, write } = device();
  write(4000, 'a'.repeat(200));
  write(4000, 'b'.repeat(200));
  const image = on.image([{ write: 0, start: 50, end: 150 }]);
  expect(read(image, 4000, 200)).toBe('\0'.repeat(50) + 'a'.repeat(100) + '\0'.repeat(50));
});

test('a write that spans pages is known by its bytes', () => {
  const { store, on } = device();
  const bytes = Buffer.from(Array.from({ length: 10_000 }, (_, at) => at % 251));
  on.write(3_000, bytes, { number: 1, timeMs: 0 });
  on.write(3_000, Buffer.alloc(10_000), { number: 2, timeMs: 0 });
  expect(Buffer.from(bytesOf(store, on.unflushed[0]!)).equals(bytes)).toBe(true);
});

test('an image is what is left when the kept writes alone are made again, whatever they are', () => {
  const writes = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 20 }),
      sectors: fc.integer({ min: 1, max: 20 }),
      byte: fc.integer({ min: 0, max: 255 }),
      isKept: fc.boolean(),
      flushes: fc.boolean(),
    }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(writes, (all) => {
      const { on } = device();
      const plain = Buffer.alloc(sizeBytes);
      let pending: { at: number; bytes: Buffer; isKept: boolean }[] = [];
      for (const [index, { at, sectors, byte, isKept, flushes }] of all.entries()) {
        const bytes = Buffer.alloc(sectors * 512, byte);
        on.write(at * 512, bytes, { number: index + 1, timeMs: 0 });
        pending.push({ at, bytes, isKept });
        if (!flushes) continue;
        on.flush();
        for (const flushed of pending) flushed.bytes.copy(plain, flushed.at * 512);
        pending = [];
      }
      const kept = pending.flatMap(({ bytes, isKept }, write) =>
        isKept ? [{ write, start: 0, end: bytes.length }] : [],
      );
      for (const { at, bytes, isKept } of pending) if (isKept) bytes.copy(plain, at * 512);
      const image = Buffer.alloc(sizeBytes);
      on.image(kept).read(0, image, 0, sizeBytes);
      expect(image.equals(plain)).toBe(true);
    }),
  );
});

test('gives every page back', () => {
  const { store, on, write } = device();
  write(0, 'a'.repeat(9_000));
  on.flush();
  write(100, 'b'.repeat(9_000));
  const image = on.image([{ write: 0, start: 0, end: 512 }]);
  releaseWrites(store, on.takeUnflushed());
  write(0, 'c');
  image.release();
  on.release();
  expect(store.usedBytes).toBe(0);
});
