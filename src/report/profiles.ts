/**
 * Under which profiles a finding holds, and what follows. A maintainer is not told of a loss that no file system of theirs can
 * cause: what `strict` finds and no real file system's profile shows is a portability warning. Nothing is taken for one unless each
 * of them was tried and showed nothing at all. Pure.
 */
import { enumerate } from './format.ts';
import type { Finding, Results, Tried } from './results.ts';

/** What findings are held against, beside the profile of their run. */
export const realProfiles: readonly string[] = ['ext4', 'xfs', 'btrfs'];

/** Where findings of a run on a real file system were seen. */
export function onRealFileSystem(name: string): string {
  return `real ${name}`;
}

export function isRealFileSystem(profile: string): boolean {
  return profile.startsWith('real ');
}

export function isPortability(profile: string, tried: readonly Tried[]): boolean {
  return (
    profile === 'strict' &&
    realProfiles.every((real) => tried.find((one) => one.profile === real)?.outcome === 'nothing')
  );
}

/** Whether a finding fails its run. */
export function isFailure({ portability }: Pick<Finding, 'portability'>, failOn: Results['failOn']): boolean {
  return failOn === 'strict' || portability !== true;
}

/** `holds under ext4 and xfs`, `not under btrfs`, … : clauses, the first of them always there. */
export function whereItHolds({ profiles, tried }: Pick<Finding, 'profiles' | 'tried'>): readonly string[] {
  const absent = tried
    .filter(({ outcome, detail }) => outcome === 'nothing' && detail === undefined)
    .map(({ profile }) => profile);
  const drawn = tried.filter(({ outcome, detail }) => outcome === 'nothing' && detail !== undefined);
  const [own] = profiles;
  if (own !== undefined && isRealFileSystem(own)) return [`seen on a ${own}`];
  return [
    `holds under ${enumerate(profiles)}`,
    ...(absent.length === 0 ? [] : [`not under ${enumerate(absent)}`]),
    ...grouped(drawn, 'nothing', (one) => one.detail).map(
      ([why, names]) => `nothing under ${enumerate(names)}: ${why}`,
    ),
    ...grouped(tried, 'other', (one) => one.class).map(
      ([kind, names]) => `under ${enumerate(names)} another finding: ${kind}`,
    ),
    ...grouped(tried, 'untried', (one) => one.detail).map(
      ([why, names]) => `not tried under ${enumerate(names)}: ${why}`,
    ),
  ];
}

/** Profiles with this outcome by what is said of them. */
function grouped(
  tried: readonly Tried[],
  wanted: Tried['outcome'],
  said: (one: Tried) => string | undefined,
): readonly (readonly [string, readonly string[]])[] {
  const names = new Map<string, string[]>();
  for (const one of tried) {
    if (one.outcome !== wanted) continue;
    const word = said(one) ?? 'unknown';
    names.set(word, [...(names.get(word) ?? []), one.profile]);
  }
  return [...names];
}
