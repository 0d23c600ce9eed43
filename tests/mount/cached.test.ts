/** `writes: 'cached'`: the kernel holds pages that the disk has not seen, and nothing that is said of the disk is less exact. */
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useMountedDisks, type TestDisk } from './support/disks.ts';

const make = useMountedDisks();
const cachedDisk = () => make({ writes: 'cached', profile: 'lazyfs' });

async function cut({ control }: TestDisk, choice: 'lose-all' | 'keep-all') {
  await control.request('freeze', { trigger: { at: 'now' } });
  await control.request('fail');
  await control.request('unmount');
  await control.request('cut', { choice });
  await control.request('mount');
  return control.request('loss');
}

test('a report has what only the kernel held, and a sync leaves nothing in it', async () => {
  const disk = await cachedDisk();
  const file = await open(join(disk.mountPoint, 'f'), 'w');
  await file.write('x'.repeat(10_000));
  expect(await disk.control.request('report')).toMatchObject({ sizeBytes: 10_000, files: [{ path: 'f' }] });
  // What was handed over is on the disk already; the rest goes with the sync.
  await file.write('y');
  await file.datasync();
  const report = await disk.control.request('report');
  expect(report.files).toEqual([]);
  expect(report.note).toBeUndefined();
  await file.close();
});

test('a cut loses what the kernel held, knows what it was, and keeps what was synced', async () => {
  const disk = await cachedDisk();
  const path = join(disk.mountPoint, 'f');
  const file = await open(path, 'w');
  await file.write('kept ');
  await file.sync();
  await file.write('needle-4711');
  await file.close();
  const loss = await cut(disk, 'lose-all');
  expect(await readFile(path, 'utf8')).toBe('kept ');
  expect(loss.ops.map(({ kind, path: of }) => [kind, of])).toContainEqual(['write', 'f']);
  const [trace] = await disk.control.request('trace', { needles: ['needle-4711'] });
  expect(trace).toMatchObject({ path: 'f', offset: 5 });
});

test('a cut that keeps all is a kill: what the kernel held is there', async () => {
  const disk = await cachedDisk();
  const path = join(disk.mountPoint, 'f');
  await writeFile(path, 'kept by the kernel');
  await cut(disk, 'keep-all');
  expect(await readFile(path, 'utf8')).toBe('kept by the kernel');
});

test('after a loss programs see the durable size, and go on at its end', async () => {
  const disk = await cachedDisk();
  const path = join(disk.mountPoint, 'f');
  const file = await open(path, 'a+');
  await file.write('kept');
  await file.sync();
  await file.write('x'.repeat(9_000));
  await disk.control.request('lose-unsynced');
  expect((await disk.control.request('loss')).sizeBytes).toBeGreaterThanOrEqual(9_000);
  expect((await stat(path)).size).toBe(4);
  expect(await readFile(path, 'utf8')).toBe('kept');
  await file.write(' and more');
  await file.sync();
  await file.close();
  expect((await disk.control.request('report')).files).toEqual([]);
  await cut(disk, 'lose-all');
  expect(await readFile(path, 'utf8')).toBe('kept and more');
});

test('a freeze that waits for something un-synced meets a program that never syncs', async () => {
  const disk = await cachedDisk();
  const file = await open(join(disk.mountPoint, 'f'), 'w');
  const frozen = disk.control.request('freeze', {
    trigger: { at: 'unsynced-op', afterOps: 0, withinMs: 100_000 },
  });
  await file.write('never synced');
  expect((await frozen).opNumber).toBeGreaterThan(0);
  expect(await disk.control.request('report')).toMatchObject({ sizeBytes: 12 });
  await disk.control.request('thaw');
  await file.close();
});
