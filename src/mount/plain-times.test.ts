import { lutimesSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { timestampOf, utimeOf } from './plain-times.ts';

test.each([
  [1_795_661_582, 632_000_000],
  [1_795_661_582, 999_999_000],
  [0, 0],
  [-5, 500_000_000],
  [-2_000_000_000, 0],
])('%i s and %i ns come back from a plain file', (seconds, nanoseconds) => {
  const directory = mkdtempSync(join(tmpdir(), 'powercut-times-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'file');
  writeFileSync(file, '');
  const time = { seconds, nanoseconds };
  lutimesSync(file, utimeOf(time), utimeOf(time));
  const { atimeNs, mtimeNs } = statSync(file, { bigint: true });
  expect([timestampOf(atimeNs), timestampOf(mtimeNs)]).toEqual([time, time]);
});

test('the nanosecond before 1970 is one of the second before', () => {
  expect(timestampOf(-1n)).toEqual({ seconds: -1, nanoseconds: 999_999_999 });
});
