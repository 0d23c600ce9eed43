import { expect, test } from 'vitest';
import type { FindingClass } from '../checkers/finding.ts';
import type { Finding, Tried } from '../report/results.ts';
import type { Found } from './judge.ts';
import type { Instant, Variant } from './instants.ts';
import { tryOtherProfiles } from './other-profiles.ts';
import { proveAlone } from './proof.ts';
import { cut } from './testing/cuts.ts';

function found(kind: FindingClass): Found {
  return { class: kind, message: `${kind} again`, timeMs: 6_000, evidence: proveAlone('so it was') };
}

function finding(number: number, kind: FindingClass, atCut = 1): Finding {
  return { ...found(kind), number, cut: atCut, profiles: ['strict'], tried: [] };
}

function image(profile: string, number: number, key?: string): Variant {
  return { profile, kind: 'image', image: number, key };
}

function instant(variants: readonly Variant[], number = 1): Instant {
  return { fault: cut([], { number }), boot: number + 1, variants };
}

/** Tries instants; each image shows what its number stands for. */
async function tryAll(
  instants: readonly Instant[],
  findings: readonly Finding[],
  shown: Readonly<Record<number, readonly FindingClass[]>>,
  stopped: () => string | undefined = () => undefined,
) {
  const looked: number[] = [];
  const settled = new Map<number, readonly Tried[]>();
  await tryOtherProfiles(
    {
      instants,
      pendingAt: ({ fault }) => findings.filter((one) => one.cut === fault.number),
      settle(one, tried) {
        settled.set(one.number, tried);
        return { ...one, tried };
      },
    },
    {
      async look(_instant, variant) {
        looked.push(variant.image);
        const classes = shown[variant.image];
        if (classes === undefined) throw new Error(`image ${variant.image} could not be booted`);
        return { found: classes.map(found), notes: [] };
      },
      stopped,
      onPhase: () => undefined,
      onTried: () => undefined,
    },
  );
  return { looked, settled };
}

test('a finding holds where the image shows one of its class; another one, and none, are told apart', async () => {
  const variants = [image('ext4', 1), image('xfs', 2), image('btrfs', 3)];
  const shown = { 1: ['lost-write', 'torn'], 2: ['corruption'], 3: [] } as const;
  const { settled } = await tryAll(
    [instant(variants)],
    [finding(1, 'lost-write'), finding(2, 'torn')],
    shown,
  );
  const expected = [
    { profile: 'ext4', outcome: 'same' },
    { profile: 'xfs', outcome: 'other', detail: 'corruption: corruption again' },
    { profile: 'btrfs', outcome: 'nothing' },
  ];
  expect([settled.get(1), settled.get(2)]).toEqual([expected, expected]);
});

test('one image is looked at once, and that of the run itself not at all', async () => {
  const variants: Variant[] = [
    image('ext4', 1, 'a'),
    { profile: 'xfs', kind: 'own' },
    image('btrfs', 2, 'a'),
  ];
  const { looked, settled } = await tryAll([instant(variants)], [finding(1, 'hang')], { 1: [] });
  expect(looked).toEqual([1]);
  expect(settled.get(1)!.map(({ outcome }) => outcome)).toEqual(['nothing', 'same', 'nothing']);
});

test('what is refused, fails or comes too late is not tried, and the rest is', async () => {
  const variants: Variant[] = [
    { profile: 'ext4', kind: 'refused', why: 'ext4 forbids it' },
    image('xfs', 7),
    image('btrfs', 2),
  ];
  const instants = [instant(variants), instant([image('ext4', 3)], 2)];
  let left = 2;
  const { settled } = await tryAll(
    instants,
    [finding(1, 'torn'), finding(2, 'torn', 2)],
    { 2: ['torn'], 3: ['torn'] },
    () => (left-- > 0 ? undefined : 'time is up'),
  );
  expect(settled.get(1)).toEqual([
    { profile: 'ext4', outcome: 'untried', detail: 'ext4 forbids it' },
    { profile: 'xfs', outcome: 'untried', detail: 'image 7 could not be booted' },
    { profile: 'btrfs', outcome: 'same' },
  ]);
  expect(settled.get(2)).toEqual([{ profile: 'ext4', outcome: 'untried', detail: 'time is up' }]);
});
