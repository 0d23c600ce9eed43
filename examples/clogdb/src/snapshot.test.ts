import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { recover } from './recovery.ts';
import { capture, loadNewest, writeSnapshot } from './snapshot.ts';
import {
  DataDirectories,
  everything,
  noBarriers,
  numbers,
  putMany,
  segmentFiles,
} from './testing/data-directories.ts';

let directories: DataDirectories;
beforeEach(() => {
  directories = new DataDirectories();
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await directories.remove();
});

/** Paths of all files below, relative. */
function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

/** Written until there are snapshots, of which two are kept. */
async function withSnapshots(): Promise<string> {
  const data = directories.fresh();
  const database = await directories.open(data, { snapshot_interval: 20, segment_size_bytes: 300 });
  for (let number = 1; number <= 100; number++) {
    await putMany(database, number, number);
    // Returns when no snapshot is under way.
    if (number % 20 === 0) await database.verify();
  }
  await database.close();
  return data;
}

describe('snapshots', () => {
  test('are two, with the log from the older one on', async () => {
    const data = await withSnapshots();
    const snapshots = readdirSync(join(data, 'snapshots')).sort();
    expect(snapshots).toEqual(['00000000000000000080.snapshot_dir', '00000000000000000100.snapshot_dir']);
    const segments = segmentFiles(data).map((path) => Number(/(\d+)\.clog/.exec(path)![1]));
    expect(segments.filter((first) => first <= 81).length).toBe(1);
    expect(loadNewest(data).snapshot).toBe(100);
    expect(recover(data).state).toEqual(numbers(100));
  });

  test('are passed over when they are damaged, and nothing is lost', async () => {
    const data = await withSnapshots();
    const newest = join(data, 'snapshots/00000000000000000100.snapshot_dir');
    for (const file of filesIn(newest)) {
      const bytes = readFileSync(join(newest, file));
      for (const damage of [() => writeFileSync(join(newest, file), ''), () => rmSync(join(newest, file))]) {
        damage();
        const { state, snapshot, damaged } = recover(data);
        expect(snapshot).toBe(80);
        expect(state).toEqual(numbers(100));
        expect(damaged).toEqual([expect.stringContaining(file)]);
      }
      writeFileSync(join(newest, file), bytes);
    }
    expect(recover(data).damaged).toEqual([]);
  });

  test('are all needed no more once a new one is there', async () => {
    const data = await withSnapshots();
    rmSync(join(data, 'snapshots/00000000000000000100.snapshot_dir/objects'), { recursive: true });
    const database = await directories.open(data);
    await putMany(database, 101, 130);
    await database.verify();
    expect(await database.verify()).toEqual([]);
    expect(readdirSync(join(data, 'snapshots')).length).toBe(2);
    expect(await everything(await directories.open(directories.killed(data)))).toEqual(numbers(130));
  });

  test('are refused with the name of the file when none is whole and the log does not begin early enough', async () => {
    const data = await withSnapshots();
    for (const offset of ['00000000000000000080', '00000000000000000100']) {
      writeFileSync(join(data, `snapshots/${offset}.snapshot_dir/${offset}.snapshot`), '');
    }
    await expect(directories.open(data)).rejects.toThrow(
      /^clog\/\d+\.clog\.log: is the first of the log, but transactions 1 to \d+ are gone: snapshots\/00000000000000000100\.snapshot_dir\/00000000000000000100\.snapshot: does not match its hash \(it has 0 bytes\)$/,
    );
  });

  test('that were not finished are not snapshots', async () => {
    const data = await directories.filled(3);
    const state = numbers(99);
    await writeSnapshot({ data, barriers: noBarriers }, capture(state, 99));
    const finished = join(data, 'snapshots/00000000000000000099.snapshot_dir');
    expect(loadNewest(data).state).toEqual(state);
    renameSync(finished, `${finished}.tmp`);
    expect(loadNewest(data)).toMatchObject({ snapshot: 0, damaged: [] });
  });
});
