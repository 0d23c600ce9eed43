/** The results of the made-up run of sample-history.ts: two broken promises with their proof. For tests and screenshots. */
import type { Op, Range } from '../../disk/op.ts';
import type { Finding, Results, UnsyncedEntry } from '../results.ts';
import { lostElement, sampleCutsMs, sampleDurationMs } from './sample-history.ts';

const cutMs = sampleCutsMs[1];
/** Where the history holds the completion of the lost add. */
const lostIndex = 6_646;

export function sampleResults(changes: Partial<Results> = {}): Results {
  return {
    valid: false,
    target: { name: 'postgres', version: '15.8', settings: { fsync: 'off', wal_sync_method: 'fdatasync' } },
    workload: 'set',
    nemesis: ['power-cut'],
    profile: 'strict',
    image: 'lose-all',
    failOn: 'real',
    writes: 'through',
    contract: {
      kind: 'strict',
      acknowledged: 'all',
      order: 'prefix',
      atomic: true,
      restartable: true,
      reason: 'the vendor calls fsync=off unsafe: judged as strict',
      link: 'https://www.postgresql.org/docs/15/runtime-config-wal.html#GUC-FSYNC',
    },
    seed: 7,
    command:
      'powercut test postgres --set fsync=off --set wal_sync_method=fdatasync --nemesis power-cut --time 20s --seed 7',
    startedAt: '2025-03-04T10:15:00.000Z',
    durationMs: sampleDurationMs,
    powercut: '0.1.0',
    cuts: 3,
    ops: { invoked: 4_812, ok: 4_662, fail: 138, info: 12 },
    checkers: {
      set: {
        valid: false,
        acknowledged: 4_560,
        attempted: 4_720,
        lost: 37,
        recovered: 2,
        duplicate: 0,
        phantom: 0,
      },
      integrity: { valid: true, method: 'pg_amcheck', runs: 2 },
      liveness: { valid: false, starts: 6, failed: 3 },
    },
    findings: [lostWrite(), unrestartable()],
    unsynced: sampleUnsynced(),
    notes: [
      'The server was restarted on fresh data after finding 2',
      'Un-synced bytes of mapped files were collected before each report',
    ],
    store: 'store/postgres-set-power-cut/20250304T101500.000Z',
    ...changes,
  };
}

export function lostWrite(changes: Partial<Finding> = {}): Finding {
  return {
    number: 1,
    class: 'lost-write',
    message:
      '37 of 2,804 acknowledged elements are gone after cut 2; the first is 4711, acknowledged 100 ms before it',
    cut: 2,
    timeMs: 13_310.4,
    profiles: ['strict', 'ext4', 'btrfs'],
    tried: [
      { profile: 'ext4', outcome: 'same' },
      { profile: 'xfs', outcome: 'nothing' },
      { profile: 'btrfs', outcome: 'same' },
    ],
    evidence: {
      op: { ...lostElement, index: lostIndex },
      count: 37,
      diskOps: [
        op(9_841, 'write', 12_290.3, 88, 'wal-0001', { offset: 8_192, length: 4_096 }),
        op(9_846, 'write', 12_311.9, 91, 'wal-0001', { offset: 12_288, length: 4_096 }),
        op(9_852, 'write', 12_337.0, 88, 'wal-0001', { offset: 16_384, length: 8_192 }),
        op(9_853, 'truncate', 12_341.2, 64, 'base/5/2619_fsm', { offset: 24_576, length: 0 }),
        { ...op(9_855, 'rename', 12_356.8, 61, 'pg_logical/snap.tmp'), toPath: 'pg_logical/snap' },
        op(9_860, 'create', 12_371.6, 61, 'base/5/16412'),
        op(9_861, 'write', 12_372.0, 0, 'base/5/16412', { offset: 0, length: 8_192 }),
      ],
      processes: { 88: 'postgres', 91: 'postgres', 64: 'postgres', 61: 'checkpointer' },
      cutMs,
      rule: 'data that no fsync, fdatasync or O_SYNC write of its file has covered may be lost (strict)',
      sentences: [
        'acknowledged add of 4711 at 12.3 s is gone: its row was in `wal-0001`, bytes 8192–12287, written by postgres[88] at 12.29 s, never fsynced before the cut at 12.40 s',
        '36 later adds by 5 clients are gone with it; nothing acknowledged before 12.3 s is missing',
      ],
    },
    image: 'findings/1/image',
    ...changes,
  };
}

export function unrestartable(changes: Partial<Finding> = {}): Finding {
  return {
    number: 2,
    class: 'unrestartable',
    message: 'postgres did not start after cut 3: three attempts ended with exit code 1',
    cut: 3,
    timeMs: 19_021.7,
    profiles: ['strict'],
    tried: [
      { profile: 'ext4', outcome: 'other', class: 'lost-write', detail: '12 adds are gone' },
      { profile: 'xfs', outcome: 'untried', detail: 'trying took its 120 s' },
      { profile: 'btrfs', outcome: 'untried', detail: 'trying took its 120 s' },
    ],
    evidence: {
      count: 1,
      diskOps: [
        op(14_002, 'write', 16_988.2, 61, 'global/pg_control', { offset: 0, length: 8_192 }),
        op(14_009, 'write', 17_102.5, 88, 'pg_wal/000000010000000000000002', {
          offset: 262_144,
          length: 16_384,
        }),
      ],
      processes: { 88: 'postgres', 61: 'checkpointer' },
      cutMs: sampleCutsMs[2],
      rule: 'data that no fsync, fdatasync or O_SYNC write of its file has covered may be lost (strict)',
      sentences: [
        'the cut at 17.24 s dropped the last write of `global/pg_control`, bytes 0–8191, written by checkpointer[61] at 16.99 s',
      ],
      log: [
        '2025-03-04 10:15:18.112 UTC [212] LOG:  starting PostgreSQL 15.8 on x86_64-pc-linux-gnu',
        '2025-03-04 10:15:18.140 UTC [212] LOG:  database system was interrupted; last known up at 2025-03-04 10:15:12 UTC',
        '2025-03-04 10:15:18.201 UTC [212] PANIC:  could not locate a valid checkpoint record',
      ],
      exitCode: 1,
    },
    image: 'findings/2/image',
    ...changes,
  };
}

function sampleUnsynced(): readonly UnsyncedEntry[] {
  const rebuilt = { harmless: true, why: 'statistics, rebuilt after a crash' };
  const wal = { harmless: false, why: 'the write-ahead log: what it loses is lost' };
  return [
    entry('pg_stat_tmp/global.stat', 1_436, [{ offset: 0, length: 1_436 }], 402, 64, 'postgres', rebuilt),
    entry('pg_stat_tmp/db_5.stat', 24_118, [{ offset: 0, length: 24_118 }], 402, 64, 'postgres', rebuilt),
    entry(
      'pg_wal/000000010000000000000002',
      98_304,
      [{ offset: 262_144, length: 98_304 }],
      3_104,
      88,
      'postgres',
      wal,
    ),
    entry(
      'base/5/16384',
      532_480,
      [
        { offset: 0, length: 8_192 },
        { offset: 24_576, length: 262_144 },
        { offset: 401_408, length: 8_192 },
        { offset: 425_984, length: 245_760 },
        { offset: 802_816, length: 8_192 },
      ],
      3_088,
      61,
      'checkpointer',
      { harmless: false, why: 'table data; replayed from the log, if the log is there' },
    ),
    entry('global/pg_control', 8_192, [{ offset: 0, length: 8_192 }], 252, 61, 'checkpointer'),
    entry('base/pgsql_tmp/pgsql_tmp88.0', 65_536, [{ offset: 0, length: 65_536 }], 1_841, 88, 'postgres', {
      harmless: true,
      why: 'a sort that spilled; removed at start',
    }),
    entry('postmaster.pid', 82, [{ offset: 0, length: 82 }], 3_230, 54, 'postgres', {
      harmless: true,
      why: 'written anew at each start',
    }),
  ];
}

function entry(
  path: string,
  sizeBytes: number,
  ranges: readonly Range[],
  ageMs: number,
  pid: number,
  process: string,
  expected?: UnsyncedEntry['expected'],
): UnsyncedEntry {
  const lastOp = op(14_100 + pid, 'write', sampleDurationMs - ageMs, pid, path, ranges.at(-1));
  return { path, sizeBytes, ranges, ageMs, lastOp, process, ...(expected === undefined ? {} : { expected }) };
}

function op(number: number, kind: Op['kind'], timeMs: number, pid: number, path: string, range?: Range): Op {
  return { number, kind, timeMs, pid, ino: 100 + (number % 37), path, ...range };
}
