/**
 * `powercut test clogdb`: with all its barriers it keeps every promise, and without one of them the file is named that was
 * lost. It proves both: the database, and the disk that it stands on.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Results } from '../../src/report/results.ts';
import { powercut, scratch } from './support/powercut.ts';
import type { Ran } from './support/powercut.ts';

async function run(...words: readonly string[]): Promise<Ran & { readonly results: Results }> {
  const ran = await powercut(['test', 'clogdb', ...words, '--json', '--store', join(scratch(), 'store')]);
  return { ...ran, results: JSON.parse(ran.stdout) as Results };
}

describe('with all its barriers', () => {
  it.each([
    ['power cuts, kills and cuts during recovery', '4s', ['--nemesis', 'power-cut,recovery-cut,kill']],
    ['glitches of a disk that keeps names', '3s', ['--nemesis', 'power-glitch', '--profile', 'lazyfs']],
    ['cuts after a clean stop, unconfirmed', '3s', ['--stop-signal', 'SIGTERM', '--set', 'confirmed=false']],
  ])('it keeps every promise through %s', async (_, time, words) => {
    const { code, results, stderr } = await run(...words, '--time', time, '--interval', '1s');
    expect(results.findings, stderr).toEqual([]);
    expect(code).toBe(0);
    expect(results.cuts).toBeGreaterThan(0);
  });

  it('what it leaves un-synced it leaves so by design', async () => {
    const { code, results } = await run('--nemesis', 'unsynced-report', '--time', '2s', '--interval', '1s');
    expect(code).toBe(2);
    const paths = results.unsynced.map(({ path }) => path);
    expect(paths).toContain('data/clogdb.pid');
    expect(paths.some((path) => path.endsWith('.clog.ofs'))).toBe(true);
    for (const { path, expected } of results.unsynced) {
      expect([path, expected]).toEqual([path, expect.objectContaining({ harmless: true })]);
    }
  });
});

describe('without the barrier', () => {
  const lost =
    /^lost-write: .*acknowledged add of \d+ .* is gone: it was in `data\/clog\/\d{20}\.clog\.log`/s;
  it.each([
    [
      'metadata-file',
      ['--profile', 'lazyfs'],
      /^unrestartable: .*: metadata\.toml: missing field `version` \(the file has 0/,
    ],
    ['segment-name', ['--profile', 'strict', '--fail-on', 'strict'], lost],
    ['commit', ['--set', 'segment-size=10000000'], lost],
    [
      'commit',
      ['--nemesis', 'power-glitch', '--profile', 'lazyfs', '--set', 'segment-size=500'],
      /^unrestartable: .*: clog\/\d{20}\.clog\.log: its header is not whole \(it has 0 bytes\)/,
    ],
    [
      'object-file',
      ['--set', 'snapshot-interval=20'],
      /^(unrestartable|corruption): .*: snapshots\/\d{20}\.snapshot_dir\/objects\/\w\w\/\w{62}: does not match its hash/,
    ],
  ])('%s, the file is named that a cut took', async (name, words, pattern) => {
    const settings = ['--set', `skip-barrier=${name}`, '--after-fatal', 'end'];
    const { code, results } = await run(...settings, ...words, '--time', '3s', '--interval', '1500ms');
    expect(code).toBe(1);
    const texts = results.findings.map(
      (finding) => `${finding.class}: ${finding.message}\n${finding.evidence.sentences.join('\n')}`,
    );
    expect(texts).toContainEqual(expect.stringMatching(pattern));
  });
});

it('a barrier that it does not have is refused with those that it has', async () => {
  const ran = await powercut([
    'test',
    'clogdb',
    '--set',
    'skip-barrier=fsync',
    '--store',
    join(scratch(), 'store'),
  ]);
  expect(ran.code).toBe(254);
  expect(ran.stderr).toMatch(
    /unknown barrier of clogdb `fsync` \(known: none, data-directory, config-file, /,
  );
});
