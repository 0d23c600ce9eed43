/** SpacetimeDB in a machine: the real server of this computer, where it has one. */
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { UnavailableError } from '../../src/machine/unavailable.ts';
import { spacetimedb } from '../../src/targets/spacetimedb/target.ts';
import { StartError } from '../../src/targets/target.ts';
import type { Settings } from '../../src/targets/target.ts';
import { UsageError } from '../../src/targets/usage-error.ts';
import { eventually } from '../machine/support/host.ts';
import { add, addByMany, opTimeoutMs, readAll, rig, started } from './support/rig.ts';
import type { Rig } from './support/rig.ts';
import { isTested } from './support/spacetimedb.ts';

let made: Rig | undefined;
async function onDirectory(): Promise<Rig> {
  return (made = await rig('directory'));
}
afterEach(async () => {
  await made?.close();
  made = undefined;
});

const shell = (script: string): [string, string[]] => ['sh', ['-c', script]];
const server = '$(cat data/spacetime.pid)';

async function failure(action: Promise<unknown>): Promise<Error> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Error) return error;
  throw new Error('it did not fail');
}

describe.skipIf(!isTested)('SpacetimeDB 1.2', () => {
  test.each(['sql', 'call'])('many clients by %s, its check, a kill, a recovery, a stop', async (via) => {
    const { machine } = await onDirectory();
    const instance = await started(made!, spacetimedb, { via });
    let died = false;
    void instance.died.then(() => (died = true));
    const acknowledged = await addByMany(instance, 4, 50);
    expect(acknowledged).toHaveLength(200);
    expect(await readAll(instance)).toEqual(acknowledged);
    expect(await instance.verify()).toMatchObject({ ok: true, lines: [] });
    expect(instance.declared).toMatchObject({ version: expect.stringMatching(/^1\.2\./) as string });

    // What is acknowledged reaches the log a moment later, and a row's needle stands nowhere else.
    const segment = 'data/replicas/1/clog/00000000000000000000.stdb.log\n';
    for (const last of ['049', '099', '149', '199']) {
      const holding = `LC_ALL=C grep -rlaP '\\x17\\x00\\x00\\x00powercut-set-000000${last};' data`;
      await eventually(async () => expect((await machine.run(...shell(holding))).stdout).toBe(segment));
    }
    expect(instance.needle(149)).toBe('\x17\0\0\0powercut-set-000000149;');

    await machine.kill();
    await machine.boot();
    await instance.start();
    expect(await readAll(instance)).toEqual(acknowledged);
    expect(await instance.verify()).toMatchObject({ ok: true });
    expect(await addByMany(instance, 1, 1)).toEqual([0]);
    expect(await instance.stop(60_000)).toBe(true);
    expect(died).toBe(false);
  });

  test('reads come in the order of the writes, after a restart, too', async () => {
    const { machine } = await onDirectory();
    const instance = await started(made!, spacetimedb);
    const client = await instance.connect();
    for (const value of [30, 10, 20]) expect(await add(client, value)).toEqual({ type: 'ok' });
    const log = `LC_ALL=C grep -rla 'powercut-set-000000020;' data/replicas/1/clog`;
    await eventually(async () => expect((await machine.run(...shell(log))).code).toBe(0));
    await machine.kill();
    await machine.boot();
    await instance.start();
    const again = await instance.connect();
    expect(await add(again, 5)).toEqual({ type: 'ok' });
    expect(await again.invoke({ f: 'read' }, opTimeoutMs)).toEqual({ type: 'ok', value: [30, 10, 20, 5] });
  });

  test('an image boots on its own, beside its origin, with the keys and the token of before', async () => {
    made = await rig('disk');
    const { machine } = made;
    const instance = made.open(spacetimedb);
    await instance.setup();
    await machine.disk.request('checkpoint');
    await instance.start();
    const acknowledged = await addByMany(instance, 4, 50);
    await machine.disk.request('checkpoint');
    await machine.cut({ at: 'now' }, 'lose-all');
    await machine.boot();
    await instance.start();
    const survived = await readAll(instance);
    expect(acknowledged).toEqual(expect.arrayContaining(survived));
    await instance.stop(60_000);
    rmSync(join(machine.directory, '..', 'run', 'keys'), { recursive: true, force: true });
    const afresh = made.open(spacetimedb);
    await afresh.start();
    expect(await readAll(afresh)).toEqual(survived);
    expect(await add(await afresh.connect(), 1_000)).toEqual({ type: 'ok' });
  });

  test('its own log files are written to the disk, or left out', async () => {
    await onDirectory();
    await started(made!, spacetimedb, { 'disk-logging': 'off' });
    expect((await made!.machine.run('ls', ['data'])).stdout.split('\n')).not.toContain('logs');
  });

  test('its death while it should run is told, and it starts again', async () => {
    const { machine } = await onDirectory();
    const instance = await started(made!, spacetimedb);
    const client = await instance.connect();
    expect(await add(client, 1)).toEqual({ type: 'ok' });
    await machine.run(...shell(`kill -9 ${server}`));
    expect((await instance.died).sentence).toBe('spacetimedb ended by itself (by SIGKILL)');
    await eventually(async () => {
      const other = await instance.connect();
      expect(await add(other, 2)).toMatchObject({ type: 'fail' });
    });
    await instance.start();
    expect(await add(await instance.connect(), 3)).toEqual({ type: 'ok' });
  });

  test('an op that is held is info when its time is over, and when the server dies under it', async () => {
    const { machine } = await onDirectory();
    const instance = await started(made!, spacetimedb);
    const [impatient, patient] = [await instance.connect(), await instance.connect()];
    for (const client of [impatient, patient])
      expect(await client.invoke({ f: 'read' }, opTimeoutMs)).toMatchObject({ type: 'ok' });
    await machine.run(...shell(`kill -STOP ${server}`));
    expect(await impatient.invoke({ f: 'add', value: 1 }, 500)).toEqual({ type: 'info', error: 'timeout' });
    expect(await add(impatient, 2)).toMatchObject({ type: 'fail' });
    const held = add(patient, 3);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await machine.kill();
    expect((await held).type).toBe('info');
  });

  describe('a start that fails', () => {
    const setUp = async (settings: Settings = {}) => {
      const { open } = await onDirectory();
      const instance = open(spacetimedb, settings);
      await instance.setup();
      return instance;
    };

    test('because the server ends: its exit code and its last words', async () => {
      const instance = await setUp();
      truncateSync(join(made!.plain, 'data/metadata.toml'));
      const error = await failure(instance.start());
      expect(error).toBeInstanceOf(StartError);
      expect(error).toMatchObject({ class: 'unrestartable', exitCode: 1 });
      expect(error.message).toBe(
        'spacetimedb ended with exit code 1 while it started: failed reading metadata.toml: TOML parse error at line 1, column 1: missing field `version`',
      );
      expect((error as StartError).lastLines[0]).toMatch(/^spacetimedb-standalone version: /);
    });

    test('because it answers a ping and refuses the database: HTTP 500', async () => {
      const instance = await setUp();
      const segment = join(made!.plain, 'data/replicas/1/clog/00000000000000000000.stdb.log');
      const bytes = readFileSync(segment);
      writeFileSync(segment, bytes.subarray(10));
      const error = await failure(instance.start());
      expect(error).toMatchObject({ class: 'unopenable' });
      expect(error.message).toMatch(/^spacetimedb runs but does not serve the database: 500: .*magic/);
    });

    test('because it does not know the database any more: HTTP 404', async () => {
      const instance = await setUp();
      rmSync(join(made!.plain, 'data/control-db'), { recursive: true });
      const error = await failure(instance.start());
      expect(error).toMatchObject({ class: 'unopenable' });
      expect(error.message).toMatch(
        /404: .*it does not know a database that was published: .*data\/control-db$/,
      );
    });

    test('because its signing keys are not those of before: HTTP 401', async () => {
      const instance = await setUp({ keys: 'on-disk' });
      rmSync(join(made!.plain, 'keys'), { recursive: true });
      const error = await failure(instance.start());
      expect(error).toMatchObject({ class: 'unopenable' });
      expect(error.message).toMatch(/401: .*the signing key in keys\/id_ecdsa is not that of before$/);
    });

    test('because a query hangs though a ping is answered; and the server is gone', async () => {
      const { open, machine } = await onDirectory();
      await open(spacetimedb).setup();
      const snapshot =
        'data/replicas/1/snapshots/00000000000000000000.snapshot_dir/00000000000000000000.snapshot_bsatn';
      await machine.run(...shell(`rm ${snapshot} && mkfifo ${snapshot}`));
      const error = await failure(open(spacetimedb, { 'start-timeout': '3s' }).start());
      expect(error).toMatchObject({ class: 'hang' });
      expect(error.message).toMatch(/^spacetimedb did not answer a query within 3 s/);
      expect((await machine.run(...shell(`kill -0 ${server} 2>&1; echo`))).stdout).toContain(
        'No such process',
      );
    });

    test('because the token is lost', async () => {
      await setUp();
      rmSync(join(made!.plain, 'powercut-credentials'));
      const error = await failure(made!.open(spacetimedb).start());
      expect(error).toBeInstanceOf(UnavailableError);
      expect(error.message).toMatch(
        /^the database's token is lost: .*powercut-credentials.*begin a new run$/,
      );
    });
  });

  describe('settings', () => {
    test.each([
      [{ confirmed: 'true' }, /has no confirmed answers/],
      [{ 'pg-port': '5432' }, /has no PostgreSQL port/],
    ])('of 2.x are refused: %j', async (settings, sentence) => {
      const { open, machine } = await onDirectory();
      const error = await failure(open(spacetimedb, settings).setup());
      expect(error).toBeInstanceOf(UsageError);
      expect(error.message).toMatch(sentence);
      expect(await machine.run('ls', [])).toMatchObject({ stdout: '' });
    });

    test('a port that is taken is told, and nothing is made; one that is free is used', async () => {
      const { open, machine } = await onDirectory();
      const holder = createServer();
      await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
      const { port } = holder.address() as AddressInfo;
      try {
        const error = await failure(open(spacetimedb, { port: String(port) }).setup());
        expect(error).toBeInstanceOf(UnavailableError);
        expect(error.message).toContain(`port ${port} on 127.0.0.1 is taken`);
        expect(await machine.run('ls', [])).toMatchObject({ stdout: '' });
      } finally {
        await new Promise((closed) => holder.close(closed));
      }
      await started(made!, spacetimedb, { port: String(port) });
      const reply = await fetch(`http://127.0.0.1:${port}/v1/ping`);
      expect(reply.status).toBe(200);
    });
  });
});
