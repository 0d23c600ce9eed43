/**
 * What PostgreSQL leaves un-synced by design, path by path. Data files are synced by checkpoints and rebuilt from the
 * write-ahead log until then; the log itself is what must not be lost.
 */
import type { ExpectedUnsynced } from '../target.ts';

export const cluster = 'pgdata';
/** Powercut's own: see password.ts. */
export const passwordFile = 'powercut-password';

const rebuilt = 'rebuilt or emptied at each start';
const replayed = 'synced at the next checkpoint and replayed from the write-ahead log until then';

export const postgresUnsynced: readonly ExpectedUnsynced[] = [
  {
    glob: `${cluster}/postmaster.pid`,
    harmless: true,
    why: 'marks a running server; a stale or missing one is recognised',
  },
  { glob: `${cluster}/postmaster.opts`, harmless: true, why: 'the last command line, written for pg_ctl' },
  { glob: `${cluster}/pg_stat/**`, harmless: true, why: 'statistics, discarded after a crash' },
  { glob: `${cluster}/pg_stat_tmp/**`, harmless: true, why: `statistics, ${rebuilt}` },
  { glob: `${cluster}/pg_notify/**`, harmless: true, why: `notifications of running sessions, ${rebuilt}` },
  { glob: `${cluster}/pg_serial/**`, harmless: true, why: `serializable transactions that run, ${rebuilt}` },
  { glob: `${cluster}/pg_subtrans/**`, harmless: true, why: `sub-transactions that run, ${rebuilt}` },
  { glob: `${cluster}/pg_dynshmem/**`, harmless: true, why: `shared memory, ${rebuilt}` },
  {
    glob: `${cluster}/pg_snapshots/**`,
    harmless: true,
    why: `snapshots exported by running sessions, ${rebuilt}`,
  },
  {
    glob: `${cluster}/**/pgsql_tmp/**`,
    harmless: true,
    why: `sorts and hashes of running queries, ${rebuilt}`,
  },
  {
    glob: `${cluster}/**/pg_internal.init*`,
    harmless: true,
    why: 'a cache of the system catalogue, removed after a crash',
  },
  {
    glob: `${cluster}/pg_wal/archive_status/**`,
    harmless: true,
    why: 'what was archived; archived again when in doubt',
  },
  {
    glob: `${cluster}/pg_wal/**`,
    harmless: false,
    why: 'the tail of the write-ahead log before its sync; with fsync=off or synchronous_commit=off it holds acknowledged commits',
  },
  { glob: `${cluster}/base/**`, harmless: true, why: `tables and indexes, ${replayed}` },
  { glob: `${cluster}/global/**`, harmless: true, why: `shared catalogues, ${replayed}` },
  { glob: `${cluster}/pg_xact/**`, harmless: true, why: `the state of transactions, ${replayed}` },
  { glob: `${cluster}/pg_multixact/**`, harmless: true, why: `row locks, ${replayed}` },
  { glob: `${cluster}/pg_commit_ts/**`, harmless: true, why: `times of commits, ${replayed}` },
  {
    glob: `${cluster}/pg_logical/**`,
    harmless: true,
    why: `logical replication, which no workload uses; ${replayed}`,
  },
];
