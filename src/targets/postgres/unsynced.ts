/**
 * What PostgreSQL leaves un-synced by design, path by path. Data files are synced by checkpoints and rebuilt from the
 * write-ahead log until then; the log is what must not be lost, and settings decide how much of it is at risk.
 */
import type { ExpectedUnsynced, Settings } from '../target.ts';

export const cluster = 'pgdata';
/** Powercut's own: see password.ts. */
export const passwordFile = 'powercut-password';

export function postgresUnsynced(settings: Settings): readonly ExpectedUnsynced[] {
  return [...transient, log(settings), ...dataFiles(settings)];
}

const rebuilt = 'rebuilt or emptied at each start';

const transient: readonly ExpectedUnsynced[] = [
  harmless('postmaster.pid', 'marks a running server; a stale or missing one is recognised'),
  harmless('postmaster.opts', 'the last command line, written for pg_ctl'),
  harmless('pg_stat/**', 'statistics, discarded after a crash'),
  harmless('pg_stat_tmp/**', `statistics, ${rebuilt}`),
  harmless('pg_notify/**', `notifications of running sessions, ${rebuilt}`),
  harmless('pg_serial/**', `serializable transactions under way, ${rebuilt}`),
  harmless('pg_subtrans/**', `sub-transactions under way, ${rebuilt}`),
  harmless('pg_dynshmem/**', `shared memory, ${rebuilt}`),
  harmless('pg_snapshots/**', `snapshots exported by running sessions, ${rebuilt}`),
  harmless('**/pgsql_tmp/**', `sorts and hashes of running queries, ${rebuilt}`),
  harmless('**/pg_internal.init*', 'a cache of the system catalogue, removed after a crash'),
  harmless('pg_wal/archive_status/**', 'what was archived; archived again when in doubt'),
  {
    glob: cluster,
    harmless: true,
    why: 'the names of postmaster.pid and postmaster.opts, which a crash may take or leave',
  },
];

function log(settings: Settings): ExpectedUnsynced {
  const glob = `${cluster}/pg_wal/**`;
  if (neverSyncs(settings)) {
    return { glob, harmless: false, why: 'fsync=off syncs nothing: acknowledged commits are in it' };
  }
  if (settings['synchronous_commit'] === 'off') {
    return {
      glob,
      harmless: false,
      why: 'acknowledged commits that synchronous_commit=off syncs a little later',
    };
  }
  return {
    glob,
    harmless: true,
    why: 'records of the log before their sync: no commit in them was acknowledged yet',
  };
}

function dataFiles(settings: Settings): readonly ExpectedUnsynced[] {
  const safe = !neverSyncs(settings);
  const why = safe
    ? 'synced at the next checkpoint and replayed from the write-ahead log until then'
    : 'fsync=off syncs nothing: checkpoints rely on what was never synced';
  const kinds = [
    ['base/**', 'tables and indexes'],
    ['global/**', 'shared catalogues'],
    ['pg_xact/**', 'the state of transactions'],
    ['pg_multixact/**', 'row locks'],
    ['pg_commit_ts/**', 'times of commits'],
    ['pg_logical/**', 'logical replication'],
  ] as const;
  return kinds.map(([glob, what]) => ({
    glob: `${cluster}/${glob}`,
    harmless: safe,
    why: `${what}, ${why}`,
  }));
}

function neverSyncs(settings: Settings): boolean {
  return settings['fsync'] === 'off';
}

function harmless(path: string, why: string): ExpectedUnsynced {
  return { glob: `${cluster}/${path}`, harmless: true, why };
}
