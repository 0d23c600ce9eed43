import { describe, expect, test } from 'vitest';
import { UsageError } from '../targets/usage-error.ts';
import { testDefaults } from './options.ts';
import { findJudges, makePlan } from './plan.ts';

describe('a plan', () => {
  test('has everything that the options name, with the settings filled in', () => {
    const options = { ...testDefaults, settings: { synchronous: 'off' }, nemesis: ['kill', 'power-cut'] };
    const { target, settings, workload, nemeses } = makePlan(options);
    expect(target.name).toBe('sqlite');
    expect(settings).toMatchObject({ synchronous: 'OFF', journal_mode: 'WAL' });
    expect(workload.name).toBe('set');
    expect(nemeses.map(({ name }) => name)).toEqual(['kill', 'power-cut']);
  });

  test.each([
    [{ target: 'oracle' }, /unknown target `oracle` \(known: sqlite, /],
    [{ target: '/no/such/driver' }, /there is no driver \/no\/such\/driver/],
    [{ settings: { speed: '9' } }, /unknown setting of sqlite `speed`/],
    [{ workload: 'bank' }, /unknown workload `bank` \(known: /],
    [{ nemesis: ['power-cut', 'flood'] }, /unknown nemesis `flood` \(known: power-cut, /],
    [{ nemesis: [] }, /a run needs a nemesis/],
    [
      { nemesis: ['kill'], image: 'random' as const },
      /--image says what a power cut keeps, and `kill` cuts no/,
    ],
    [{ nemesis: ['lose-unsynced'], image: 'random' as const }, /`lose-unsynced` cuts no power \(power-cut, /],
    [{ profile: 'ntfs' }, /unknown profile `ntfs` \(known: strict, /],
  ])('for %o says what is wrong in a sentence', (wrong, sentence) => {
    expect(() => makePlan({ ...testDefaults, ...wrong })).toThrow(sentence);
    expect(() => makePlan({ ...testDefaults, ...wrong })).toThrow(UsageError);
  });
});

test('a stored run is judged without its target', () => {
  expect(findJudges({ workload: 'set', nemesis: ['kill'] }).workload.name).toBe('set');
});
