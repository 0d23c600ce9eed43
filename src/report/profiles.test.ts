import { describe, expect, test } from 'vitest';
import { isFailure, isPortability, whereItHolds } from './profiles.ts';
import type { Tried } from './results.ts';

const all = (outcome: Tried['outcome'], others: readonly Tried[] = []): Tried[] => [
  ...['ext4', 'xfs', 'btrfs']
    .filter((profile) => !others.some((other) => other.profile === profile))
    .map((profile): Tried => ({ profile, outcome })),
  ...others,
];

describe('a portability warning is what strict finds and every real file system was tried for, and showed nothing', () => {
  test.each<[string, string, readonly Tried[], boolean]>([
    ['nothing anywhere', 'strict', all('nothing'), true],
    ['the same on one of them', 'strict', all('nothing', [{ profile: 'btrfs', outcome: 'same' }]), false],
    [
      'another broken promise on one',
      'strict',
      all('nothing', [{ profile: 'xfs', outcome: 'other' }]),
      false,
    ],
    ['one that was not tried', 'strict', all('nothing', [{ profile: 'ext4', outcome: 'untried' }]), false],
    ['none tried at all', 'strict', [], false],
    ['nothing elsewhere, in a run under ext4', 'ext4', all('nothing'), false],
  ])('%s', (_, profile, tried, expected) => {
    expect(isPortability(profile, tried)).toBe(expected);
  });

  test('and it fails a run only where that is asked for', () => {
    expect(isFailure({ portability: true }, 'real')).toBe(false);
    expect(isFailure({ portability: true }, 'strict')).toBe(true);
    expect(isFailure({}, 'real')).toBe(true);
  });
});

test('where a finding holds is told with what was seen instead, and each reason why it was not tried once', () => {
  const tried: Tried[] = [
    { profile: 'ext4', outcome: 'same' },
    { profile: 'xfs', outcome: 'nothing' },
    { profile: 'btrfs', outcome: 'other', class: 'torn', detail: '1 add is half there' },
  ];
  expect(whereItHolds({ profiles: ['strict', 'ext4'], tried })).toEqual([
    'holds under strict and ext4',
    'not under xfs',
    'under btrfs another finding: torn',
  ]);
  const drawn = all('nothing').map((one) => ({ ...one, detail: 'each draws its own' }));
  expect(whereItHolds({ profiles: ['strict'], tried: drawn })).toEqual([
    'holds under strict',
    'nothing under ext4, xfs and btrfs: each draws its own',
  ]);
  const untried = all('untried').map((one) => ({ ...one, detail: 'the disk is gone' }));
  expect(whereItHolds({ profiles: ['strict'], tried: untried })).toEqual([
    'holds under strict',
    'not tried under ext4, xfs and btrfs: the disk is gone',
  ]);
});
