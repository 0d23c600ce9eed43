/** Under which profiles findings hold, what that makes of a verdict, and what cuts keep. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { powercut, scratch } from '../cli/support/powercut.ts';
import { classesOf, explain, testDriver, wordsFor, type Outcome } from './support/runs.ts';

function triedOf({ results }: Outcome): readonly string[] {
  return results.findings.flatMap(({ tried }) =>
    tried.map(({ profile, outcome }) => `${profile} ${outcome}`),
  );
}

describe('a name that is never synced, under `strict`', () => {
  it('is a portability warning: every real file system keeps it with the fsync of its file', async () => {
    const outcome = await testDriver('nameless', ['--profile', 'strict']);
    expect([outcome.code, outcome.results.valid], explain(outcome)).toEqual([0, true]);
    expect(new Set(classesOf(outcome))).toEqual(new Set(['lost-write']));
    expect(new Set(triedOf(outcome)), explain(outcome)).toEqual(
      new Set(['ext4 nothing', 'xfs nothing', 'btrfs nothing']),
    );
    for (const { portability, profiles } of outcome.results.findings)
      expect({ portability, profiles }).toEqual({ portability: true, profiles: ['strict'] });
    const analysis = await powercut(['analyze', outcome.results.store]);
    expect([analysis.code, analysis.stderr]).toEqual([0, '']);
    expect(analysis.stdout).toMatch(/VALID .*with \d+\s+portability\s+warnings?/s);
  });

  it('fails the run where it is asked to', async () => {
    const outcome = await testDriver('nameless', [
      '--profile',
      'strict',
      '--fail-on',
      'strict',
      '--time',
      '1s',
    ]);
    expect([outcome.code, outcome.results.valid], explain(outcome)).toEqual([1, false]);
    expect(outcome.results.findings[0]?.portability).toBe(true);
  });

  it('is nothing at all under `ext4`', async () => {
    const outcome = await testDriver('nameless', ['--profile', 'ext4']);
    expect([outcome.code, classesOf(outcome)], explain(outcome)).toEqual([0, []]);
  });
});

it('data that is never synced is lost under every profile', async () => {
  const outcome = await testDriver('careless', ['--profile', 'strict', '--time', '1s']);
  expect([outcome.code, outcome.results.valid], explain(outcome)).toEqual([1, false]);
  expect(outcome.results.findings[0]?.profiles).toEqual(['strict', 'ext4', 'xfs', 'btrfs']);
});

describe('a cut that keeps', () => {
  const seeds = ({ history }: Outcome) =>
    history.filter(({ f }) => f === 'cut').map(({ value }) => (value as { readonly image: string }).image);

  it('a random image draws it from the seed of the run', async () => {
    const words = ['--image', 'random', '--seed', '7', '--profile', 'strict'];
    const [first, again] = [await testDriver('careless', words), await testDriver('careless', words)];
    expect(seeds(first)[0]).toMatch(/^random:\d+$/);
    expect(seeds(again).slice(0, 2)).toEqual(seeds(first).slice(0, 2));
  });

  it('everything is a control, and no pass', async () => {
    const outcome = await testDriver('careless', ['--image', 'keep-all', '--time', '1s']);
    expect([outcome.code, classesOf(outcome)], explain(outcome)).toEqual([2, []]);
    expect(outcome.results.unknown).toMatch(/every cut kept everything/);
  });

  it('what no image can is refused with the rule, and the run ends', async () => {
    const words = wordsFor('careless', join(scratch(), 'store'), ['--image', 'drop:1']);
    const ran = await powercut([...words, '--json']);
    expect([ran.code, ran.stdout]).toEqual([254, '']);
    expect(ran.stderr).toMatch(/--image drop:1 is refused: /);
  });
});
