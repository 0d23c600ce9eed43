import { appendFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { recover } from './recovery.ts';
import { headerBytes } from './record.ts';
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

/** The newest segment with commits. */
function lastOf(data: string): string {
  return segmentFiles(data).findLast((path) => statSync(path).size > headerBytes)!;
}

describe('a log whose end was torn', () => {
  test('is recovered up to the last transaction that is whole, wherever it was torn', async () => {
    const data = await directories.filled(4);
    const [path] = segmentFiles(data);
    const bytes = readFileSync(path!);
    const counts = new Set<number>();
    for (let length = bytes.length; length >= 0; length--) {
      truncateSync(path!, length);
      const { offset, state } = recover(data);
      expect(state, `${length} bytes`).toEqual(numbers(offset));
      counts.add(offset);
    }
    expect([...counts]).toEqual([4, 3, 2, 1, 0]);
  });

  test.each([
    ['NULs', Buffer.alloc(5000)],
    ['garbage', Buffer.from('garbage '.repeat(700))],
  ])('by %s is cut off, and goes on behind it', async (_, tail) => {
    const data = await directories.filled(3);
    const path = lastOf(data);
    const whole = readFileSync(path);
    appendFileSync(path, tail);
    const database = await directories.open(data);
    expect(readFileSync(path)).toEqual(whole);
    await putMany(database, 4, 5);
    const again = await directories.open(directories.killed(data));
    expect(await everything(again)).toEqual(numbers(5));
    expect(await again.verify()).toEqual([]);
  });

  test('loses nothing that is whole behind a newer segment that has no commit, or no header', async () => {
    for (const size of [0, 7, headerBytes]) {
      const data = await directories.filled(3);
      const first = await directories.open(data);
      await first.close();
      const newest = segmentFiles(data).at(-1)!;
      expect(basename(newest)).toBe('00000000000000000004.clog.log');
      truncateSync(newest, size);
      const database = await directories.open(data);
      await putMany(database, 4, 4);
      expect(await everything(await directories.open(directories.killed(data)))).toEqual(numbers(4));
    }
  });
});

describe('a log that lost what was promised is refused with the name of the file', () => {
  test('when it is damaged and a later segment exists', async () => {
    const data = await directories.filled(40, { segment_size_bytes: 300 });
    const [, second] = segmentFiles(data);
    const bytes = readFileSync(second!);
    bytes[headerBytes + 20]! ^= 1;
    writeFileSync(second!, bytes);
    expect(() => recover(data)).toThrow(`clog/${basename(second!)}: is damaged at byte ${headerBytes}`);
    writeFileSync(second!, '');
    expect(() => recover(data)).toThrow(
      `clog/${basename(second!)}: its header is not whole (it has 0 bytes)`,
    );
  });

  test('when a segment is missing between others, or at the beginning', async () => {
    const data = await directories.filled(40, { segment_size_bytes: 300 });
    const [first, second, third] = segmentFiles(data).map((path) => basename(path));
    rmSync(`${data}/clog/${second!}`);
    expect(() => recover(data)).toThrow(`clog/${third!}: does not follow on what is before it`);
    rmSync(`${data}/clog/${first!}`);
    expect(() => recover(data)).toThrow(
      /is the first of the log, but transactions 1 to \d+ are gone: snapshots\/ has/,
    );
  });

  test('and nothing of what was found is changed', async () => {
    const data = await directories.filled(40, { segment_size_bytes: 300 });
    writeFileSync(segmentFiles(data)[1]!, '');
    const before = segmentFiles(data, '').map((path) => readFileSync(path));
    await expect(directories.open(data)).rejects.toThrow('its header is not whole');
    expect(segmentFiles(data, '').map((path) => readFileSync(path))).toEqual(before);
  });
});

describe('the offset index', () => {
  /** With a snapshot in the middle, so that the index is asked where to go on. */
  async function indexed(): Promise<string> {
    const data = directories.fresh();
    const database = await directories.open(data, { snapshot_interval: 300 });
    const filler = 'x'.repeat(200);
    for (let number = 1; number <= 500; number++)
      await database.transact([['put', `key${number}`, filler]], true);
    await database.verify();
    await database.close();
    return data;
  }

  test('is not needed, and not believed where the log does not agree', async () => {
    const data = await indexed();
    const { state, offset } = recover(data);
    expect([state.size, offset]).toEqual([500, 500]);
    const [index] = segmentFiles(data, '.clog.ofs');
    const bytes = readFileSync(index!);
    expect(bytes.length).toBeGreaterThan(32);
    const wrong = Buffer.from(bytes);
    for (let entry = 0; entry < wrong.length; entry += 16)
      wrong.writeBigUInt64LE(BigInt(entry + 40), entry + 8);
    for (const content of [Buffer.alloc(0), bytes.subarray(0, 23), Buffer.alloc(bytes.length), wrong]) {
      writeFileSync(index!, content);
      expect(recover(data).state).toEqual(state);
    }
    rmSync(index!);
    expect(recover(data).state).toEqual(state);
  });

  test('saves reading what a snapshot holds', async () => {
    const data = await indexed();
    const [log] = segmentFiles(data);
    const bytes = readFileSync(log!);
    // Damage in what need not be read is not seen.
    bytes[headerBytes + 1]! ^= 1;
    writeFileSync(log!, bytes);
    expect(recover(data).offset).toBe(500);
  });
});
