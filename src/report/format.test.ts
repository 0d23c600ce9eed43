import { expect, test } from 'vitest';
import {
  enumerate,
  formatDuration,
  formatInstant,
  formatOpDetail,
  formatProcess,
  formatRange,
  formatRanges,
  formatSize,
  plural,
} from './format.ts';

test.each([
  [0, '0 B'],
  [1_023, '1,023 B'],
  [4_096, '4.0 KiB'],
  [532_480, '520 KiB'],
  [1_048_575, '1.0 MiB'],
  [5 * 2 ** 40, '5.0 TiB'],
])('a size of %d bytes is %s', (sizeBytes, text) => {
  expect(formatSize(sizeBytes)).toBe(text);
});

test.each([
  [0.314, '0.31 ms'],
  [2.94, '2.9 ms'],
  [212.4, '212 ms'],
  [999.7, '1.0 s'],
  [5_000, '5.0 s'],
  [59_990, '1 min 0 s'],
  [125_000, '2 min 5 s'],
  [3_599_900, '1 h 0 min'],
  [3_780_000, '1 h 3 min'],
])('%d ms last %s', (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});

test('an instant is in seconds since the run began', () => {
  expect(formatInstant(12_290.3)).toBe('12.29 s');
});

test('a range names its first and its last byte', () => {
  expect(formatRange({ offset: 8_192, length: 4_096 })).toBe('8192–12287');
  expect(formatRange({ offset: 7, length: 1 })).toBe('7');
  const ranges = [0, 10, 20, 30, 40].map((offset) => ({ offset, length: 2 }));
  expect(formatRanges(ranges, 2)).toBe('0–1, 10–11 and 3 more');
});

test('a process is its name and number; the kernel has none', () => {
  expect(formatProcess(88, 'postgres')).toBe('postgres[88]');
  expect(formatProcess(88, undefined)).toBe('pid 88');
  expect(formatProcess(0, 'postgres')).toBe('kernel write-back');
});

test('an op says what it changed', () => {
  const op = { number: 1, timeMs: 0, pid: 1, ino: 2, path: 'a' } as const;
  expect(formatOpDetail({ ...op, kind: 'write', offset: 0, length: 512 })).toBe('bytes 0–511');
  expect(formatOpDetail({ ...op, kind: 'truncate', offset: 4_096, length: 0 })).toBe('to 4,096 bytes');
  expect(formatOpDetail({ ...op, kind: 'rename', toPath: 'b' })).toBe('→ b');
  expect(formatOpDetail({ ...op, kind: 'unlink' })).toBe('');
});

test('words', () => {
  expect(plural(1, 'cut')).toBe('1 cut');
  expect(plural(1_200, 'cut')).toBe('1,200 cuts');
  expect(enumerate(['a', 'b', 'c'])).toBe('a, b and c');
});
