/** PostgreSQL in a machine: the real server from this computer. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { UnavailableError } from '../../src/machine/unavailable.ts';
import { findBinaries } from '../../src/targets/postgres/binaries.ts';
import { postgres } from '../../src/targets/postgres/target.ts';
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

const shell = (script: string): [string, string[]] => ['sh', ['-c', script]];
const postmaster = '$(head -1 pgdata/postmaster.pid)';

async function failure(action: Promise<unknown>): Promise<Error> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Error) return error;
  throw new Error('it did not fail');
}

test('it is found with its version', async () => {
  expect(await postgres.detect()).toMatchObject({
    found: true,
    version: expect.stringMatching(/^\d+/) as string,
  });
});

test('many clients, its own check, a kill, a recovery, a clean stop', async () => {
  const { machine } = await onDirectory();
  const instance = await started(made!, postgres);
  let died = false;
  void instance.died.then(() => (died = true));
  const acknowledged = await addByMany(instance, 4, 50);
  expect(acknowledged).toHaveLength(200);
  expect(await readAll(instance)).toEqual(acknowledged);
  const integrity = await instance.verify();
  expect(integrity).toMatchObject({ ok: true, lines: [] });
  expect(integrity.method).toMatch(/pg_amcheck|pg_dump/);
  expect(await machine.run(...shell(`grep -rl '${instance.needle(7)}' pgdata/pg_wal | wc -l`))).toMatchObject(
    {
      stdout: '1\n',
    },
  );

  await machine.kill();
  await machine.boot();
  await instance.start();
  expect(await readAll(instance)).toEqual(acknowledged);
  expect(await instance.verify()).toMatchObject({ ok: true });
  expect(await instance.stop(60_000)).toBe(true);
  expect(died).toBe(false);
});

test('a power cut takes nothing that was acknowledged; an image boots on its own, beside its origin', async () => {
  made = await rig('disk');
  const { machine } = made;
  const instance = made.open(postgres);
  await instance.setup();
  await machine.disk.request('checkpoint');
  await instance.start();
  const acknowledged = await addByMany(instance, 4, 50);
  await machine.cut({ at: 'now' }, 'lose-all');
  await machine.boot();
  await instance.start();
  expect(await readAll(instance)).toEqual(acknowledged);
  await instance.stop(60_000);
  const afresh = made.open(postgres);
  await afresh.start();
  expect(await readAll(afresh)).toEqual(acknowledged);
});

describe('settings', () => {
  test('of any name are handed to the server', async () => {
    await onDirectory();
    const instance = await started(made!, postgres, {
      log_statement: 'all',
      work_mem: '5MB',
      data_checksums: 'on',
    });
    await add(await instance.connect(), 1);
    expect(readFileSync(join(made!.logs, 'postgres.log'), 'utf8')).toContain('INSERT INTO elements');
    const options = await made!.machine.run(...shell('cat pgdata/postmaster.opts'));
    expect(options.stdout).toContain('work_mem=5MB');
  });

  test.each([
    [{ frobnicate: '1' }, 'PostgreSQL refuses a setting: unrecognized configuration parameter "frobnicate"'],
    [{ work_mem: 'lots' }, 'PostgreSQL refuses a setting: invalid value for parameter "work_mem": "lots"'],
    [{ listen_addresses: '*' }, 'listen_addresses cannot be set'],
  ])('that the server refuses are told in its words: %j', async (settings, sentence) => {
    const { open } = await onDirectory();
    const error = await failure((async () => open(postgres, settings).setup())());
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain(sentence);
  });

  test('that only a start can judge are told with the log', async () => {
    const { open } = await onDirectory();
    const settings = { max_connections: '10', superuser_reserved_connections: '10' };
    const error = await failure(open(postgres, settings).setup());
    expect(error).toMatchObject({ class: 'unrestartable', exitCode: 1 });
    expect(error.message).toContain('superuser_reserved_connections');
  });

  test('a port that is taken is told, and nothing is made', async () => {
    const { open, machine } = await onDirectory();
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as AddressInfo;
    try {
      const error = await failure(open(postgres, { port: String(port) }).setup());
      expect(error).toBeInstanceOf(UnavailableError);
      expect(error.message).toContain(`port ${port} on 127.0.0.1 is taken`);
      expect(await machine.run('ls', [])).toMatchObject({ stdout: '' });
    } finally {
      holder.close();
    }
  });
});

describe('a start that fails', () => {
  test('because the server ends: its exit code and its last words', async () => {
    const { plain, open } = await onDirectory();
    const instance = open(postgres);
    await instance.setup();
    writeFileSync(join(plain, 'pgdata/global/pg_control'), Buffer.alloc(8192));
    const error = await failure(instance.start());
    expect(error).toBeInstanceOf(StartError);
    expect(error).toMatchObject({ class: 'unrestartable', exitCode: 1 });
    expect(error.message).toMatch(/postgres ended with exit code 1 while it started: (FATAL|PANIC): /);
    expect((error as StartError).lastLines.join('\n')).toContain('PG_CONTROL_VERSION');
  });

  test('because the table is gone: it runs and cannot answer', async () => {
    const { open, machine } = await onDirectory();
    const instance = open(postgres);
    await instance.setup();
    await machine.run(...shell('for file in $(ls pgdata/base/*/16*); do : > $file; rm $file; done'));
    const error = await failure(instance.start());
    expect(error).toMatchObject({ class: 'unopenable' });
    expect(error.message).toContain('could not open file');
  });

  test('because it takes too long: a hang, and the server is gone', async () => {
    const { open, machine } = await onDirectory();
    await open(postgres).setup();
    const error = await failure(open(postgres, { 'start-timeout': '1ms' }).start());
    expect(error).toMatchObject({ class: 'hang' });
    // On a busy computer it may not have come as far as to write down who it is.
    const isGone = `[ -e pgdata/postmaster.pid ] || echo No such process; kill -0 ${postmaster} 2>&1; echo`;
    expect((await machine.run(...shell(isGone))).stdout).toContain('No such process');
  });
});

test('its death while it should run is told, and it starts again', async () => {
  const { machine } = await onDirectory();
  const instance = await started(made!, postgres);
  const client = await instance.connect();
  expect(await add(client, 1)).toEqual({ type: 'ok' });
  await machine.run(...shell(`kill -9 ${postmaster}`));
  expect((await instance.died).sentence).toBe('postgres ended by itself (by SIGKILL)');
  await eventually(async () => expect(await add(client, 2)).toMatchObject({ type: 'fail' }));
  await instance.start();
  expect(await readAll(instance)).toContain(1);
});

test('an op that is held is info when its time is over, and when the server dies under it', async () => {
  const { machine } = await onDirectory();
  const instance = await started(made!, postgres);
  expect(await addByMany(instance, 1, 1)).toEqual([0]);
  const binaries = findBinaries() ?? '';
  const lock = 'BEGIN; LOCK TABLE elements; SELECT 1; SELECT pg_sleep(600)';
  const psql = `${binaries}/psql -h 127.0.0.1 -p $(sed -n 4p pgdata/postmaster.pid) -U postgres -c '${lock}'`;
  const holder = machine.spawn(...shell(`PGPASSWORD=$(cat powercut-password) ${psql}`), { stdout: 'pipe' });
  const locked = await instance.connect();
  await eventually(async () => {
    const probe = await instance.connect();
    expect(await probe.invoke({ f: 'read' }, 1_000)).toEqual({ type: 'info', error: 'timeout' });
    await probe.close();
  });
  expect(await locked.invoke({ f: 'add', value: 1 }, 1_000)).toEqual({ type: 'info', error: 'timeout' });
  expect(await add(locked, 2)).toMatchObject({ type: 'fail' });
  const under = await instance.connect();
  const held = under.invoke({ f: 'add', value: 3 }, opTimeoutMs);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await machine.kill();
  expect((await held).type).toBe('info');
  await holder.exited;
});
