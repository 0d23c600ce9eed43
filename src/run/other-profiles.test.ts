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

/** The run itself went on from image 0. */
function instant(variants: readonly Variant[], number = 1): Instant {
  return { fault: cut([], { number }), boot: number + 1, own: { profile: 'strict', image: 0 }, variants };
}

/** Tries instants; each image shows what its number stands for. Images hold what `holding` says, or what nobody knows. */
async function tryAll(
  instants: readonly Instant[],
  findings: readonly Finding[],
  shown: Readonly<Record<number, readonly FindingClass[]>>,
  more: {
    readonly stopped?: () => string | undefined;
    readonly holding?: Readonly<Record<number, string>>;
  } = {},
) {
  const { stopped = () => undefined, holding = {} } = more;
  const looked: number[] = [];
  const removed: number[] = [];
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
      async ready(_instant, _profile, image) {
        return {
          hash: holding[image],
          async look() {
            looked.push(image);
            const classes = shown[image];
            if (classes === undefined) throw new Error(`image ${image} could not be booted`);
            return { found: classes.map(found), notes: [] };
          },
          remove: async () => void removed.push(image),
        };
      },
      stopped,
      onPhase: () => undefined,
      onTried: () => undefined,
    },
  );
  return { looked, removed, settled };
}

test('a finding holds where the image shows one of its class; another one, and none, are told apart', async () => {
  const variants = [
    { profile: 'ext4', image: 1 },
    { profile: 'xfs', image: 2 },
    { profile: 'btrfs', image: 3 },
  ];
  const shown = { 1: ['lost-write', 'torn'], 2: ['corruption'], 3: [] } as const;
  const { settled } = await tryAll(
    [instant(variants)],
    [finding(1, 'lost-write'), finding(2, 'torn')],
    shown,
  );
  const expected = [
    { profile: 'ext4', outcome: 'same' },
    { profile: 'xfs', outcome: 'other', class: 'corruption', detail: 'corruption again' },
    { profile: 'btrfs', outcome: 'nothing' },
  ];
  expect([settled.get(1), settled.get(2)]).toEqual([expected, expected]);
});

test('images that hold the same are looked at once, and what the run itself went on from not at all', async () => {
  const variants = ['ext4', 'xfs', 'btrfs'].map((profile, index) => ({ profile, image: index + 1 }));
  const { looked, removed, settled } = await tryAll(
    [instant(variants)],
    [finding(1, 'hang')],
    { 1: [], 3: [] },
    { holding: { 0: 'own', 1: 'other', 2: 'own', 3: 'other' } },
  );
  expect(looked).toEqual([1]);
  expect(removed).toEqual([0, 1, 2, 3]);
  expect(settled.get(1)!.map(({ outcome }) => outcome)).toEqual(['nothing', 'same', 'nothing']);
});

test('images of which nobody knows what they hold are all looked at', async () => {
  const variants = [1, 2].map((image) => ({ profile: `p${image}`, image }));
  const { looked } = await tryAll([instant(variants)], [finding(1, 'hang')], { 1: [], 2: [] });
  expect(looked).toEqual([1, 2]);
});

test('what is refused, fails or comes too late is not tried, and the rest is', async () => {
  const variants: Variant[] = [
    { profile: 'ext4', refused: 'ext4 forbids it' },
    { profile: 'xfs', image: 7 },
    { profile: 'btrfs', image: 2 },
  ];
  const instants = [instant(variants), instant([{ profile: 'ext4', image: 3 }], 2)];
  let left = 3;
  const { settled } = await tryAll(
    instants,
    [finding(1, 'torn'), finding(2, 'torn', 2)],
    { 2: ['torn'], 3: ['torn'] },
    { stopped: () => (left-- > 0 ? undefined : 'time is up') },
  );
  expect(settled.get(1)).toEqual([
    { profile: 'ext4', outcome: 'untried', detail: 'ext4 forbids it' },
    { profile: 'xfs', outcome: 'untried', detail: 'image 7 could not be booted' },
    { profile: 'btrfs', outcome: 'same' },
  ]);
  expect(settled.get(2)).toEqual([{ profile: 'ext4', outcome: 'untried', detail: 'time is up' }]);
});
