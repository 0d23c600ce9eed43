import { expect, test } from 'vitest';
import type { Op } from '../disk/op.ts';
import { alsoDropping, harmlessFacts } from './cut-facts.ts';
import { Instants } from './instants.ts';
import { cut, loss, write } from './testing/cuts.ts';
import { scriptedDisk } from './testing/disks.ts';

const own = [write(0, 10), write(10, 10)];

/** A disk on which each profile drops what it is told to. */
function scene(dropped: Readonly<Record<string, readonly Op[]>> = {}) {
  const choices: unknown[] = [];
  const disk = scriptedDisk({
    'cut-image': ({ profile, choice }) => {
      choices.push(choice);
      const ops = dropped[profile];
      if (ops === undefined) throw new Error(`${profile} forbids it`);
      return { ...loss(ops), image: 100 + ops.length };
    },
  });
  return { disk, choices, instants: new Instants(disk, 'strict') };
}

test('of a cut the same choice is kept under each other profile, and under its own', async () => {
  const { disk, choices, instants } = scene({ ext4: own, xfs: [own[0]!], strict: own });
  const choice = { kind: 'random', seed: 3 } as const;
  expect(await instants.keep(cut(own, { image: 4, choice }), 2)).toBeUndefined();
  expect(instants.list).toMatchObject([
    {
      boot: 2,
      fault: { number: 1, ops: [], opCount: 2 },
      own: { profile: 'strict', image: 102 },
      variants: [
        { profile: 'ext4', image: 102 },
        { profile: 'xfs', image: 101 },
        { profile: 'btrfs', refused: 'btrfs forbids it' },
      ],
    },
  ]);
  expect(choices).toEqual([choice, choice, choice, choice]);
  expect(disk.requests).toEqual(['cut-image', 'cut-image', 'cut-image', 'cut-image']);
});

test('an instant is kept once, however much it shows', async () => {
  const { instants } = scene({ ext4: own, xfs: own, btrfs: own });
  for (let count = 0; count < 3; count++) await instants.keep(cut(own, { image: 4 }), 2);
  expect(instants.list).toHaveLength(1);
});

test('why something cannot be tried is said', async () => {
  const { instants } = scene({ ext4: own, xfs: own, btrfs: own });
  const gone = cut(own);
  const second = alsoDropping(cut(own, { image: 5 }), cut(own));
  expect(await instants.keep(undefined, 1)).toMatch(/nothing was taken/);
  expect(await instants.keep(harmlessFacts('kill', 5), 2)).toMatch(/nothing was taken/);
  expect(await instants.keep(gone, 2)).toMatch(/when its cut was over/);
  expect(await instants.keep(second, 2)).toMatch(/came of two cuts/);
  expect(await instants.keep(alsoDropping(cut(own, { image: 5 }), cut([])), 2)).toBeUndefined();
  for (let number = 2; number <= 9; number++) await instants.keep(cut(own, { image: 4, number }), number);
  expect(await instants.keep(cut(own, { image: 4, number: 10 }), 10)).toBe(
    'only the first 8 cuts that showed something are tried',
  );
});
