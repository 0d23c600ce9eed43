import { expect, test } from 'vitest';
import { proveFailure, proveViolation } from './proof.ts';
import { cut, violation, write } from './testing/cuts.ts';

const fileSystem = {
  name: 'ext4',
  mountOptions: 'nodiscard',
  check: 'e2fsck -f -n',
  clean: true,
  lines: [],
};
const blockWrite = write(8192, 4096, { path: 'the block device', pid: 0, timeMs: 4_000 });

test('what was in a dropped block write is said to have been there', () => {
  const fault = cut([blockWrite], { sizeBytes: 4096, fileSystem });
  const trace = { needle: '7', path: 'the block device', offset: 8200, op: blockWrite };
  const { sentences, diskOps, rule } = proveViolation(violation(), fault, [trace]);
  expect(sentences[0]).toMatch(
    /is gone: it was in a block write \(bytes 8192–12287 of the device\) at 4\.000 s/,
  );
  expect(sentences[1]).toMatch(
    /took what the kernel held in memory; 1 block write \(4\.0 KiB\) that ext4 had not flushed/,
  );
  expect(sentences[2]).toMatch(/ext4's own recovery left, which e2fsck -f -n finds clean/);
  expect(diskOps).toEqual([blockWrite]);
  expect(rule).toBe('the rule for data');
});

test('what was in none of them is not said to have been dropped by the disk', () => {
  const { sentences, diskOps } = proveViolation(violation(), cut([], { fileSystem }), []);
  expect(sentences[0]).toMatch(
    /no block write that the cut dropped holds it: the kernel had it in memory only, or/,
  );
  expect(sentences[1]).toMatch(/ext4 had flushed each of its block writes/);
  expect(diskOps).toEqual([]);
});

const wal = {
  path: 'db-wal',
  change: 'differs',
  sizeBytes: 4096,
  ranges: [{ offset: 0, length: 4096 }],
} as const;

test('what programs saw in a file is told by that file, and whether it was on its way to the device', () => {
  const inFile = { needle: '7', path: 'db-wal', offset: 100 };
  const inWrite = { needle: '7', path: 'the block device', offset: 8200, op: blockWrite };
  const fault = cut([blockWrite], { fileSystem: { ...fileSystem, taken: [wal] } });
  const [first, onItsWay] = proveViolation(violation(), fault, [inFile, inWrite]).sentences;
  expect(first).toMatch(/it was in `db-wal` at byte 100, which programs saw and ext4 had not made durable/);
  expect(onItsWay).toMatch(/on its way in a block write \(bytes 8192–12287 of the device\)/);
  const [, never] = proveViolation(violation(), fault, [inFile]).sentences;
  expect(never).toMatch(/the kernel had it in memory only/);
});

test('what was not searched, as for an image that is booted again, is not said to have been nowhere', () => {
  const fault = cut([blockWrite], { fileSystem: { ...fileSystem, taken: [wal] } });
  const { sentences } = proveViolation(violation(), fault, undefined);
  expect(sentences[0]).toMatch(/is gone$/);
  expect(sentences.join()).not.toMatch(/held it|holds it/);
  expect(sentences.join()).toMatch(/of what programs saw, `db-wal` differs \(4\.0 KiB\)/);
});

test('what was in no file at all is said to have been in none', () => {
  const { sentences } = proveViolation(
    violation(),
    cut([], { fileSystem: { ...fileSystem, taken: [wal] } }),
    [],
  );
  expect(sentences[0]).toMatch(/no file that the cut changed held it/);
  expect(sentences.join()).toMatch(/of what programs saw, `db-wal` differs \(4\.0 KiB\)/);
});

test('what the checker of the file system has against it stands in the proof', () => {
  const unclean = { ...fileSystem, clean: false, lines: ['Inode 12 has a bad size'] };
  const { sentences } = proveFailure(cut([blockWrite], { fileSystem: unclean }), [], []);
  expect(sentences.at(-1)).toMatch(/of which e2fsck -f -n says: Inode 12 has a bad size/);
});
