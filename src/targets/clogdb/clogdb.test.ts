import { readFileSync } from 'node:fs';
import picomatch from 'picomatch';
import { describe, expect, test } from 'vitest';
import { defences } from '../../../examples/clogdb/src/barriers.ts';
import { maxUnconfirmed } from '../../../examples/clogdb/src/database.ts';
import { resolveSettings } from '../settings.ts';
import type { Settings } from '../target.ts';
import { UsageError } from '../usage-error.ts';
import { barrierNames, skippedBarriers } from './skipped-barriers.ts';
import { clogdb } from './target.ts';

const resolved = (given: Settings): Settings => resolveSettings(clogdb, given);

describe('barriers', () => {
  test('are those that clogdb has', () => {
    expect([...barrierNames]).toEqual(Object.keys(defences));
  });

  test('are explained in docs/clogdb.md, each in a row of its own', () => {
    const rows = readFileSync('docs/clogdb.md', 'utf8').matchAll(/^\| `([a-z-]+)` \| .* \| .* \| .* \|$/gm);
    expect([...rows].map(([, name]) => name).sort()).toEqual([...barrierNames].sort());
  });

  test('are left out by name', () => {
    expect(skippedBarriers(resolved({}))).toEqual([]);
    expect(skippedBarriers(resolved({ 'skip-barrier': 'commit, segment-name' }))).toEqual([
      'commit',
      'segment-name',
    ]);
  });

  test.each(['comit', '', 'none,commit', 'commit,'])('that it does not have are refused: `%s`', (text) => {
    const settings = resolved({ 'skip-barrier': text });
    expect(() => clogdb.documented(settings)).toThrow(UsageError);
    expect(() => clogdb.documented(settings)).toThrow(
      /unknown barrier of clogdb `.*` \(known: none, data-directory/,
    );
  });
});

describe('clogdb promises', () => {
  test('all that it confirmed, with all its barriers', () => {
    expect(clogdb.documented(resolved({}))).toMatchObject({
      acknowledged: 'all',
      order: 'prefix',
      atomic: true,
    });
    expect(clogdb.documented(resolved({}))).not.toHaveProperty('kill');
  });

  test('all but a tail, where it does not confirm, after a kill, too', () => {
    const loss = { acknowledged: { lossLastOps: maxUnconfirmed }, order: 'prefix' };
    expect(clogdb.documented(resolved({ confirmed: 'false' }))).toMatchObject({ ...loss, kill: loss });
  });

  test('nothing without a barrier', () => {
    const settings = resolved({ 'skip-barrier': 'commit', confirmed: 'false' });
    expect(clogdb.documented(settings)).toMatchObject({
      unsafe: 'skip-barrier=commit: each barrier is needed',
      kill: { acknowledged: { lossLastOps: maxUnconfirmed } },
    });
  });
});

describe('clogdb', () => {
  /** Its word on a path: true, false, or `undefined` where it has none. */
  function harmless(given: Settings, path: string): boolean | undefined {
    const rules = clogdb.expectedUnsynced(resolved(given));
    return rules.find(({ glob }) => picomatch(glob, { dot: true })(path))?.harmless;
  }

  const log = 'data/clog/00000000000000000001.clog.log';
  const object = 'data/snapshots/00000000000000000200.snapshot_dir/objects/ab/cdef';

  test.each([
    'data',
    'data/clogdb.pid',
    'data/metadata.toml.tmp',
    'data/clog',
    log,
    `${log}.tmp`,
    'data/clog/00000000000000000001.clog.ofs',
    'data/snapshots',
    'data/snapshots/00000000000000000200.snapshot_dir.tmp',
    object,
  ])('may lose %s', (path) => {
    expect(harmless({}, path)).toBe(true);
  });

  test.each(['data/metadata.toml', 'data/config.toml', '.'])(
    'has no word on %s, which it never leaves un-synced',
    (path) => expect(harmless({}, path)).toBeUndefined(),
  );

  test('may not lose its log where it answers before it is synced', () => {
    expect(harmless({ confirmed: 'false' }, log)).toBe(false);
  });

  test.each([
    ['data-directory', '.'],
    ['config-file', 'data/config.toml'],
    ['metadata-file', 'data/metadata.toml'],
    ['metadata-name', 'data'],
    ['recovered-tail', log],
    ['segment-name', 'data/clog'],
    ['commit', log],
    ['object-file', object],
    ['object-name', 'data/snapshots/00000000000000000200.snapshot_dir/objects/ab'],
    ['object-directory', 'data/snapshots/00000000000000000200.snapshot_dir/objects'],
    ['manifest-file', 'data/snapshots/00000000000000000200.snapshot_dir/00000000000000000200.snapshot'],
    ['snapshot-directory', 'data/snapshots/00000000000000000200.snapshot_dir'],
    ['snapshot-name', 'data/snapshots'],
  ])('may not lose what %s is for, where it is left out: %s', (name, path) => {
    expect(harmless({ 'skip-barrier': name }, path)).toBe(false);
  });

  test.each([
    ['segment-size', '0'],
    ['segment-size', '1KiB'],
    ['snapshot-interval', '-1'],
    ['start-timeout', 'soon'],
  ])('refuses %s=%s with a sentence', (name, value) => {
    const settings = resolved({ [name]: value });
    const context = { settings, logDirectory: '/nonexistent' } as Parameters<typeof clogdb.open>[0];
    expect(() => clogdb.open(context)).toThrow(UsageError);
    expect(() => clogdb.open(context)).toThrow(`${name}: \`${value}\` is not`);
  });
});
