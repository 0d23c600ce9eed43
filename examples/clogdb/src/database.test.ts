import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Barriers } from './barriers.ts';
import { Database, maxUnconfirmed } from './database.ts';
import { recover } from './recovery.ts';
import { DataDirectories, everything, numbers, putMany, segmentFiles } from './testing/data-directories.ts';

let directories: DataDirectories;
beforeEach(() => {
  directories = new DataDirectories();
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await directories.remove();
});

/** Barriers whose commits take until they are let go. */
class SlowBarriers extends Barriers {
  letGo!: () => void;
  commits = 0;
  readonly #gone = new Promise<void>((resolve) => (this.letGo = resolve));

  override async data(...args: Parameters<Barriers['data']>): Promise<void> {
    this.commits++;
    await this.#gone;
    await super.data(...args);
  }
}

async function openSlowly(): Promise<{ database: Database; barriers: SlowBarriers; data: string }> {
  const barriers = new SlowBarriers();
  const data = directories.fresh();
  const database = await Database.open(data, { segment_size_bytes: 1e6, snapshot_interval: 1e6 }, barriers);
  return { database, barriers, data };
}

describe('a confirmed transaction', () => {
  test('is answered when it is durable, and many share a barrier', async () => {
    const { database, barriers } = await openSlowly();
    let answered = 0;
    const all = Array.from({ length: 64 }, (_, client) =>
      database.transact([['put', `${client}`, client]], true).then(() => answered++),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answered).toBe(0);
    barriers.letGo();
    await Promise.all(all);
    // The first one alone, and then all that had gathered.
    expect(barriers.commits).toBeLessThanOrEqual(2);
    await database.close();
  });

  test('costs 64 clients together a fifth of the barriers that it costs one client, or less', async () => {
    const barriers = new SlowBarriers();
    const config = { segment_size_bytes: 1e6, snapshot_interval: 1e6 };
    const database = await Database.open(directories.fresh(), config, barriers);
    barriers.letGo();
    const client = async (name: string): Promise<void> => {
      for (let turn = 0; turn < 10; turn++) await database.transact([['put', name, turn]], true);
    };
    await client('alone');
    expect(barriers.commits).toBe(10);
    await Promise.all(Array.from({ length: 64 }, (_, number) => client(`${number}`)));
    expect(64 * 10).toBeGreaterThanOrEqual(5 * (barriers.commits - 10));
    await database.close();
  });

  test('that reads waits for what it saw to be durable; one that is not confirmed does not', async () => {
    const { database, barriers } = await openSlowly();
    await database.transact([['put', 'key', 1]], false);
    expect((await database.transact([['get', 'key']], false)).results).toEqual([1]);
    let seen = false;
    const read = database.transact([['get', 'key']], true).then(() => (seen = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(seen).toBe(false);
    barriers.letGo();
    await read;
    await database.close();
  });

  test('is there after a kill', async () => {
    const data = directories.fresh();
    const database = await directories.open(data, { segment_size_bytes: 400, snapshot_interval: 30 });
    await putMany(database, 1, 100);
    const again = await directories.open(directories.killed(data));
    expect(await everything(again)).toEqual(numbers(100));
    expect(await again.verify()).toEqual([]);
  });
});

test('no more than a hundred transactions are answered before they are durable', async () => {
  const { database, barriers } = await openSlowly();
  let answered = 0;
  const all = Array.from({ length: maxUnconfirmed + 20 }, (_, number) =>
    database.transact([['put', `${number}`, number]], false).then(() => answered++),
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(answered).toBe(maxUnconfirmed);
  barriers.letGo();
  await Promise.all(all);
  await database.close();
});

test('what was performed is durable after a close, confirmed or not', async () => {
  const { database, barriers, data } = await openSlowly();
  for (let number = 1; number <= 50; number++)
    await database.transact([['put', `key${number}`, number]], false);
  barriers.letGo();
  await database.close();
  await expect(database.transact([['get', 'a']], true)).rejects.toThrow('closing');
  expect(recover(data).state).toEqual(numbers(50));
});

describe('the epoch', () => {
  test('counts the starts, so that it and an offset are never given twice', async () => {
    const data = directories.fresh();
    for (const epoch of [1, 2, 3]) {
      const database = await directories.open(data);
      expect(await database.transact([['put', 'a', epoch]], true)).toMatchObject({ epoch, offset: epoch });
      await database.close();
    }
  });

  test('that went back, or is gone, is refused', async () => {
    const data = await directories.filled(1);
    const metadata = join(data, 'metadata.toml');
    const old = readFileSync(metadata);
    const database = await directories.open(data);
    await database.transact([['put', 'a', 1]], true);
    await database.close();
    writeFileSync(metadata, old);
    await expect(directories.open(data)).rejects.toThrow(
      /metadata\.toml: says epoch 1, but clog\/.* in epoch 2/,
    );
    writeFileSync(metadata, '');
    await expect(directories.open(data)).rejects.toThrow('metadata.toml: missing field `version`');
    writeFileSync(metadata, 'version = 2\nepoch = 2\n');
    await expect(directories.open(data)).rejects.toThrow('metadata.toml: version 2 is not 1');
    rmSync(metadata);
    await expect(directories.open(data)).rejects.toThrow('metadata.toml: is missing, but there is a log');
  });
});

test('config.toml is written once, and then asked', async () => {
  const data = await directories.filled(1, { segment_size_bytes: 300, snapshot_interval: 1_000_000 });
  const config = join(data, 'config.toml');
  expect(readFileSync(config, 'utf8')).toContain('segment_size_bytes = 300\nsnapshot_interval = 1000000\n');
  const database = await directories.open(data, { segment_size_bytes: 1_000_000 });
  await putMany(database, 2, 40);
  expect(segmentFiles(data).length).toBeGreaterThan(3);
  await database.close();
  writeFileSync(config, '');
  await expect(directories.open(data)).rejects.toThrow('config.toml: missing field `segment_size_bytes`');
});

describe('the pid file', () => {
  test('keeps a second server out while the first one lives', async () => {
    const data = directories.fresh();
    const database = await directories.open(data);
    await expect(directories.open(data)).rejects.toThrow(
      `process ${process.pid} has this data directory open`,
    );
    await database.close();
    await directories.open(data);
  });

  test.each([
    ['is empty', ''],
    ['is torn', '\0\0\0\0'],
    ['names a process that died', '999999999 1 x'],
    ['names another process with the pid of a living one', `${process.pid} 1 x`],
  ])('is in nobody’s way when it %s', async (_, content) => {
    const data = await directories.filled(2);
    writeFileSync(join(data, 'clogdb.pid'), content);
    expect(await everything(await directories.open(data))).toEqual(numbers(2));
  });
});

test('the check of a database finds what is wrong on its disk', async () => {
  const data = directories.fresh();
  const database = await directories.open(data);
  await putMany(database, 1, 3);
  expect(await database.verify()).toEqual([]);
  const [log] = segmentFiles(data);
  writeFileSync(log!, readFileSync(log!).subarray(0, -5));
  expect(await database.verify()).toEqual([
    'the log ends with transaction 2, not 3',
    expect.stringMatching(/^clog\/0+1\.clog\.log: is damaged at byte \d+$/),
    'the log and its snapshots give another state',
  ]);
});
