/** A disk of which more is written than may be in memory: it is read back right, and what does not fit is refused. */
import { execFileSync } from 'node:child_process';
import { constants, mkdirSync, statfsSync } from 'node:fs';
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useFolders, useMountedDisks, type TestDisk } from './support/disks.ts';

const newFolder = useFolders();
const mountedDisk = useMountedDisks();

const MiB = 2 ** 20;

/** A mebibyte in which each page says where it belongs. */
function chunk(index: number): Buffer {
  const bytes = Buffer.alloc(MiB, index % 251);
  for (let offset = 0; offset < MiB; offset += 4096) bytes.writeUInt32LE(index * 256 + offset / 4096, offset);
  return bytes;
}

async function writeChunks(file: FileHandle, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index++) await file.write(chunk(index), 0, MiB, index * MiB);
}

/** Past the kernel's page cache: from the disk itself. */
async function expectChunks(path: string, count: number): Promise<void> {
  const file = await open(path, constants.O_RDONLY | constants.O_DIRECT);
  const bytes = Buffer.alloc(MiB);
  for (let index = 0; index < count; index++) {
    expect((await file.read(bytes, 0, MiB, index * MiB)).bytesRead).toBe(MiB);
    if (!bytes.equals(chunk(index))) throw new Error(`mebibyte ${index} of ${path} is not what was written`);
  }
  await file.close();
}

async function cut({ control }: TestDisk): Promise<void> {
  await control.request('freeze', { trigger: { at: 'now' } });
  await control.request('fail');
  await control.request('unmount');
  await control.request('cut', { choice: 'lose-all' });
  await control.request('mount');
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  await directory.sync();
  await directory.close();
}

test('96 MiB in a memory of 16 are read back, and a cut keeps just the synced half', async () => {
  const disk = await mountedDisk({ memoryBytes: 16 * MiB });
  const path = join(disk.mountPoint, 'large');
  const file = await open(path, 'w+');
  await writeChunks(file, 0, 48);
  await file.sync();
  await syncDirectory(disk.mountPoint);
  await writeChunks(file, 48, 96);

  const { pageBytes, residentBytes, spilledBytes, unsyncedBytes } = await disk.control.request('stats');
  expect([pageBytes, residentBytes, spilledBytes]).toEqual([96 * MiB, 16 * MiB, 80 * MiB]);
  expect(unsyncedBytes).toBe(48 * MiB);
  await expectChunks(path, 96);
  await file.close();

  await cut(disk);

  expect((await stat(path)).size).toBe(48 * MiB);
  await expectChunks(path, 48);
});

test('where memory and spill are full, writes get ENOSPC, and nothing becomes durable or wrong by it', async () => {
  const small = join(newFolder(), 'small');
  mkdirSync(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', small]);
  const disk = await mountedDisk({
    workDirectory: join(small, 'control'),
    memoryBytes: 4 * MiB,
    capacityBytes: 1024 * MiB,
  });
  const durable = join(disk.mountPoint, 'durable');
  const first = await open(durable, 'w');
  await writeChunks(first, 0, 3);
  await first.sync();
  await first.close();
  await syncDirectory(disk.mountPoint);
  const roomBefore = statfsSync(disk.mountPoint);
  expect(roomBefore.blocks * roomBefore.bsize).toBe(1024 * MiB);
  expect((roomBefore.bfree * roomBefore.bsize) / MiB).toBeGreaterThan(4);
  expect((roomBefore.bfree * roomBefore.bsize) / MiB).toBeLessThan(10);

  const lost = await open(join(disk.mountPoint, 'lost'), 'w+');
  let fitted = 0;
  const refused = await (async () => {
    for (; fitted < 64; fitted++) await lost.writeFile(chunk(fitted));
  })().catch((error: unknown) => error);

  expect(refused).toMatchObject({ code: 'ENOSPC' });
  expect(fitted).toBeGreaterThan(4);
  const { size } = await lost.stat();
  expect((await disk.control.request('stats')).unsyncedBytes).toBe(size);
  expect(statfsSync(disk.mountPoint).bfree).toBeLessThan(256);
  await expectChunks(durable, 3);
  await expectChunks(join(disk.mountPoint, 'lost'), fitted);
  await lost.close();

  await cut(disk);

  expect(await readdir(disk.mountPoint)).toEqual(['durable']);
  await expectChunks(durable, 3);
  // What the cut took is kept for traces, but not at the price of a full disk.
  const again = await open(join(disk.mountPoint, 'again'), 'w');
  await writeChunks(again, 0, fitted);
  await again.close();
  await expectChunks(join(disk.mountPoint, 'again'), fitted);
});
