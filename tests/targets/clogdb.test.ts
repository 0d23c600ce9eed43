/** clogdb in a machine: what it keeps, what it refuses, and how what it cannot open is told. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { clogdb } from '../../src/targets/clogdb/target.ts';
import { StartError } from '../../src/targets/target.ts';
import { eventually } from '../machine/support/host.ts';
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

const shell = (script: string): [string, string[]] => ['sh', ['-c', script]];
const pid = '$(cut -d" " -f1 data/clogdb.pid)';

async function failure(action: Promise<unknown>): Promise<StartError> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof StartError) return error;
  throw new Error(`it failed with no StartError but ${String(error)}`);
}

test('it comes with powercut', async () => {
  const { version } = JSON.parse(readFileSync('examples/clogdb/package.json', 'utf8')) as { version: string };
  expect(await clogdb.detect()).toMatchObject({ found: true, version });
});

test.each(['true', 'false'])('confirmed=%s: many clients, a stop, a kill, a recovery', async (confirmed) => {
  const { machine, plain } = await onDirectory();
  const instance = await started(made!, clogdb, {
    confirmed,
    'snapshot-interval': '20',
    'segment-size': '1000',
  });
  const acknowledged = await addByMany(instance, 4, 25);
  expect(acknowledged).toHaveLength(100);
  expect(await readAll(instance)).toEqual(acknowledged);
  expect(await instance.verify()).toMatchObject({ ok: true, lines: [] });
  expect(await instance.stop(opTimeoutMs)).toBe(true);
  await instance.start();
  expect(await readAll(instance)).toEqual(acknowledged);
  await machine.kill();
  await machine.boot();
  await instance.start();
  expect(await readAll(instance)).toEqual(acknowledged);
  expect(await instance.verify()).toMatchObject({ ok: true, lines: [] });
  expect(readFileSync(join(plain, 'data/metadata.toml'), 'utf8')).toContain('epoch = 4\n');
});

test('an element lies in the log as text that can be searched for', async () => {
  const { plain } = await onDirectory();
  const instance = await started(made!, clogdb);
  expect(await add(await instance.connect(), 4711)).toEqual({ type: 'ok' });
  const log = readFileSync(join(plain, 'data/clog/00000000000000000001.clog.log'), 'latin1');
  expect(log).toContain(instance.needle(4711));
});

test('its check finds what is wrong on the disk, with the name of the file', async () => {
  const { plain } = await onDirectory();
  const instance = await started(made!, clogdb);
  expect(await addByMany(instance, 1, 3)).toEqual([0, 1, 2]);
  writeFileSync(join(plain, 'data/clog/00000000000000000001.clog.log'), '');
  const { ok, method, lines } = await instance.verify();
  expect([ok, method]).toEqual([false, 'clogdb /v1/verify and the tag of every element']);
  expect(lines).toContain('the log ends with transaction 0, not 3');
});

describe('a start that fails says why', () => {
  test('because a file is damaged: it cannot be restarted', async () => {
    const { plain } = await onDirectory();
    await made!.open(clogdb).setup();
    writeFileSync(join(plain, 'data/metadata.toml'), '');
    const error = await failure(made!.open(clogdb).start());
    expect(error).toMatchObject({ class: 'unrestartable', exitCode: 1 });
    expect(error.message).toBe(
      'clogdb ended with exit code 1 while it started: metadata.toml: missing field `version` (the file has 0 bytes)',
    );
  });

  test('because it takes too long: a hang, and the server is gone', async () => {
    const { machine } = await onDirectory();
    await made!.open(clogdb).setup();
    const error = await failure(made!.open(clogdb, { 'start-timeout': '1ms' }).start());
    expect(error).toMatchObject({ class: 'hang', message: 'clogdb did not listen within 0.001 s' });
    expect((await machine.run('ps', ['-eo', 'args'])).stdout).not.toContain('--data-dir');
  });
});

test('its death while it should run is told, and it starts again', async () => {
  const { machine } = await onDirectory();
  const instance = await started(made!, clogdb);
  const client = await instance.connect();
  expect(await add(client, 1)).toEqual({ type: 'ok' });
  await machine.run(...shell(`kill -9 ${pid}`));
  expect((await instance.died).sentence).toBe('clogdb ended by itself (by SIGKILL)');
  await eventually(async () => expect(await add(client, 2)).toMatchObject({ type: 'fail' }));
  await instance.start();
  expect(await readAll(instance)).toContain(1);
});

test('an op that is held is info when its time is over, and when the server dies under it', async () => {
  const { machine } = await onDirectory();
  const instance = await started(made!, clogdb);
  const [first, second] = [await instance.connect(), await instance.connect()];
  await machine.run(...shell(`kill -STOP ${pid}`));
  expect(await first.invoke({ f: 'add', value: 1 }, 500)).toEqual({ type: 'info', error: 'timeout' });
  expect(await add(first, 2)).toMatchObject({ type: 'fail' });
  const held = second.invoke({ f: 'add', value: 3 }, opTimeoutMs);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await machine.kill();
  expect((await held).type).toBe('info');
});
