import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testDefaults } from '../run/options.ts';
import { UsageError } from './errors.ts';
import { quote, repeatCommand } from './repeat-command.ts';
import { toTestOptions } from './test-options.ts';
import type { KnownNames, TestFlags } from './test-options.ts';

const known: KnownNames = {
  targets: [
    {
      name: 'sqlite',
      settings: [
        { name: 'journal_mode', values: ['WAL', 'DELETE'], default: 'WAL', about: '' },
        { name: 'synchronous', values: ['OFF', 'NORMAL', 'FULL', 'EXTRA'], default: 'FULL', about: '' },
      ],
      openSettings: false,
      workloads: ['set'],
    },
    { name: 'postgres', settings: [], openSettings: true, workloads: ['set'] },
    { name: 'queue', settings: [], openSettings: false, workloads: ['queue'] },
  ],
  workloads: ['set', 'queue'],
  nemeses: ['power-cut', 'kill'],
  profiles: ['strict', 'ext4', 'lazyfs'],
};

const parse = (words: readonly string[], flags: TestFlags = {}) =>
  toTestOptions(words, flags, known, () => 42);
const sentence = (words: readonly string[], flags: TestFlags = {}): string => {
  try {
    parse(words, flags);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'accepted';
};

describe('the options of a test', () => {
  it('are the documented defaults when nothing is said', () => {
    expect(parse([])).toEqual({ ...testDefaults, seed: 42, command: 'npx powercut test sqlite --seed 42' });
  });

  it('keep a seed that was given, 0 included', () => {
    expect(parse(['sqlite'], { seed: 0 }).seed).toBe(0);
  });

  it('write the values of settings as the target does', () => {
    expect(parse(['sqlite'], { set: { synchronous: 'off' } }).settings).toEqual({ synchronous: 'OFF' });
  });

  it('hand any setting through to a target that takes any', () => {
    expect(parse(['postgres'], { set: { fsync: 'off' } }).settings).toEqual({ fsync: 'off' });
  });

  it('take a name with a slash for a driver, with its arguments and settings as they are', () => {
    const options = parse(['./driver.py', '--fast', 'x'], { set: { anything: 'Goes' } });
    expect(options).toMatchObject({
      target: './driver.py',
      driverArguments: ['--fast', 'x'],
      settings: { anything: 'Goes' },
    });
    expect(options.command).toBe('npx powercut test ./driver.py --set anything=Goes --seed 42 -- --fast x');
  });

  it.each<[string, readonly string[], TestFlags, RegExp]>([
    [
      'target',
      ['sqlit'],
      {},
      /^unknown target `sqlit`: did you mean `sqlite`\? \(known: sqlite, postgres, queue\); .*\.\/sqlit$/,
    ],
    ['workload', [], { workload: 'sets' }, /^unknown workload `sets`: did you mean `set`\?/],
    [
      'nemesis',
      [],
      { nemesis: ['kill', 'power-cot'] },
      /^unknown nemesis `power-cot`: did you mean `power-cut`\?/,
    ],
    ['profile', [], { profile: 'ntfs' }, /^unknown profile `ntfs` \(known: strict, ext4, lazyfs\)$/],
    ['setting', [], { set: { sync: 'OFF' } }, /^unknown setting of sqlite `sync`: .*`synchronous`.*/],
    ['value', [], { set: { synchronous: 'FUL' } }, /^unknown value of sqlite's synchronous `FUL`: .*`FULL`/],
    ['pair of target and workload', ['queue'], {}, /does not run the workload `set` \(it runs: queue\)$/],
    ['arguments of no driver', ['sqlite', 'fast'], {}, /^target `sqlite` takes no arguments, got `fast`/],
  ])('refuse an unknown %s in one sentence', (_what, words, flags, expected) => {
    expect(sentence(words, flags)).toMatch(expected);
  });
});

describe('a real file system', () => {
  it.each<[string, TestFlags]>([
    ['--profile lazyfs', { profile: 'lazyfs' }],
    ['--writes cached', { writes: 'cached' }],
    ['--fail-on strict', { failOn: 'strict' }],
    ['--pin', { pin: ['wal/*'] }],
  ])('excludes %s', (flag, flags) => {
    expect(sentence(['sqlite'], { filesystem: 'ext4', ...flags })).toContain(
      `${flag} and --filesystem ext4 exclude each other: `,
    );
  });

  it('has room for what mkfs puts there, and no more than mkfs can do in time', () => {
    for (const capacity of [100 * 2 ** 20, 2 ** 40])
      expect(sentence(['sqlite'], { filesystem: 'xfs', capacity })).toBe(
        '--capacity: a real xfs has from 300MiB to 64GiB here',
      );
    expect(sentence(['sqlite'], { filesystem: 'xfs', capacity: 2 ** 30 })).toBe('accepted');
  });
});

describe('--fail-on strict', () => {
  it('goes with --profile strict, and no other', () => {
    expect(parse([], { profile: 'strict', failOn: 'strict' }).command).toBe(
      'npx powercut test sqlite --profile strict --fail-on strict --seed 42',
    );
    expect(sentence([], { failOn: 'strict' })).toBe(
      '--fail-on strict goes with --profile strict: a run under ext4 fails by ext4',
    );
  });
});

describe('the command that repeats a run', () => {
  it('says what differs from the defaults, and the seed', () => {
    const options = parse(['sqlite'], {
      set: { synchronous: 'OFF' },
      nemesis: ['power-cut', 'kill'],
      time: 90_000,
      stopSignal: 'SIGTERM',
      pin: ['wal/*'],
      capacity: 2 ** 31,
      memory: 1536 * 2 ** 20,
      cutSetup: true,
      seed: 7,
    });
    expect(options.command).toBe(
      'npx powercut test sqlite --nemesis power-cut,kill --set synchronous=OFF ' +
        "--capacity 2GiB --memory 1536MiB --pin 'wal/*' --time 90s --stop-signal SIGTERM --cut-setup --seed 7",
    );
  });

  it('has the real file system in it', () => {
    expect(parse(['sqlite'], { filesystem: 'xfs', seed: 7 }).command).toBe(
      'npx powercut test sqlite --filesystem xfs --seed 7',
    );
  });

  it('quotes words so that a shell reads them back', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (word) => {
        expect(unquote(quote(word))).toBe(word);
      }),
    );
  });

  it('reads back as the same options, whatever they are', () => {
    const flags = fc.record(
      {
        time: fc.integer({ min: 1, max: 3_600_000 }),
        interval: fc.integer({ min: 1, max: 3_600_000 }),
        concurrency: fc.integer({ min: 1, max: 100 }),
        seed: fc.nat(),
        contract: fc.constantFrom('documented' as const, 'strict' as const),
        profile: fc.constantFrom('strict', 'ext4', 'lazyfs'),
        writes: fc.constantFrom('through' as const, 'cached' as const),
        store: fc.constantFrom('./store', '/var/runs'),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(flags, (given) => {
        const options = parse(['sqlite'], given);
        const words = repeatCommand(options).split(' ').slice(3);
        const { values } = parseArgs({
          args: words.slice(1),
          options: Object.fromEntries(
            ['time', 'interval', 'concurrency', 'seed', 'contract', 'profile', 'writes', 'store'].map(
              (name) => [name, { type: 'string' as const }],
            ),
          ),
        });
        expect(values['seed']).toBe(String(options.seed));
        expect(values['store'] ?? testDefaults.store).toBe(options.store);
        expect(Number(values['concurrency'] ?? testDefaults.concurrency)).toBe(options.concurrency);
        expect(values['profile'] ?? testDefaults.profile).toBe(options.profile);
        expect(values['writes'] ?? testDefaults.writes).toBe(options.writes);
        expect(values['contract'] ?? testDefaults.contract).toBe(options.contract);
      }),
    );
  });
});

/** What a POSIX shell makes of one word. */
function unquote(word: string): string {
  return word.replaceAll(
    /'([^']*)'|\\(.)|([^'\\]+)/gs,
    (_all, quoted?: string, escaped?: string, plain?: string) => quoted ?? escaped ?? plain ?? '',
  );
}
