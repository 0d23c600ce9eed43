/** SQLite in a machine: what it keeps, what it refuses, and how what it cannot open is told. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, describe, expect, test } from 'vitest';
import { reachablePath } from '../../src/targets/reachable.ts';
import { sqlite } from '../../src/targets/sqlite/target.ts';
import { StartError } from '../../src/targets/target.ts';
import { add, addByMany, makeHome, opTimeoutMs, readAll, rig, started } from './support/rig.ts';
import type { Rig } from './support/rig.ts';

let made: Rig | undefined;
async function onDirectory(): Promise<Rig> {
  return (made = await rig('directory'));
}
afterEach(async () => {
  await made?.close();
  made = undefined;
});

test('its version is that of the real library', async () => {
  expect(await sqlite.detect()).toMatchObject({
    found: true,
    version: expect.stringMatching(/^3\.\d+\.\d+$/) as string,
  });
});

describe('on a directory', () => {
  test.each(['WAL', 'DELETE', 'TRUNCATE', 'PERSIST'])(
    '%s: many writers, a kill, a recovery, a clean stop',
    async (mode) => {
      const { machine } = await onDirectory();
      const instance = await started(made!, sqlite, { journal_mode: mode });
      const acknowledged = await addByMany(instance, 3, 30);
      expect(acknowledged.length).toBeGreaterThan(0);
      expect(await readAll(instance)).toEqual(acknowledged);
      expect(await instance.verify()).toMatchObject({ ok: true, lines: [] });
      await machine.kill();
      await machine.boot();
      await instance.start();
      expect(await readAll(instance)).toEqual(acknowledged);
      expect(await instance.verify()).toMatchObject({ ok: true, lines: [] });
      expect(await instance.stop(opTimeoutMs)).toBe(true);
    },
  );

  test('an element lies in the file as text that can be searched for', async () => {
    const { plain } = await onDirectory();
    const instance = await started(made!, sqlite, { journal_mode: 'DELETE' });
    await add(await instance.connect(), 4711);
    expect(readFileSync(join(plain, 'elements.db'), 'latin1')).toContain(instance.needle(4711));
  });

  test('a refusal is fail: the element is there already, or the database is locked', async () => {
    const { plain } = await onDirectory();
    const instance = await started(made!, sqlite, { journal_mode: 'DELETE', busy_timeout: '50' });
    const client = await instance.connect();
    expect(await add(client, 1)).toEqual({ type: 'ok' });
    expect(await add(client, 1)).toMatchObject({
      type: 'fail',
      error: expect.stringContaining('CONSTRAINT') as string,
    });
    const other = new DatabaseSync(join(plain, 'elements.db'));
    other.exec('BEGIN EXCLUSIVE');
    expect(await add(client, 2)).toMatchObject({
      type: 'fail',
      error: expect.stringContaining('BUSY') as string,
    });
    other.exec('ROLLBACK');
    other.close();
    expect(await add(client, 2)).toEqual({ type: 'ok' });
    expect(await readAll(instance)).toEqual([1, 2]);
  });

  test('what is no database any more cannot be opened, and is told so', async () => {
    const { plain } = await onDirectory();
    const instance = made!.open(sqlite);
    await instance.setup();
    writeFileSync(
      join(plain, 'elements.db'),
      'this is no database, and it is longer than a hundred bytes. '.repeat(100),
    );
    const error: unknown = await instance.start().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartError);
    expect(error).toMatchObject({
      class: 'unopenable',
      message: expect.stringContaining('not a database') as string,
    });
  });

  test('a row whose bytes were never written there is found by verify', async () => {
    const { plain } = await onDirectory();
    const instance = await started(made!, sqlite, { journal_mode: 'DELETE' });
    await addByMany(instance, 1, 20);
    await instance.stop(opTimeoutMs);
    const file = join(plain, 'elements.db');
    const bytes = readFileSync(file, 'latin1').replace(instance.needle(7), instance.needle(8));
    writeFileSync(file, bytes, 'latin1');
    await instance.start();
    const { ok, lines } = await instance.verify();
    expect([ok, lines]).toEqual([false, ['row 7 has the tag "powercut-set-000000008;"']]);
  });

  test('a page that is gone is found at the start or by its own check', async () => {
    const { plain } = await onDirectory();
    const instance = await started(made!, sqlite, { journal_mode: 'DELETE' });
    await addByMany(instance, 1, 300);
    await instance.stop(opTimeoutMs);
    const file = join(plain, 'elements.db');
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0, 3 * 4096, 4 * 4096));
    const outcome: unknown = await instance.start().then(
      () => instance.verify(),
      (reason: unknown) => reason,
    );
    if (outcome instanceof StartError) expect(outcome.class).toBe('unopenable');
    else expect(outcome).toMatchObject({ ok: false });
  });
});

describe('after a power cut', () => {
  test.each([
    ['WAL', 'FULL'],
    ['DELETE', 'EXTRA'],
  ])('%s + %s keeps every acknowledged element', async (journal_mode, synchronous) => {
    made = await rig('disk');
    const { machine } = made;
    const instance = await started(made, sqlite, { journal_mode, synchronous });
    const acknowledged = await addByMany(instance, 3, 20);
    await machine.cut({ at: 'now' }, 'lose-all');
    await machine.boot();
    await instance.start();
    expect(await readAll(instance)).toEqual(acknowledged);
    expect(await instance.verify()).toMatchObject({ ok: true });
  });

  test('synchronous=OFF loses what was acknowledged since set-up', async () => {
    made = await rig('disk');
    const { machine } = made;
    const instance = made.open(sqlite, { synchronous: 'OFF' });
    await instance.setup();
    await machine.disk.request('checkpoint');
    await instance.start();
    expect((await addByMany(instance, 1, 20)).length).toBe(20);
    await machine.cut({ at: 'now' }, 'lose-all');
    await machine.boot();
    await instance.start();
    expect(await readAll(instance)).toEqual([]);
  });
});

test('a program in a home directory that others may not enter is reached all the same', async () => {
  const { machine, folder } = await onDirectory();
  const file = join(makeHome(made!), 'node');
  writeFileSync(file, '#!/bin/sh\nid -u\n');
  chmodSync(file, 0o755);
  const reached = await reachablePath(machine, file, join(folder, 'run'), false);
  expect(reached).not.toBe(file);
  expect(await machine.run(reached, [])).toMatchObject({ code: 0, stdout: '65534\n' });
});
