/** The instant of a cut: requests held, let go, or failed. */
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { monotonicMs } from '../../src/mount/disk-clock.ts';
import { isPending, start, useMountedDisks } from './support/disks.ts';

const mountedDisk = useMountedDisks();
const holdMs = 300;

test('a frozen disk holds a writer, and lets it go on when thawed', async () => {
  const { control, mountPoint } = await mountedDisk();
  const beforeMs = monotonicMs();
  const frozen = await control.request('freeze', { trigger: { at: 'now' } });
  expect(frozen.opNumber).toBe(0);
  expect(frozen.frozenMs).toBeGreaterThan(beforeMs);
  expect(frozen.frozenMs).toBeLessThan(monotonicMs());

  // A create in the root: the kernel keeps the root directory locked while it waits.
  const writer = start('sh', ['-c', 'echo written > "$1"', 'sh', join(mountPoint, 'f')]);
  expect(await isPending(writer.exited, holdMs)).toBe(true);
  expect((await control.request('stats')).ops).toBe(0);

  await control.request('thaw');
  expect(await writer.exited).toBe(0);
  expect(await readFile(join(mountPoint, 'f'), 'utf8')).toBe('written\n');
});

test('failing answers what was held with EIO and applies none of it', async () => {
  const { control, mountPoint } = await mountedDisk();
  await control.request('freeze', { trigger: { at: 'now' } });
  const writer = start('sh', ['-c', 'echo written > "$1"', 'sh', join(mountPoint, 'f')]);
  expect(await isPending(writer.exited, holdMs)).toBe(true);

  await control.request('fail');
  expect(await writer.exited).not.toBe(0);
  await expect(open(join(mountPoint, 'g'), 'w')).rejects.toThrow(/EIO/);
  expect((await control.request('stats')).ops).toBe(0);

  await control.request('unmount');
  await control.request('mount');
  expect(await readdir(mountPoint)).toEqual([]);
});

test('a frozen disk still answers its control channel', async () => {
  const { control, mountPoint } = await mountedDisk();
  const file = await open(join(mountPoint, 'f'), 'w');
  await file.write('un-synced');
  await control.request('freeze', { trigger: { at: 'now' } });
  const report = await control.request('report');
  expect(report.sizeBytes).toBe(9);
  expect(report.note).toContain('frozen');
  await expect(control.request('unmount')).rejects.toThrow('frozen');
  await control.request('thaw');
  await file.close();
});

test('a trigger freezes right after the op that leaves something un-synced', async () => {
  const { control, mountPoint } = await mountedDisk();
  const file = await open(join(mountPoint, 'f'), 'w');
  await control.request('checkpoint');
  const { ops } = await control.request('stats');
  const frozen = control.request('freeze', { trigger: { at: 'unsynced-op', afterOps: 2, withinMs: 60_000 } });
  // Heard by the disk before the writes: requests of one channel are taken in order.
  await control.request('stats');

  for (const text of ['1', '2', '3']) await file.write(text);
  expect((await frozen).opNumber).toBe(ops + 3);
  const fourth = file.write('4');
  expect(await isPending(fourth, holdMs)).toBe(true);

  await control.request('thaw');
  await fourth;
  await file.close();
  expect(await readFile(join(mountPoint, 'f'), 'utf8')).toBe('1234');
});

test('a trigger with edge "before" lets programs hear of the op, and freezes when they ask for the next', async () => {
  const { control, mountPoint } = await mountedDisk();
  const file = await open(join(mountPoint, 'f'), 'w');
  await control.request('checkpoint');
  const { ops } = await control.request('stats');
  const trigger = { at: 'unsynced-op', afterOps: 0, withinMs: 60_000, edge: 'before' } as const;
  const frozen = control.request('freeze', { trigger });
  await control.request('stats');
  await file.write('1');
  const heardMs = monotonicMs();
  const second = file.write('2');
  expect(await frozen).toMatchObject({ opNumber: ops + 1 });
  expect((await frozen).frozenMs).toBeGreaterThan(heardMs);
  await control.request('thaw');
  await second;
  await file.close();
});

test('a trigger that nothing pulls freezes when its time is up', async () => {
  const { control } = await mountedDisk();
  const askedMs = monotonicMs();
  const { frozenMs } = await control.request('freeze', {
    trigger: { at: 'unsynced-op', afterOps: 0, withinMs: 200 },
  });
  expect(frozenMs - askedMs).toBeGreaterThan(190);
  await control.request('thaw');
});

test('failing or unmounting abandons a freeze that waits for its trigger', async () => {
  const { control } = await mountedDisk();
  const trigger = { at: 'unsynced-op', afterOps: 0, withinMs: 60_000 } as const;
  const first = control.request('freeze', { trigger });
  first.catch(() => undefined);
  await control.request('fail');
  await expect(first).rejects.toThrow('failed before it froze');
  await control.request('unmount');
  await control.request('mount');
  const second = control.request('freeze', { trigger });
  second.catch(() => undefined);
  await control.request('unmount');
  await expect(second).rejects.toThrow('unmounted before it froze');
});

test('a disk cut under its mount can only fail: what it held is never applied', async () => {
  const { control, mountPoint } = await mountedDisk();
  await control.request('freeze', { trigger: { at: 'now' } });
  const writer = start('sh', ['-c', 'echo written > "$1"', 'sh', join(mountPoint, 'f')]);
  expect(await isPending(writer.exited, holdMs)).toBe(true);
  await control.request('cut', { choice: 'lose-all' });
  await expect(control.request('thaw')).rejects.toThrow('only fail and unmount are left');
  await control.request('fail');
  expect(await writer.exited).not.toBe(0);
  await control.request('unmount');
  await control.request('mount');
  expect(await readdir(mountPoint)).toEqual([]);
});

test('an open disk cannot be cut, and one that is not mounted cannot be frozen', async () => {
  const { control } = await mountedDisk();
  await expect(control.request('cut', { choice: 'lose-all' })).rejects.toThrow('freeze or unmount it first');
  await control.request('unmount');
  await expect(control.request('freeze', { trigger: { at: 'now' } })).rejects.toThrow('not mounted');
});

test('a thaw of a disk that is not frozen is refused, and the disk goes on', async () => {
  const { control, mountPoint } = await mountedDisk();
  await expect(control.request('thaw')).rejects.toThrow(/not frozen/);
  await writeFile(join(mountPoint, 'f'), 'still here');
  expect(await readFile(join(mountPoint, 'f'), 'utf8')).toBe('still here');
});
