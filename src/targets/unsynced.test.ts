import picomatch from 'picomatch';
import { describe, expect, test } from 'vitest';
import { postgres } from './postgres/target.ts';
import { resolveSettings } from './settings.ts';
import { sqlite } from './sqlite/target.ts';
import type { Settings, Target } from './target.ts';

/** The target's word on a path: true, false, or `undefined` where it has none. */
function harmless(target: Target, given: Settings, path: string): boolean | undefined {
  const rules = target.expectedUnsynced(resolveSettings(target, given));
  return rules.find(({ glob }) => picomatch(glob, { dot: true })(path))?.harmless;
}

describe('SQLite', () => {
  const wal = 'elements.db-wal';

  test('may lose what is not synced yet, where each commit is synced', () => {
    for (const path of ['elements.db', wal, 'elements.db-shm', 'elements.db-journal'])
      expect([path, harmless(sqlite, {}, path)]).toEqual([path, true]);
  });

  test('may not lose its log where commits are not synced', () => {
    expect(harmless(sqlite, { synchronous: 'NORMAL' }, wal)).toBe(false);
    expect(harmless(sqlite, { synchronous: 'OFF' }, wal)).toBe(false);
    expect(harmless(sqlite, { synchronous: 'NORMAL', journal_mode: 'DELETE' }, 'elements.db-journal')).toBe(
      true,
    );
  });

  test('may not lose the unlink of a journal where its directory is not synced', () => {
    expect(harmless(sqlite, { journal_mode: 'DELETE' }, '.')).toBe(false);
    expect(harmless(sqlite, { journal_mode: 'DELETE', synchronous: 'EXTRA' }, '.')).toBe(true);
    expect(harmless(sqlite, { journal_mode: 'PERSIST' }, '.')).toBe(true);
    expect(harmless(sqlite, {}, '.')).toBe(true);
  });

  test('may lose the index of its log always', () => {
    expect(harmless(sqlite, { synchronous: 'OFF' }, 'elements.db-shm')).toBe(true);
  });

  test('has no word on files that are not its own', () => {
    expect(harmless(sqlite, {}, 'other.db')).toBeUndefined();
  });
});

describe('PostgreSQL', () => {
  const segment = 'pgdata/pg_wal/000000010000000000000001';

  test.each([
    'pgdata',
    'pgdata/postmaster.pid',
    'pgdata/base/5/16384',
    'pgdata/base/5/pg_internal.init',
    'pgdata/base/pgsql_tmp/pgsql_tmp5.0',
    'pgdata/global/1262',
    'pgdata/global/pg_internal.init',
    'pgdata/pg_stat/pgstat.stat',
    'pgdata/pg_xact/0000',
    'pgdata/pg_multixact/offsets/0000',
    segment,
  ])('may lose %s', (path) => {
    expect(harmless(postgres, {}, path)).toBe(true);
  });

  test('may not lose its log where commits are not synced, nor its files where nothing is', () => {
    expect(harmless(postgres, { synchronous_commit: 'off' }, segment)).toBe(false);
    expect(harmless(postgres, { synchronous_commit: 'off' }, 'pgdata/base/5/16384')).toBe(true);
    expect(harmless(postgres, { fsync: 'off' }, segment)).toBe(false);
    expect(harmless(postgres, { fsync: 'off' }, 'pgdata/base/5/16384')).toBe(false);
    expect(harmless(postgres, { fsync: 'off' }, 'pgdata/postmaster.pid')).toBe(true);
  });

  test.each(['pgdata/PG_VERSION', 'pgdata/postgresql.conf', 'pgdata/pg_hba.conf', 'powercut-password'])(
    'has no word on %s, which it never leaves un-synced',
    (path) => {
      expect(harmless(postgres, {}, path)).toBeUndefined();
    },
  );
});
