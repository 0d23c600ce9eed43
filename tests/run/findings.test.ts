/** Drivers with one fault each: what a run makes of it, and what it says. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { powercut } from '../cli/support/powercut.ts';
import { classesOf, explain, nemesisOf, testDriver } from './support/runs.ts';

/** Where names go with a cut that no real file system would lose. */
const strictly = ['--profile', 'strict', '--fail-on', 'strict'];

describe('a driver that never syncs', () => {
  it('loses what it acknowledged, told with the write and the barrier that never came; the image shows it again', async () => {
    const outcome = await testDriver('careless');
    expect([outcome.code, new Set(classesOf(outcome))], explain(outcome)).toEqual([
      1,
      new Set(['lost-write']),
    ]);
    const [finding] = outcome.results.findings;
    expect(finding!.cut).toBe(1);
    expect(finding!.evidence.sentences[0]).toMatch(
      /^acknowledged add of \d+ at [\d.]+ s is gone: .*write of `elements`, bytes \d+–\d+ by node\[\d+\] at [\d.]+ s (was|were) made, and no barrier covered that before the cut at [\d.]+ s$/,
    );
    expect(finding!.evidence.rule).toMatch(
      /^ext4: ext4 writes pages of a file back .* until fsync or fdatasync/,
    );
    expect(existsSync(join(outcome.results.store, finding!.image!, 'elements'))).toBe(true);
    const replay = await powercut(['replay', join(outcome.results.store, 'findings/1'), '--json']);
    expect(replay.code, replay.stderr).toBe(1);
    expect(JSON.parse(replay.stdout)).toMatchObject({ reproduced: true, found: [{ class: 'lost-write' }] });
  });

  it('loses it too when its un-synced writes vanish under it: by the image of that instant', async () => {
    const outcome = await testDriver('careless', ['--nemesis', 'lose-unsynced', '--time', '1s']);
    expect([outcome.code, classesOf(outcome)], explain(outcome)).toEqual([1, ['lost-write']]);
    const [finding] = outcome.results.findings;
    expect(finding!.evidence.sentences[1]).toMatch(/the target lived on; the durable state of that instant/);
    expect(outcome.results.notes.join('\n')).toMatch(
      /un-synced data vanished under the living target at [\d.]+ s, which no power cut does; it suffered: /,
    );
    const replay = await powercut(['replay', join(outcome.results.store, 'findings/1')]);
    expect([replay.code, replay.stdout]).toEqual([1, expect.stringContaining('shows again') as string]);
    const analysis = await powercut(['analyze', outcome.results.store, '--json']);
    expect([analysis.code, analysis.stderr]).toEqual([1, '']);
  });

  it('is asked to stop before the cut with --stop-signal SIGTERM: what a clean shutdown left is told, then lost', async () => {
    const outcome = await testDriver('careless', ['--stop-signal', 'SIGTERM', '--time', '1s']);
    expect([outcome.code, classesOf(outcome)], explain(outcome)).toEqual([1, ['lost-write']]);
    expect(nemesisOf(outcome).slice(0, 3)).toEqual(['invoke power-cut', 'info stop', 'info unsynced-report']);
    expect(outcome.results.notes.join('\n')).toMatch(
      /a clean shutdown left .* of data in \d+ files? un-synced/,
    );
    expect(outcome.results.unsynced.map(({ path }) => path)).toContain('elements');
  });
});

it('a driver that keeps its word keeps it when un-synced writes vanish under it', async () => {
  const outcome = await testDriver('honest', ['--nemesis', 'lose-unsynced', '--time', '1s']);
  expect([outcome.code, outcome.results.valid], explain(outcome)).toEqual([0, true]);
  expect(outcome.results.checkers).toMatchObject({ set: { valid: true } });
});

describe('a driver that never syncs the name of its file', () => {
  it('loses it under `strict`, told with the op that made the name and the rule for names', async () => {
    const outcome = await testDriver('nameless', strictly);
    expect([outcome.code, new Set(classesOf(outcome))], explain(outcome)).toEqual([
      1,
      new Set(['lost-write']),
    ]);
    const { evidence } = outcome.results.findings[0]!;
    expect(evidence.sentences[0]).toMatch(/create of `elements` by node\[\d+\]/);
    expect(evidence.diskOps.map(({ kind, path }) => `${kind} ${path}`)).toContain('create elements');
    expect(evidence.rule).toBe(
      'strict: a directory entry is durable only once fsync on its directory has returned (fsync(2), NOTES)',
    );
  });

  it('keeps it under `lazyfs`, where names are durable at once', async () => {
    const outcome = await testDriver('nameless', ['--profile', 'lazyfs']);
    expect([outcome.code, classesOf(outcome)], explain(outcome)).toEqual([0, []]);
  });

  it('keeps it where the file is pinned; a run that pins all there is has tested nothing', async () => {
    const outcome = await testDriver('nameless', [...strictly, '--pin', 'elements', '--time', '1s']);
    expect([outcome.code, classesOf(outcome)], explain(outcome)).toEqual([2, []]);
    expect(outcome.results.unknown).toMatch(/no cut found anything un-synced/);
  });
});

describe('a driver that cannot start on what a cut leaves', () => {
  it('is tried three times, told with its last words and its exit code, and replaced by fresh data', async () => {
    const outcome = await testDriver('fragile');
    expect([outcome.code, new Set(classesOf(outcome))], explain(outcome)).toEqual([
      1,
      new Set(['unrestartable']),
    ]);
    const { message, evidence } = outcome.results.findings[0]!;
    expect(message).toMatch(
      /^the target could not be started again after the power cut at [\d.]+ s: the driver fragile\.mjs ended with exit code 9 before it answered hello$/,
    );
    expect(evidence.exitCode).toBe(9);
    expect(evidence.log?.join('\n')).toMatch(/MANIFEST does not say \d+ elements/);
    expect(evidence.sentences[0]).toBe('it was started 3 times, and failed in the same way each time');
    expect(evidence.sentences[1]).toMatch(
      /dropped (\d+ bytes? of data|size or attributes) of `MANIFEST`, last touched by node/,
    );
    expect(evidence.diskOps.map(({ path }) => path)).toContain('MANIFEST');
    expect(nemesisOf(outcome)).toContain('info fresh');
    expect(outcome.history.findLast(({ final }) => final)?.boot, explain(outcome)).toBeGreaterThanOrEqual(3);
  });

  it('ends the run there with --after-fatal end', async () => {
    const outcome = await testDriver('fragile', ['--after-fatal', 'end', '--time', '120s']);
    expect([outcome.code, classesOf(outcome)], explain(outcome)).toEqual([1, ['unrestartable']]);
    expect(nemesisOf(outcome)).not.toContain('info fresh');
  });
});

describe('set-up', () => {
  it('is not at risk, unless --cut-setup says so', async () => {
    const safe = await testDriver('hasty', [...strictly, '--time', '1s']);
    expect([safe.code, safe.results.valid], explain(safe)).toEqual([0, true]);
    const risky = await testDriver('hasty', [...strictly, '--time', '1s', '--cut-setup']);
    expect([risky.code, classesOf(risky)], explain(risky)).toEqual([1, ['unrestartable']]);
    expect(risky.results.findings[0]!.evidence.sentences.join('\n')).toMatch(/the name of `numbers`/);
  });
});
