/**
 * A disk that records, under random programs, barriers, losses and forks: it does what programs are used to, whatever is asked of it
 * its images are whole, and it gives every page back. `POWERCUT_DISK_RUNS=20000` makes it thorough.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Disk, LoggedCut } from '../disk.ts';
import { PageStore } from '../page-store.ts';
import { profiles } from '../profiles/catalogue.ts';
import type { Profile } from '../profiles/profile.ts';
import { sequences, type Command } from '../testing/commands.ts';
import { expectSettled } from '../testing/invariants.ts';
import { Pair } from '../testing/pair.ts';
import type { NumberedSelection } from './chosen-cut.ts';
import type { Refused } from './recorded-cut.ts';

const runs = Number(process.env['POWERCUT_DISK_RUNS'] ?? 60);
const timeoutMs = 60_000 + runs * 500;
const maxPairs = 3;

function play(profile: Profile, commands: readonly Command[], seed: number): void {
  const store = new PageStore(2 ** 26);
  const pairs = [Pair.create(profile, undefined, store, true)];
  let current = pairs[0]!;
  let lastIno = 1;
  for (const command of commands) {
    current.run(command);
    lastIno = Math.max(lastIno, current.model.lastIno);
    if (command.op === 'fork' && pairs.length < maxPairs) pairs.push(current.fork());
    if (command.op === 'switch') current = pairs[command.disk % pairs.length]!;
    if (command.op === 'cut') expectWholeImages(current.disk, lastIno, seed);
  }
  for (const { disk } of pairs) {
    expectWholeImages(disk, lastIno, seed);
    disk.release();
  }
  expect(store.usedBytes, 'pages that nobody gave back').toBe(0);
}

function expectWholeImages(disk: Disk, lastIno: number, seed: number): void {
  const selections: NumberedSelection[] = [
    { kind: 'lose-all' },
    { kind: 'keep-all' },
    { kind: 'prefix', op: seed % (disk.opCount + 1) },
    ...[seed, seed + 1, seed + 2].map((each) => ({ kind: 'random' as const, seed: each })),
  ];
  for (const { persistence } of profiles.values()) {
    // What the two faces know of a cut is what the log says.
    const all = { kind: 'lose-all' } as const;
    expect(shown(disk.cut(persistence, all), lastIno), persistence.name).toEqual(
      shown(disk.cutByLog(persistence, all), lastIno),
    );
    for (const selection of selections) {
      const cut = disk.cut(persistence, selection);
      if ('refused' in cut) {
        expect(selection.kind, cut.refused).toBe('prefix');
        continue;
      }
      expectSettled(cut.image, lastIno);
      const dropped = cut.loss().ops.map(({ number }) => number);
      expect(dropped, 'each op once, in order').toEqual([...new Set(dropped)].sort((a, b) => a - b));
      if (selection.kind === 'keep-all') expect(dropped, persistence.name).toEqual([]);
      cut.image.release();
    }
  }
}

function shown(cut: LoggedCut | Refused, lastIno: number) {
  if ('refused' in cut) throw new Error(cut.refused);
  const { image } = cut;
  const loss = cut.loss();
  const inodes = Array.from({ length: lastIno }, (_, index) => {
    const inode = image.inode(index + 1);
    if (inode === undefined) return undefined;
    const { ino, kind, mode, uid, size, mtime, ctime, nlink, blocks512, links } = inode;
    const bytes = new Uint8Array(kind === 'file' ? size : 0);
    if (kind === 'file') image.readInto(ino, 0, bytes, 0, size);
    const entries = image.entries(ino);
    return {
      ...{ ino, kind, mode, uid, size, mtime, ctime, nlink, blocks512 },
      links: links.map(({ parent, name }) => `${parent}/${name}`).sort(),
      bytes: Buffer.from(bytes).toString('latin1'),
      entries: typeof entries === 'number' ? [] : [...entries].sort(),
      xattrs: image.listXattr(ino).map((name) => [name, image.getXattr(ino, name)]),
      // Of several names any is as good.
      path: links.length > 1 ? '' : image.pathOf(ino),
    };
  });
  image.release();
  return { inodes, loss };
}

test('what is punched into a hole that a truncation left is not dropped where all is kept', () => {
  const commands: readonly Command[] = [
    { op: 'create', at: { dir: 0, name: 'b' } },
    { op: 'write', file: 1, offset: 4096, length: 5000 },
    { op: 'truncate', file: 1, size: 0 },
    { op: 'truncate', file: 1, size: 12_288 },
    { op: 'allocate', file: 1, mode: 3, offset: 8192, length: 100 },
  ];
  for (const profile of profiles.values()) play(profile, commands, 0);
});

test.each([...profiles.values()].filter(({ name }) => name === 'ext4' || name === 'lazyfs'))(
  'a disk with the faces of $name that records',
  { timeout: timeoutMs },
  (profile) => {
    fc.assert(
      fc.property(sequences, fc.nat(1_000_000), (commands, seed) => play(profile, commands, seed)),
      { numRuns: runs },
    );
  },
);
