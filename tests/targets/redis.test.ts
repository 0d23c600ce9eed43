/** Redis in a machine: the real server from this computer. */
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { redis } from '../../src/targets/redis/target.ts';
import { StartError } from '../../src/targets/target.ts';
import { UsageError } from '../../src/targets/usage-error.ts';
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

const log = 'appendonlydir/appendonly.aof.1.incr.aof';
const shell = (script: string): [string, string[]] => ['sh', ['-c', script]];
const serverPid = '$(pgrep -x redis-server)';

async function failure(action: Promise<unknown>): Promise<Error> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Error) return error;
  throw new Error('it did not fail');
}

test('it is found with its version', async () => {
  expect(await redis.detect()).toMatchObject({
    found: true,
    version: expect.stringMatching(/^\d+\.\d+/) as string,
  });
});

test('many clients, its own checks, a kill, a recovery, a clean stop', async () => {
  const { machine, plain } = await onDirectory();
  const instance = await started(made!, redis, { appendfsync: 'always' });
  let died = false;
  void instance.died.then(() => (died = true));
  const acknowledged = await addByMany(instance, 4, 50);
  expect(acknowledged).toHaveLength(200);
  expect(await readAll(instance)).toEqual(acknowledged);
  const integrity = await instance.verify();
  expect(integrity).toMatchObject({ ok: true, lines: [] });
  expect(integrity.method).toMatch(/INFO.*redis-check-aof/);
  expect(readFileSync(join(plain, log), 'latin1')).toContain(instance.needle(7));

  await machine.kill();
  await machine.boot();
  await instance.start();
  expect(await readAll(instance)).toEqual(acknowledged);
  expect(await instance.stop(60_000)).toBe(true);
  expect(died).toBe(false);
});

test('an element that is there already is refused', async () => {
  await onDirectory();
  const instance = await started(made!, redis);
  const client = await instance.connect();
  expect(await add(client, 1)).toEqual({ type: 'ok' });
  expect(await add(client, 1)).toMatchObject({ type: 'fail' });
});

test('nobody but the user of programs can reach it', async () => {
  const { machine, folder } = await onDirectory();
  await started(made!, redis);
  const { stdout } = await machine.run('stat', ['-c', '%a %u', join(folder, 'run/redis.sock')]);
  expect(stdout).toBe('700 65534\n');
});

describe('after a power cut', () => {
  test('appendfsync=always keeps every acknowledged element; an image boots on its own', async () => {
    made = await rig('disk');
    const { machine } = made;
    const instance = await started(made, redis, { appendfsync: 'always' });
    const acknowledged = await addByMany(instance, 4, 30);
    await machine.cut({ at: 'now' }, 'lose-all');
    await machine.boot();
    await instance.start();
    expect(await readAll(instance)).toEqual(acknowledged);
    expect(await instance.verify()).toMatchObject({ ok: true });
    await instance.stop(60_000);
    const afresh = made.open(redis, { appendfsync: 'always' });
    await afresh.start();
    expect(await readAll(afresh)).toEqual(acknowledged);
  });

  test('appendfsync=no loses what was acknowledged since set-up', async () => {
    made = await rig('disk');
    const { machine } = made;
    const instance = made.open(redis, { appendfsync: 'no' });
    await instance.setup();
    await machine.disk.request('checkpoint');
    await instance.start();
    expect(await addByMany(instance, 1, 20)).toHaveLength(20);
    await machine.cut({ at: 'now' }, 'lose-all');
    await machine.boot();
    await instance.start();
    expect(await readAll(instance)).toEqual([]);
  });
});

describe('settings', () => {
  test('of any name are handed to the server', async () => {
    await onDirectory();
    const instance = await started(made!, redis, { appendfsync: 'always', 'aof-use-rdb-preamble': 'no' });
    await instance.stop(60_000);
    const { stdout } = await made!.machine.run(...shell('ls appendonlydir'));
    expect(stdout).toContain('appendonly.aof.1.base.aof');
  });

  test.each([
    [{ frobnicate: '1' }, "Redis refuses a setting: 'frobnicate 1': Bad directive"],
    [{ maxmemory: 'lots' }, "Redis refuses a setting: 'maxmemory lots': "],
    [{ port: '6379' }, 'port cannot be set'],
  ])('that it refuses are told in its words: %j', async (settings, sentence) => {
    const { open } = await onDirectory();
    const error = await failure((async () => open(redis, settings).setup())());
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain(sentence);
  });
});

describe('what was damaged', () => {
  async function stopped(): Promise<{ file: string; instance: Awaited<ReturnType<typeof started>> }> {
    const { plain } = await onDirectory();
    const instance = await started(made!, redis, { appendfsync: 'always' });
    await addByMany(instance, 1, 20);
    await instance.stop(60_000);
    return { file: join(plain, log), instance };
  }

  test('in the middle of the log keeps it from starting, and is told with its exit code and last words', async () => {
    const { file, instance } = await stopped();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0, 200, 260));
    const error = await failure(instance.start());
    expect(error).toBeInstanceOf(StartError);
    expect(error).toMatchObject({ class: 'unrestartable', exitCode: 1 });
    expect(error.message).toMatch(/^redis ended with exit code 1 while it started: Bad file format/);
  });

  test('at the end of the log costs the end', async () => {
    const { file, instance } = await stopped();
    truncateSync(file, readFileSync(file).length - 5);
    await instance.start();
    expect(await readAll(instance)).toEqual(Array.from({ length: 19 }, (_, value) => value));
    expect(await instance.verify()).toMatchObject({ ok: true });
  });

  test('into another valid value is found by verify', async () => {
    const { file, instance } = await stopped();
    const bytes = readFileSync(file, 'latin1').replace(instance.needle(7), instance.needle(8));
    writeFileSync(file, bytes, 'latin1');
    await instance.start();
    const { ok, lines } = await instance.verify();
    expect([ok, lines]).toEqual([false, ['element 7 has the tag "powercut-set-000000008;"']]);
  });

  test('while it runs is found by redis-check-aof', async () => {
    const { file, instance } = await stopped();
    await instance.start();
    appendFileSync(file, 'this is no command');
    const { ok, lines } = await instance.verify();
    expect(ok).toBe(false);
    expect(lines.join('\n')).toMatch(/redis-check-aof/);
  });
});

test('its death while it should run is told, and it starts again', async () => {
  const { machine } = await onDirectory();
  const instance = await started(made!, redis, { appendfsync: 'always' });
  const client = await instance.connect();
  expect(await add(client, 1)).toEqual({ type: 'ok' });
  await machine.run(...shell(`kill -9 ${serverPid}`));
  expect((await instance.died).sentence).toBe('redis ended by itself (by SIGKILL)');
  await eventually(async () => expect(await add(client, 2)).toMatchObject({ type: 'fail' }));
  await instance.start();
  expect(await readAll(instance)).toEqual([1]);
  expect(await add(client, 3)).toEqual({ type: 'ok' });
});

test('an op that is held is info when its time is over, and when the server dies under it', async () => {
  const { machine } = await onDirectory();
  const instance = await started(made!, redis);
  const [slow, under] = [await instance.connect(), await instance.connect()];
  expect(await add(under, 0)).toEqual({ type: 'ok' });
  await machine.run(...shell(`kill -STOP ${serverPid}`));
  expect(await slow.invoke({ f: 'add', value: 1 }, 500)).toEqual({ type: 'info', error: 'timeout' });
  expect(await add(slow, 2)).toMatchObject({ type: 'fail' });
  const held = under.invoke({ f: 'add', value: 3 }, opTimeoutMs);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await machine.kill();
  expect((await held).type).toBe('info');
});

test('a start that takes too long is a hang, and the server is gone', async () => {
  const { open, machine } = await onDirectory();
  await open(redis).setup();
  const error = await failure(open(redis, { 'start-timeout': '1ms' }).start());
  expect(error).toMatchObject({ class: 'hang' });
  expect(await machine.run('pgrep', ['-x', 'redis-server'])).toMatchObject({ stdout: '' });
});
