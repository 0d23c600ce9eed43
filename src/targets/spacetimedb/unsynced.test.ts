import picomatch from 'picomatch';
import { describe, expect, test } from 'vitest';
import { resolveSettings } from '../settings.ts';
import type { Settings } from '../target.ts';
import { spacetimedb } from './target.ts';
import { spacetimedbUnsynced } from './unsynced.ts';

function harmless(path: string, version = '1.2.0', given: Settings = {}): boolean | undefined {
  const rules = spacetimedbUnsynced(resolveSettings(spacetimedb, given), version);
  return rules.find(({ glob }) => picomatch(glob, { dot: true })(path))?.harmless;
}

const replica = 'data/replicas/1';
const segment = `${replica}/clog/00000000000000000000.stdb.log`;
const snapshot = `${replica}/snapshots/00000000000000000000.snapshot_dir`;

describe('lost un-synced writes of SpacetimeDB', () => {
  test.each(['data/metadata.toml', 'data', 'data/control-db', `${replica}/clog`, replica, 'keys/id_ecdsa'])(
    'mean trouble in %s',
    (path) => {
      expect(harmless(path)).toBe(false);
    },
  );

  test.each([
    'data/config.toml',
    'data/control-db/conf',
    'data/control-db/snap.00000000000004AB',
    'data/logs/spacetime-standalone.log',
    'data/spacetime.pid',
    'data/cache/wasmtime/modules/wasmtime-/iZqsQ.stats',
    'data/program-bytes/64',
    `${replica}/clog/00000000000000000000.stdb.ofs`,
    `${replica}/module_logs/2026-04-19.log`,
    `${snapshot}/00000000000000000000.snapshot_bsatn`,
    `${snapshot}/objects/16/8ac0675ea0741a07c3b2d6bde92f1464f8017929896035a62be0fab889fa13`,
  ])('are by design and harmless in %s', (path) => {
    expect(harmless(path)).toBe(true);
  });

  test('take acknowledged commits from the log, unless commits are acknowledged once they are durable', () => {
    expect(harmless(segment)).toBe(false);
    expect(harmless(segment, '2.1.0', { via: 'call' })).toBe(false);
    expect(harmless(segment, '2.1.0')).toBe(true);
  });

  test('in files that are not its own are not for it to judge', () => {
    expect(harmless('powercut-credentials')).toBeUndefined();
  });
});
