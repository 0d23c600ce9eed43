/** Drivers of a user's own: the examples keep their word, and whatever a driver does wrong is told in one sentence. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { driverTarget } from '../../src/targets/driver/target.ts';
import { StartError } from '../../src/targets/target.ts';
import type { Target } from '../../src/targets/target.ts';
import { eventually, processesWith, uniqueMarker } from '../machine/support/host.ts';
import { add, addByMany, makeHome, opTimeoutMs, readAll, rig, started } from './support/rig.ts';
import type { Rig } from './support/rig.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const examples = path('../../examples/drivers');
const fixture = (name: string, ...args: string[]): Target =>
  driverTarget(path(`support/drivers/${name}.mjs`), args);

let made: Rig | undefined;
async function onDirectory(): Promise<Rig> {
  return (made = await rig('directory'));
}
afterEach(async () => {
  await made?.close();
  made = undefined;
});

describe('the examples', () => {
  let compiled: string;
  beforeAll(() => {
    compiled = mkdtempSync(join(tmpdir(), 'driver-example-'));
    chmodSync(compiled, 0o755);
    const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
    const options = ['--ignoreConfig', '--target', 'es2022', '--module', 'nodenext', '--types', 'node'];
    const { status, stdout } = spawnSync(
      process.execPath,
      [tsc, ...options, '--outDir', compiled, join(examples, 'driver.mts')],
      { encoding: 'utf8', cwd: path('../..') },
    );
    expect([status, stdout]).toEqual([0, '']);
    chmodSync(join(compiled, 'driver.mjs'), 0o755);
  });
  afterAll(() => rmSync(compiled, { recursive: true }));

  const drivers = [
    ['Python', () => driverTarget(join(examples, 'driver.py'), [])],
    ['TypeScript', () => driverTarget(join(compiled, 'driver.mjs'), [])],
  ] as const;

  test.each(drivers)('in %s keeps every acknowledged element across power cuts', async (_, target) => {
    made = await rig('disk');
    const { machine } = made;
    const instance = await started(made, target());
    const acknowledged: number[] = [];
    for (let cut = 0; cut < 3; cut++) {
      const client = await instance.connect();
      for (let value = cut * 100; value < cut * 100 + 20; value++) {
        expect(await add(client, value)).toEqual({ type: 'ok' });
        acknowledged.push(value);
      }
      await machine.cut({ at: 'now' }, 'lose-all');
      await machine.boot();
      await instance.start();
      expect(await readAll(instance)).toEqual(acknowledged);
    }
    expect(await instance.stop(opTimeoutMs)).toBe(true);
  });

  test('in Python drops what a cut left of an unfinished append', async () => {
    const { machine, plain, open } = await onDirectory();
    const target = driverTarget(join(examples, 'driver.py'), []);
    const instance = open(target);
    await instance.setup();
    for (const torn of ['1\n2\n3', '1\n2\n\0\0\0\n', '1\n2\n\0\n4\n']) {
      writeFileSync(join(plain, 'elements.txt'), torn);
      await instance.start();
      expect(await readAll(instance)).toEqual([1, 2]);
      expect(readFileSync(join(plain, 'elements.txt'), 'utf8')).toBe('1\n2\n');
      await machine.kill();
      await machine.boot();
    }
  });
});

describe('a driver', () => {
  test('that answers ok and stores nothing is found out by its reads', async () => {
    const instance = await started(await onDirectory(), fixture('counterfeit'));
    expect(await addByMany(instance, 2, 10)).toHaveLength(20);
    expect(await readAll(instance)).toEqual([]);
  });

  test('runs in the disk directory, hears every setting, and is heard on stderr in the log', async () => {
    const { machine, logs } = await onDirectory();
    await started(made!, fixture('memory'), { mode: 'fast' });
    const log = readFileSync(join(logs, 'memory.mjs.log'), 'utf8');
    expect(log).toContain('"mode":"fast"');
    expect(log).toContain(`in ${machine.directory} = ${machine.directory}`);
  });

  test('is one process for all clients unless it asks for one each', async () => {
    await onDirectory();
    for (const processes of ['shared', 'per-client']) {
      const instance = await started(made!, fixture('memory', JSON.stringify({ processes })));
      const clients = await Promise.all([1, 2, 3].map(() => instance.connect()));
      const pids = new Set(
        (await Promise.all(clients.map((client) => add(client, 1)))).map(({ value }) => value),
      );
      expect([processes, pids.size]).toEqual([processes, processes === 'shared' ? 1 : 3]);
      expect(await instance.stop(opTimeoutMs)).toBe(true);
    }
  });

  test('says in its hello who it is and what it promises', async () => {
    const expectedUnsynced = [{ glob: 'cache/**', harmless: true, why: 'rebuilt at each start' }];
    const hello = {
      name: 'mine',
      version: '2.1',
      contract: { acknowledged: { lossLastOps: 2 } },
      expectedUnsynced,
    };
    const instance = await started(await onDirectory(), fixture('memory', JSON.stringify(hello)));
    expect(instance.declared).toMatchObject({
      name: 'mine',
      version: '2.1',
      documented: { acknowledged: { lossLastOps: 2 }, order: 'prefix' },
      expectedUnsynced,
    });
  });

  test('verifies itself, or says that it cannot', async () => {
    await onDirectory();
    const able = await started(made!, fixture('memory'));
    expect(await able.verify()).toEqual({ ok: false, method: 'looking', lines: ['gone'] });
    const refusal = JSON.stringify({ type: 'fail', error: 'no' });
    const unable = await started(made!, fixture('misbehave', 'verify', 'answer', refusal));
    expect(await unable.verify()).toEqual({ ok: true, method: 'none', lines: [] });
  });

  test('in a home directory that others may not enter runs all the same, and its neighbours come along', async () => {
    await onDirectory();
    const home = makeHome(made!);
    const project = join(home, 'project');
    mkdirSync(project);
    chmodSync(project, 0o755);
    const driver = join(project, 'driver.sh');
    writeFileSync(driver, `#!/bin/sh\nexec "$(dirname "$0")/neighbour.mjs"\n`);
    cpSync(path('support/drivers/counterfeit.mjs'), join(project, 'neighbour.mjs'));
    for (const name of ['driver.sh', 'neighbour.mjs']) chmodSync(join(project, name), 0o755);
    const alone = join(home, 'alone.mjs');
    cpSync(path('support/drivers/counterfeit.mjs'), alone);
    chmodSync(alone, 0o755);
    for (const file of [driver, alone]) {
      const instance = await started(made!, driverTarget(file, []));
      expect(await readAll(instance)).toEqual([]);
      await made!.machine.kill();
      await made!.machine.boot();
      await instance.start();
      expect(await readAll(instance)).toEqual([]);
    }
  });
});

async function failure(action: Promise<void>): Promise<StartError> {
  const error: unknown = await action.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof StartError) return error;
  throw error;
}

describe('a driver that cannot start', () => {
  const silent = { 'start-timeout': '3s' };
  const marker = uniqueMarker();

  test.each([
    ['exits', ['exit', '3'], 'unrestartable', 'ended with exit code 3', 3],
    [
      'babbles',
      ['babble'],
      'unopenable',
      'printed a line that is not a JSON object: "Listening on port 80"',
      null,
    ],
    ['is silent', ['nothing'], 'hang', 'did not answer', null],
    ['refuses', ['answer', '{"type":"fail","error":"corrupt"}'], 'unopenable', 'corrupt', null],
  ] as const)('%s: at hello, at set-up, at the first read', async (_, deed, kind, sentence, exitCode) => {
    const { open } = await onDirectory();
    for (const trigger of ['hello', 'setup', 'read']) {
      const instance = open(
        fixture('misbehave', trigger, ...deed, marker),
        deed[0] === 'nothing' ? silent : {},
      );
      const error = await failure(instance.setup().then(() => instance.start()));
      expect(error).toMatchObject({ class: kind, exitCode });
      // On a slow computer its time may be over before it was asked.
      if (kind !== 'hang') expect(error.lastLines).toEqual([`now I ${deed[0]}`]);
      expect(error.message).toMatch(/^the driver misbehave\.mjs /);
      expect(error.message).toContain(sentence);
    }
    await eventually(() => expect(processesWith(marker)).toEqual([]));
  });

  test('because its hello makes no sense', async () => {
    const { open } = await onDirectory();
    const error = await failure(open(fixture('memory', '{"processes":"many"}')).setup());
    expect(error).toMatchObject({ class: 'unopenable' });
    expect(error.message).toContain('processes: "many", which is not "shared" or "per-client"');
  });

  test('because there is no such interpreter', async () => {
    const { open, folder } = await onDirectory();
    const driver = join(folder, 'driver');
    writeFileSync(driver, '#!/nowhere/interpreter\n', { mode: 0o755 });
    const error = await failure(open(driverTarget(driver, [])).setup());
    expect(error.class).toBe('unrestartable');
    expect(error.lastLines.join('\n')).toContain('No such file');
  });
});

describe('a driver that fails in the middle of a run', () => {
  test.each([
    ['exits', ['exit', '3'], 'ended with exit code 3'],
    ['babbles', ['babble'], 'printed a line that is not a JSON object'],
  ] as const)(
    '%s: ops under way are info, later ones fail, and its death is told',
    async (_, deed, sentence) => {
      const instance = await started(await onDirectory(), fixture('misbehave', 'add', ...deed));
      const client = await instance.connect();
      const first = await add(client, 1);
      expect(first.type).toBe('info');
      expect(first.error).toContain(sentence);
      expect(await add(client, 2)).toMatchObject({ type: 'fail' });
      const { sentence: said, lastLines } = await instance.died;
      expect(said).toContain(sentence);
      expect(lastLines).toEqual([`now I ${deed[0]}`]);
      await instance.start();
      expect(await readAll(instance)).toEqual([]);
    },
  );

  test('is silent: the op is info in time, and its client is done with', async () => {
    const instance = await started(await onDirectory(), fixture('misbehave', 'add', 'nothing'));
    const client = await instance.connect();
    expect(await client.invoke({ f: 'add', value: 1 }, 200)).toEqual({ type: 'info', error: 'timeout' });
    expect(await add(client, 2)).toMatchObject({ type: 'fail' });
    expect(await readAll(instance)).toEqual([]);
  });

  test('dies with its machine: that is nobody else’s death', async () => {
    const { machine } = await onDirectory();
    const instance = await started(made!, fixture('counterfeit'));
    let died = false;
    void instance.died.then(() => (died = true));
    const client = await instance.connect();
    await machine.kill();
    expect((await add(client, 1)).type).not.toBe('ok');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(died).toBe(false);
  });
});

test('a process that one client has for itself is replaced when it ends', async () => {
  const hello = JSON.stringify({ processes: 'per-client' });
  const { machine } = await onDirectory();
  const instance = await started(made!, fixture('memory', hello));
  const client = await instance.connect();
  const { value: pid } = await add(client, 1);
  await machine.run('kill', ['-9', String(pid)]);
  const next = async (): Promise<unknown> => (await add(client, 2)).value;
  await eventually(async () => expect(await next()).toBeGreaterThan(Number(pid)));
});
