import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FindingClass } from '../checkers/finding.ts';
import { harmlessFacts } from './cut-facts.ts';
import { FindingBook, untried, type StoredFinding } from './finding-book.ts';
import { proveAlone } from './proof.ts';
import { readJson, storeAt } from './store.ts';
import { cut, loss, write } from './testing/cuts.ts';
import { scriptedDisk } from './testing/disks.ts';

let directory: string;
const told: string[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'powercut-book-'));
  told.length = 0;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

type Export = (directory: string) => { files: number; note?: string };

function makeBook(onExport: Export = () => ({ files: 1 })) {
  const disk = scriptedDisk({
    'cut-image': ({ profile }) => ({ ...loss([write(0, 1)]), image: profile === 'xfs' ? 8 : 9 }),
    'export-image': ({ directory: to }) => {
      mkdirSync(to);
      return onExport(to);
    },
  });
  const book = new FindingBook(storeAt(directory), disk, 'strict', ({ message }) => told.push(message));
  return { book, disk };
}

function found(kind: FindingClass = 'lost-write', message = 'gone') {
  return { class: kind, message, timeMs: 6_000, evidence: proveAlone('so it was') };
}

const stored = (number: number) =>
  readJson<StoredFinding>(join(directory, 'findings', String(number), 'finding.json'));

test('a finding is numbered, told, and written down with its fault, its boot and its image', async () => {
  const { book } = makeBook();
  const fault = cut([write(0, 10)], { image: 4 });
  await book.add(found(), { boot: 2, fault, violation: 'lost-write|2|12' });
  expect(book.findings).toEqual([
    {
      ...found(),
      number: 1,
      cut: 1,
      profiles: ['strict'],
      tried: untried(['ext4', 'xfs', 'btrfs'], 'the run did not come to it'),
      image: 'findings/1/image',
    },
  ]);
  expect(told).toEqual(['gone']);
  const { image: _, ...kept } = fault;
  expect(stored(1)).toEqual({ ...book.findings[0], boot: 2, violation: 'lost-write|2|12', fault: kept });
  expect(existsSync(join(directory, 'findings/1/image'))).toBe(true);
});

test('the first three of a class keep their image', async () => {
  const { book, disk } = makeBook();
  const fault = cut([write(0, 10)], { image: 1 });
  for (let count = 0; count < 5; count++) await book.add(found(), { boot: 2, fault });
  await book.add(found('hang'), { boot: 2, fault });
  const kept = book.findings.map(({ image }) => image !== undefined);
  expect(kept).toEqual([true, true, true, false, false, true]);
  expect(disk.requests.filter((request) => request === 'export-image')).toHaveLength(4);
});

test('what no cut showed has no image and cut 0', async () => {
  const { book, disk } = makeBook();
  await book.add(found('hang'), { boot: 1 });
  await book.add(found(), { boot: 2, fault: harmlessFacts('kill', 5_000) });
  expect(book.findings.map((finding) => finding.cut)).toEqual([0, 0]);
  expect(disk.requests).toEqual([]);
  const nothingTaken = untried(['ext4', 'xfs', 'btrfs'], 'nothing was taken from the disk');
  expect(book.findings.map(({ tried }) => tried)).toEqual([nothingTaken, nothingTaken]);
});

test('where else a finding holds is written down when it has been tried', async () => {
  const { book } = makeBook();
  await book.add(found(), { boot: 2, fault: cut([write(0, 10)], { image: 4 }) });
  await book.add(found('hang'), { boot: 2 });
  const [instant] = book.instants;
  expect(book.pendingAt(instant!).map(({ number }) => number)).toEqual([1]);
  const tried = (outcome: 'same' | 'nothing') =>
    ['ext4', 'xfs', 'btrfs'].map((profile) => ({ profile, outcome }));
  book.settle(book.findings[0]!, [{ profile: 'ext4', outcome: 'same' }]);
  expect(book.findings[0]).toMatchObject({ profiles: ['strict', 'ext4'] });
  expect(stored(1)).toMatchObject({ boot: 2, fault: { number: 1 }, profiles: ['strict', 'ext4'] });
  expect(book.settle(book.findings[0]!, tried('nothing'))).toMatchObject({ portability: true });
  expect(stored(1)).toMatchObject({ profiles: ['strict'], portability: true });
});

test('of an image that was drawn, what other profiles draw proves nothing: it is no portability warning', async () => {
  const { book } = makeBook();
  const drawn = cut([write(0, 10)], { image: 4, choice: { kind: 'random', seed: 7 } });
  await book.add(found(), { boot: 2, fault: drawn });
  const nothing = ['ext4', 'xfs', 'btrfs'].map((profile) => ({ profile, outcome: 'nothing' as const }));
  const settled = book.settle(book.findings[0]!, nothing);
  expect(settled).toMatchObject({ profiles: ['strict'], tried: nothing });
  expect(settled.tried[0]?.detail).toMatch(/another one may show it/);
  expect(settled.portability).toBeUndefined();
});

test('a fault is written down with the newest of its ops', async () => {
  const { book } = makeBook();
  const ops = Array.from({ length: 2_500 }, (_, index) => write(index, 1));
  await book.add(found(), { boot: 2, fault: cut(ops) });
  const { fault } = stored(1);
  expect([fault?.ops.length, fault?.opCount]).toEqual([2_000, 2_500]);
  expect(fault?.ops.at(-1)?.offset).toBe(2_499);
});

test('there is an end to findings, and it is noted', async () => {
  const book = new FindingBook(
    { findingDirectory: () => directory },
    scriptedDisk({}),
    'strict',
    () => undefined,
  );
  for (let count = 0; count < 1_002; count++) await book.add(found(), { boot: 1 });
  expect(book.findings).toHaveLength(1_000);
  expect([...book.notes]).toEqual(['only the first 1000 findings were written down']);
});

test('what an image could not take is noted', async () => {
  const { book } = makeBook(() => ({ files: 1, note: 'sockets were left out' }));
  await book.add(found(), { boot: 2, fault: cut([], { image: 1 }) });
  expect([...book.notes]).toEqual([
    'the crash images that were kept are not complete: sockets were left out',
  ]);
});

test('an image that does not fit on the computer is an error, and no half of it stays', async () => {
  const { book } = makeBook((to) => {
    throw new Error(`cannot write the image to ${to}: ENOSPC: no space left on device, write`);
  });
  const adding = book.add(found(), { boot: 2, fault: cut([], { image: 1 }) });
  await expect(adding).rejects.toThrow(
    /^the disk of this computer is full: cannot write the image to .*; free some space there \(--store puts the store elsewhere\)$/,
  );
  expect(existsSync(join(directory, 'findings/1/image'))).toBe(false);
  expect(book.findings).toEqual([]);
});
