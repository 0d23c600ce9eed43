/**
 * What must come out: each row runs the whole command on the real target, as the README's table promises. A row that
 * differs is a defect in powercut until its cause is found in the disk's ops.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Results } from '../../src/report/results.ts';
import { expectNothingLeft, powercut, scratch } from './support/powercut.ts';

afterEach(expectNothingLeft);

interface Outcome {
  readonly code: number | null;
  readonly results: Results;
}

/** Short runs with many cuts: what matters is the instants that are met, not the time between them. */
const pace = ['--time', '6s', '--interval', '1s'];

async function test(words: string, more: readonly string[] = []): Promise<Outcome> {
  const args = ['test', ...words.split(' '), ...pace, '--store', join(scratch(), 'store'), '--json', ...more];
  const ran = await powercut(args, { timeoutMs: 170_000 });
  if (!ran.stdout.startsWith('{'))
    throw new Error(`powercut ${args.join(' ')} printed no results: ${ran.stderr}`);
  return { code: ran.code, results: JSON.parse(ran.stdout) as Results };
}

/** What a failed expectation needs to be understood. */
function explain({ results }: Outcome): string {
  const findings = results.findings.map((finding) => `${finding.class}: ${finding.message}`);
  return `${results.command}\n${[...findings, ...results.notes, results.unknown ?? ''].join('\n')}`;
}

function expectValid(outcome: Outcome): void {
  expect(outcome.results.valid, explain(outcome)).toBe(true);
  expect(outcome.code).toBe(0);
  expect(outcome.results.findings).toEqual([]);
  expect(outcome.results.ops.ok).toBeGreaterThan(20);
}

function expectLostWrites(outcome: Outcome): void {
  expect(outcome.results.valid, explain(outcome)).toBe(false);
  expect(outcome.code).toBe(1);
  expect(outcome.results.findings.map((finding) => finding.class)).toContain('lost-write');
}

const figure = (outcome: Outcome, name: string) => outcome.results.checkers['set']?.[name];

describe('sqlite', () => {
  it('loses nothing in WAL with synchronous=FULL', async () => {
    const outcome = await test('sqlite --seed 11');
    expectValid(outcome);
    expect(outcome.results.cuts).toBeGreaterThanOrEqual(3);
    expect(outcome.results.profile).toBe('ext4');
  });

  it('loses nothing with a rollback journal and synchronous=EXTRA', async () => {
    expectValid(await test('sqlite --set journal_mode=DELETE --set synchronous=EXTRA --seed 12'));
  });

  it('may lose the last acknowledged commit with a rollback journal and synchronous=FULL, and never more', async () => {
    const settings = 'sqlite --set journal_mode=DELETE --set synchronous=FULL --seed 7';
    expectValid(await test(settings));
    // Held to everything, what it loses is one commit a cut, and the op that explains it is the unlink of the journal.
    const strict = await test(`${settings} --contract strict`, ['--time', '15s']);
    expectLostWrites(strict);
    for (const finding of strict.results.findings) {
      expect(finding.class, explain(strict)).toBe('lost-write');
      expect(finding.evidence.count, finding.message).toBe(1);
      const ops = finding.evidence.diskOps.map((op) => `${op.kind} ${op.path}`);
      expect(ops, finding.evidence.sentences.join('\n')).toContain('unlink elements.db-journal');
      expect(finding.evidence.rule).toMatch(/ext4 commits metadata in the order of the ops/);
    }
  });

  it('loses an acknowledged tail in WAL with synchronous=NORMAL, in order: what its documentation says', async () => {
    const settings = 'sqlite --set synchronous=NORMAL --seed 13';
    const documented = await test(settings);
    expectValid(documented);
    expectLostWrites(await test(`${settings} --contract strict`));
  });

  it('breaks its promises with synchronous=OFF', async () => {
    const outcome = await test('sqlite --set synchronous=OFF --seed 14');
    expectLostWrites(outcome);
    expect(outcome.results.contract.kind).toBe('strict');
    expect(outcome.results.contract.reason).toMatch(/unsafe/);
    const [finding] = outcome.results.findings;
    expect(finding!.evidence.sentences.join('\n')).toMatch(/never fsynced before the cut/);
    expect(finding!.evidence.diskOps.length).toBeGreaterThan(0);
    expect(existsSync(join(outcome.results.store, finding!.image!))).toBe(true);
  });

  it.each(['FULL', 'OFF'])('loses nothing to a kill with synchronous=%s', async (synchronous) => {
    expectValid(await test(`sqlite --nemesis kill --set synchronous=${synchronous} --seed 15`));
  });

  it('keeps its promises when un-synced writes are lost under it', async () => {
    const outcome = await test('sqlite --nemesis lose-unsynced --seed 16');
    expectValid(outcome);
  });

  it('keeps its promises through a power glitch', async () => {
    expectValid(await test('sqlite --nemesis power-glitch --seed 17'));
  });
});

describe('postgres', () => {
  it('loses nothing with its defaults, on the disk of LazyFS and on the strict one', async () => {
    expectValid(await test('postgres --profile lazyfs --seed 21'));
    expectValid(await test('postgres --profile strict --seed 22'));
  });

  it('breaks its promises with fsync=off', async () => {
    const outcome = await test('postgres --set fsync=off --seed 23');
    expect(outcome.results.valid, explain(outcome)).toBe(false);
    expect(outcome.code).toBe(1);
  });

  it('loses at most its window with synchronous_commit=off', async () => {
    expectValid(await test('postgres --set synchronous_commit=off --seed 24'));
  });

  it('loses nothing to a kill, fsync=off included, and with synchronous_commit=off at most its window', async () => {
    expectValid(await test('postgres --nemesis kill --set fsync=off --seed 25'));
    const window = await test('postgres --nemesis kill --set synchronous_commit=off --seed 26');
    expectValid(window);
    expect(window.results.contract.kill).toBeDefined();
  });
});

describe('a power cut during the recovery from another', () => {
  it.each(['sqlite --set journal_mode=DELETE --set synchronous=EXTRA', 'postgres'])(
    'loses nothing: %s',
    async (words) => {
      const outcome = await test(`${words} --nemesis recovery-cut --seed 27`);
      expectValid(outcome);
      // Two cuts a strike, and nobody works between them.
      expect(outcome.results.cuts % 2).toBe(0);
      expect(outcome.results.cuts).toBeGreaterThanOrEqual(4);
    },
  );
});

describe('drivers', () => {
  const counterfeit = fileURLToPath(new URL('../targets/support/drivers/counterfeit.mjs', import.meta.url));

  it('finds one that answers ok to everything and stores nothing, in the first cut', async () => {
    const outcome = await test(`${counterfeit} --seed 31`);
    expectLostWrites(outcome);
    const atFirstCut = outcome.results.findings.find(
      (finding) => finding.class === 'lost-write' && finding.cut === 1,
    );
    expect(atFirstCut, explain(outcome)).toBeDefined();
    expect(atFirstCut!.evidence.sentences.join('\n')).toMatch(
      /nothing on the disk was un-synced .* never wrote it/,
    );
  });
});

describe('a run that tested nothing', () => {
  it('is unknown: a report alone harms nothing', async () => {
    const outcome = await test('sqlite --nemesis unsynced-report --seed 41');
    expect(outcome.results.valid).toBe('unknown');
    expect(outcome.code).toBe(2);
    expect(outcome.results.unknown).toMatch(/nothing went wrong/);
    expect(outcome.results.unsynced.map((entry) => entry.path)).toContain('elements.db-wal');
  });
});

describe('afterwards', () => {
  it('a finding is replayed from its image, and a stored run is analysed to the same verdict', async () => {
    const outcome = await test('sqlite --set synchronous=OFF --seed 14', ['--time', '3s']);
    expectLostWrites(outcome);
    const replay = await powercut(['replay', join(outcome.results.store, 'findings', '1')]);
    expect(replay.code, replay.stdout + replay.stderr).toBe(1);
    const analysis = await powercut(['analyze', outcome.results.store, '--json']);
    expect(analysis.code, analysis.stderr).toBe(1);
    expect((JSON.parse(analysis.stdout) as Results).findings).toHaveLength(outcome.results.findings.length);
    expect(figure(outcome, 'lost')).toBeGreaterThan(0);
  });
});
