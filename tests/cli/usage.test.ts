/** Wrong command lines: one sentence on stderr that says what is wrong and what would be right, code 254, nothing done. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { powercut, scratch, sentenceOf } from './support/powercut.ts';

describe('a wrong command line', () => {
  it.each<[string, string[], RegExp]>([
    ['target', ['test', 'sqlit'], /^unknown target `sqlit`: did you mean `sqlite`\? \(known: .*postgres.*\)/],
    [
      'driver that is not there',
      ['test', './no-such-driver'],
      /^there is no driver \.\/no-such-driver: name an executable file/,
    ],
    ['workload', ['test', '--workload', 'sets'], /^unknown workload `sets`: did you mean `set`\?/],
    [
      'nemesis',
      ['test', '--nemesis', 'power-cot'],
      /^unknown nemesis `power-cot`: did you mean `power-cut`\?/,
    ],
    [
      'nemesis among good ones',
      ['test', '--nemesis', 'kill,quake'],
      /^unknown nemesis `quake` \(known: .*kill/,
    ],
    ['profile', ['test', '--profile', 'strikt'], /^unknown profile `strikt`: did you mean `strict`\?/],
    ['profile of run', ['run', '--profile', 'strikt', '--', 'true'], /^unknown profile `strikt`/],
    ['profile of mount', ['mount', '--profile', 'strikt', '/mnt'], /^unknown profile `strikt`/],
    [
      'contract',
      ['test', '--contract', 'stric'],
      /^unknown value of --contract `stric`: did you mean `strict`\?/,
    ],
    ['signal', ['test', '--stop-signal', 'SIGHUP'], /^unknown value of --stop-signal `SIGHUP`/],
    ['setting', ['test', 'sqlite', '--set', 'sync=OFF'], /^unknown setting of sqlite `sync`.*synchronous/],
    [
      'value',
      ['test', 'sqlite', '--set', 'synchronous=OF'],
      /^unknown value of sqlite's synchronous `OF`.*`OFF`/,
    ],
    [
      'form of a setting',
      ['test', 'sqlite', '--set', 'synchronous'],
      /^--set: `synchronous` is not name=value/,
    ],
    ['duration', ['test', '--time', '20'], /^--time: `20` is not a duration; write 500ms, 20s, 2m or 1h/],
    ['interval', ['test', '--interval', '0s'], /^--interval: `0s` is no time at all/],
    ['grace', ['test', '--stop-grace', 'soon'], /^--stop-grace: `soon` is not a duration/],
    ['concurrency', ['test', '--concurrency', '0'], /^--concurrency: `0` is not a whole number from 1 to/],
    ['seed', ['test', '--seed', '-1'], /^--seed: `-1` is not a whole number from 0 to/],
    ['size', ['run', '--capacity', '64KB', '--', 'true'], /^--capacity: `64KB` is not a size/],
    ['option', ['test', '--nemsis', 'kill'], /^unknown option '--nemsis' \(Did you mean --nemesis\?\)/],
    ['command', ['tset'], /^unknown command 'tset' \(Did you mean test\?\)/],
    ['argument', ['list', 'targets'], /too many arguments/],
    ['lack of a command to run', ['run'], /^missing required argument 'command'/],
    ['lack of a directory', ['mount'], /^missing required argument 'directory'/],
    ['request to a disk', ['disk', '.', 'reprot'], /^unknown request `reprot`: did you mean `report`\?/],
    ['user', ['run', '--user', 'nobody-at-all', '--', 'true'], /^--user: no user `nobody-at-all`/],
  ])('with an unknown or malformed %s', async (_what, words, sentence) => {
    const store = join(scratch(), 'store');
    const own = words[0] === 'test' ? [...words, '--store', store] : words;
    const ran = await powercut(own, { cwd: scratch() });
    expect(sentenceOf(ran)).toMatch(sentence);
    expect(ran).toMatchObject({ code: 254, stdout: '' });
    expect(existsSync(store)).toBe(false);
  });

  it('that names a store which is a file', async () => {
    const store = join(scratch(), 'store');
    writeFileSync(store, '');
    const ran = await powercut(['test', '--store', store]);
    expect(sentenceOf(ran)).toMatch(/^--store: `.*store` is not a directory/);
    expect(ran.code).toBe(254);
  });

  it('that would keep an image in a directory that is not empty', async () => {
    const directory = scratch();
    mkdirSync(join(directory, 'precious'));
    const ran = await powercut(['run', '--keep', directory, '--', 'true']);
    expect(sentenceOf(ran)).toMatch(/^--keep: `.*` is not empty/);
    expect(ran.code).toBe(254);
    expect(existsSync(join(directory, 'precious'))).toBe(true);
  });

  it('that mounts over a directory that is not empty, or is not there', async () => {
    const directory = scratch();
    mkdirSync(join(directory, 'precious'));
    const occupied = await powercut(['mount', directory]);
    expect(sentenceOf(occupied)).toMatch(/not empty/);
    expect(occupied.code).toBe(254);
    const absent = await powercut(['mount', join(directory, 'absent')]);
    expect(sentenceOf(absent)).toMatch(/absent/);
    expect(absent.code).toBe(254);
  });

  it('that asks a directory which is no disk of powercut', async () => {
    const directory = scratch();
    const ran = await powercut(['disk', directory, 'report']);
    expect(sentenceOf(ran)).toMatch(/is not a powercut disk/);
    expect(ran.code).toBe(254);
  });

  it.each(['replay', 'analyze'])(
    'that has %s look at a directory which is not of a store',
    async (command) => {
      const ran = await powercut([command, scratch()]);
      expect(sentenceOf(ran)).not.toMatch(/--debug/);
      expect(ran.code).toBe(254);
    },
  );
});

describe('help', () => {
  it('is printed on stdout, with code 0, when it is asked for', async () => {
    const ran = await powercut(['--help']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    for (const command of [
      'test',
      'run',
      'mount',
      'disk',
      'lazyfs',
      'replay',
      'analyze',
      'litmus',
      'list',
      'doctor',
    ]) {
      expect(ran.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
    for (const code of ['0', '1', '2', '254', '255'])
      expect(ran.stdout).toMatch(new RegExp(`^  ${code} `, 'm'));
  });

  it('is printed on stderr, with code 254, when there is nothing to do', async () => {
    const ran = await powercut([]);
    expect(ran).toMatchObject({ code: 254, stdout: '' });
    expect(ran.stderr).toContain('Usage: powercut');
  });

  it('names the defaults of a test', async () => {
    const { stdout } = await powercut(['test', '--help']);
    for (const usual of [
      '"set"',
      '"power-cut"',
      '20s',
      '5s',
      './store',
      '10s',
      'documented',
      'ext4',
      'lose-all',
    ]) {
      expect(stdout).toContain(usual);
    }
  });
});

describe('a reader of stdout that goes away', () => {
  it('is no error', async () => {
    const through = ['bash', '-c', '"$@" | true; echo "${PIPESTATUS[0]}"', 'bash'];
    expect(await powercut(['list'], { through })).toMatchObject({ stdout: '0\n', stderr: '' });
  });
});
