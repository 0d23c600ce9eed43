/** LMDB in a machine: what it keeps, by the ways it can sync, and how what it cannot read is told. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { lmdb } from '../../src/targets/lmdb/target.ts';
import { StartError } from '../../src/targets/target.ts';
import type { Settings } from '../../src/targets/target.ts';
import { UsageError } from '../../src/targets/usage-error.ts';
import { add, addByMany, opTimeoutMs, readAll, rig, started } from './support/rig.ts';
import type { Rig } from './support/rig.ts';

let made: Rig | undefined;
async function onDirectory(): Promise<Rig> {
  return (made = await rig('directory'));
}
afterEach(async () => {
  await made?.close();
  made = undefined;
});

/** The memory map is written to. */
const writemap = { useWritemap: 'yes', overlappingSync: 'no' };

test('its version is that of the installed package', async () => {
  expect(await lmdb.detect()).toMatchObject({
    found: true,
    version: expect.stringMatching(/^3\.\d+\.\d+$/) as string,
  });
});

describe('on a directory', () => {
  test.each<[string, Settings]>([
    ['by default', {}],
    ['no overlapping sync', { overlappingSync: 'no' }],
    ['a map that is written to', writemap],
    ['a map of a given size', { mapSize: '64' }],
  ])('%s: many writers, a kill, a recovery, a clean stop', async (_, settings) => {
    const { machine } = await onDirectory();
    const instance = await started(made!, lmdb, settings);
    const acknowledged = await addByMany(instance, 3, 30);
    expect(acknowledged).toHaveLength(90);
    expect(await readAll(instance)).toEqual(acknowledged);
    expect(await instance.verify()).toMatchObject({ ok: true, lines: [] });
    await machine.kill();
    await machine.boot();
    await instance.start();
    expect(await readAll(instance)).toEqual(acknowledged);
    expect(await instance.verify()).toMatchObject({ ok: true, lines: [] });
    expect(await instance.stop(opTimeoutMs)).toBe(true);
  });

  test('an element lies in the file as text that can be searched for', async () => {
    const { plain } = await onDirectory();
    const instance = await started(made!, lmdb);
    await add(await instance.connect(), 4711);
    expect(readFileSync(join(plain, 'elements.mdb'), 'latin1')).toContain(instance.needle(4711));
  });

  test('what is no database any more cannot be opened, and is told so', async () => {
    const { plain } = await onDirectory();
    const instance = made!.open(lmdb);
    await instance.setup();
    writeFileSync(join(plain, 'elements.mdb'), 'this is no database. '.repeat(1_000));
    const error: unknown = await instance.start().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartError);
    expect((error as StartError).message).toMatch(/MDB_\w+|ended by SIG(SEGV|BUS|ABRT)/);
  });

  test('an entry whose bytes were never written there is found by verify', async () => {
    const { plain } = await onDirectory();
    const instance = await started(made!, lmdb);
    await addByMany(instance, 1, 20);
    await instance.stop(opTimeoutMs);
    const file = join(plain, 'elements.mdb');
    const text = readFileSync(file, 'latin1').replaceAll(instance.needle(7), instance.needle(8));
    writeFileSync(file, text, 'latin1');
    await instance.start();
    const { ok, lines } = await instance.verify();
    expect([ok, lines]).toEqual([false, ['entry 7 has the tag "powercut-set-000000008;"']]);
  });

  test.each(['0', '64MiB', '-1', ''])('mapSize=%j is refused', async (mapSize) => {
    const { open } = await onDirectory();
    expect(() => open(lmdb, { mapSize })).toThrow(UsageError);
  });
});

describe('after a power cut', () => {
  async function cutAfter(settings: Settings): Promise<{ added: number[]; left: number[] }> {
    made = await rig('disk');
    const { machine } = made;
    const instance = made.open(lmdb, settings);
    await instance.setup();
    await machine.disk.request('checkpoint');
    await instance.start();
    const added = await addByMany(instance, 1, 20);
    expect(added).toHaveLength(20);
    await machine.cut({ at: 'now' }, 'lose-all');
    await machine.boot();
    await instance.start();
    expect(await instance.verify()).toMatchObject({ ok: true });
    return { added, left: await readAll(instance) };
  }

  test.each<[string, Settings]>([
    ['by default', {}],
    ['without overlapping sync', { overlappingSync: 'no' }],
    ['with a map that is written to', writemap],
  ])('%s every acknowledged element is there', async (_, settings) => {
    const { added, left } = await cutAfter(settings);
    expect(left).toEqual(added);
  });

  test('noMetaSync loses the last one, whose meta page was not synced', async () => {
    const { added, left } = await cutAfter({ sync: 'noMetaSync', overlappingSync: 'no' });
    expect(left).toEqual(added.slice(0, -1));
  });

  test.each<[string, Settings]>([
    ['noSync', { sync: 'noSync' }],
    ['mapAsync with a map that is written to', { ...writemap, mapAsync: 'yes' }],
  ])('%s loses what was acknowledged since set-up', async (_, settings) => {
    expect((await cutAfter(settings)).left).toEqual([]);
  });
});
