import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnsOf } from './columns.ts';
import { renderScreen } from './screen.ts';
import { lostWrite, sampleResults, unrestartable } from './testing/sample-results.ts';
import { anyText } from './testing/texts.ts';

/** Paths and commands may be wider than a terminal: people copy them. */
const copied = /^ {2}(Report|Repeat|Replay) | {14}\S/;

describe('the last screen', () => {
  test('tells a failed run: the verdict, each finding with its proof, what is un-synced, where to go on', () => {
    expect(`\n${renderScreen(sampleResults())}`).toMatchInlineSnapshot(`
      "

      ✘ INVALID postgres 15.8 broke its promises: 2 findings (1 lost-write, 1
                unrestartable).

        Target    postgres 15.8 · fsync=off · wal_sync_method=fdatasync
        Workload  set · seed 7
        Nemesis   power-cut
        Profile   strict
        Contract  strict: the vendor calls fsync=off unsafe: judged as strict.
                  It asks that every acknowledged op survives, ops are atomic and it
                  starts again after any cut.
        Ops       4,812: 4,662 ok, 138 fail, 12 info · 3 cuts · 20.4 s
        Checkers  set invalid, integrity valid, liveness invalid

      Findings
        1 lost-write · cut 2, 13.31 s
          37 of 2,804 acknowledged elements are gone after cut 2; the first is 4711,
          acknowledged 100 ms before it.
          Proof: acknowledged add of 4711 at 12.3 s is gone: its row was in
          \`wal-0001\`, bytes 8192–12287, written by postgres[88] at 12.29 s, never
          fsynced before the cut at 12.40 s.
          Holds under strict, ext4 and btrfs; not under xfs.
        2 unrestartable · cut 3, 19.02 s
          postgres did not start after cut 3: three attempts ended with exit code 1.
          Proof: the cut at 17.24 s dropped the last write of \`global/pg_control\`,
          bytes 0–8191, written by checkpointer[61] at 16.99 s.
          Its last words:
            2025-03-04 10:15:18.112 UTC [212] LOG: starting PostgreSQL 15.8 on
            x86_64-pc-linux-gnu
            2025-03-04 10:15:18.140 UTC [212] LOG: database system was interrupted;
            last known up at 2025-03-04 10:15:12 UTC
            2025-03-04 10:15:18.201 UTC [212] PANIC: could not locate a valid
            checkpoint record
          Holds under strict; under ext4 another finding: lost-write; not tried under
          xfs and btrfs: trying took its 120 s.

      Un-synced: 7 files, 713 KiB
        lost means trouble
          base/5/16384                           520 KiB   3.1 s old  checkpointer[61]
          pg_wal/000000010000000000000002       96.0 KiB   3.1 s old  postgres[88]
        not expected
          global/pg_control                      8.0 KiB  252 ms old  checkpointer[61]
        harmless
          base/pgsql_tmp/pgsql_tmp88.0          64.0 KiB   1.8 s old  postgres[88]
          pg_stat_tmp/db_5.stat                 23.6 KiB  402 ms old  postgres[64]
          … and 2 more in results.json

      Notes
        • The server was restarted on fresh data after finding 2.
        • Un-synced bytes of mapped files were collected before each report.

        Report    store/postgres-set-power-cut/20250304T101500.000Z/report.html
        Repeat    powercut test postgres --set fsync=off \\
                    --set wal_sync_method=fdatasync --nemesis power-cut --time 20s \\
                    --seed 7
        Replay    npx powercut replay \\
                    store/postgres-set-power-cut/20250304T101500.000Z/findings/1
      "
    `);
  });

  test('tells a passed run in a few lines', () => {
    const passed = sampleResults({
      valid: true,
      target: { name: 'sqlite', version: '3.46.1', settings: { journal_mode: 'WAL', synchronous: 'FULL' } },
      contract: {
        kind: 'documented',
        acknowledged: 'all',
        order: 'prefix',
        atomic: true,
        restartable: true,
        reason: 'a commit under synchronous=FULL is on the disk before it is acknowledged',
      },
      checkers: { set: { valid: true } },
      command: 'powercut test sqlite --seed 7',
      findings: [],
      unsynced: [],
      notes: [],
    });
    expect(`\n${renderScreen(passed)}`).toMatchInlineSnapshot(`
      "

      ✔ VALID sqlite 3.46.1 kept every promise through 3 cuts.

        Target    sqlite 3.46.1 · journal_mode=WAL · synchronous=FULL
        Workload  set · seed 7
        Nemesis   power-cut
        Profile   strict
        Contract  documented: a commit under synchronous=FULL is on the disk before it
                  is acknowledged.
                  It asks that every acknowledged op survives, ops are atomic and it
                  starts again after any cut.
        Ops       4,812: 4,662 ok, 138 fail, 12 info · 3 cuts · 20.4 s
        Checkers  set valid

        Report    store/postgres-set-power-cut/20250304T101500.000Z/report.html
        Repeat    powercut test sqlite --seed 7
      "
    `);
  });

  test('says why a run is unknown', () => {
    const screen = renderScreen(
      sampleResults({ valid: 'unknown', unknown: 'no cut happened in 20 s', findings: [] }),
    );
    expect(screen).toContain('? UNKNOWN no cut happened in 20 s.');
    expect(screen).not.toContain('Findings');
  });

  test('what no real file system shows is a warning beside the verdict', () => {
    const warning = lostWrite({
      portability: true,
      profiles: ['strict'],
      tried: ['ext4', 'xfs', 'btrfs'].map((profile) => ({ profile, outcome: 'nothing' })),
    });
    const passed = renderScreen(sampleResults({ valid: true, findings: [warning] }));
    expect(passed.replaceAll(/\s+/g, ' ')).toMatch(
      /VALID .* kept every promise through 3 cuts, with 1 portability warning \(1 lost-write\)\./,
    );
    expect(passed).toContain('Portability warnings: no real file system shows these');
    expect(passed).toContain('Holds under strict; not under ext4, xfs and btrfs.');
    expect(passed).not.toMatch(/^Findings$/m);
    const failed = renderScreen(sampleResults({ findings: [warning, unrestartable()] }));
    expect(failed.replaceAll(/\s+/g, ' ')).toContain(
      '1 finding (1 unrestartable), with 1 portability warning',
    );
    const strict = renderScreen(sampleResults({ findings: [warning], failOn: 'strict' }));
    expect(strict).toMatch(/INVALID .*1 finding \(1 lost-write\)\./);
    expect(strict).not.toContain('Portability');
  });

  test('many findings of one class are one entry with their count', () => {
    const many = Array.from({ length: 14 }, (_, at) =>
      lostWrite({ number: at + 1, cut: 1 + Math.floor(at / 5) }),
    );
    const screen = renderScreen(sampleResults({ findings: many }));
    expect(screen).toContain('lost-write × 14');
    expect(screen).toContain('… and 13 more of this class, after cuts 1, 2, 3');
    expect(screen.match(/Proof:/g)).toHaveLength(1);
  });

  test('more entries than fit are counted', () => {
    const classes = [
      'lost-write',
      'torn',
      'stale',
      'phantom',
      'duplicate',
      'hang',
      'corruption',
      'resurrected',
    ] as const;
    const findings = classes.map((name, at) => unrestartable({ number: at + 1, class: name }));
    expect(renderScreen(sampleResults({ findings }))).toContain('… and 2 more in results.json');
  });

  test('a proof that only repeats the message is not told twice', () => {
    const finding = lostWrite({ message: 'the add of 1 is gone' });
    const evidence = { ...finding.evidence, sentences: ['the add of 1 is gone.'] };
    expect(renderScreen(sampleResults({ findings: [{ ...finding, evidence }] }))).not.toContain('Proof:');
  });

  test('a failed start is told with its attempts, what was lost, and its last words line for line', () => {
    const finding = unrestartable();
    const sentences = [
      'it was started 3 times, and failed in the same way each time',
      'the cut dropped 98 bytes of `MANIFEST`',
      'and something of 2 more files',
    ];
    const log = ['Error: cannot start', 'Caused by:', '    MANIFEST is empty'];
    const screen = renderScreen(
      sampleResults({ findings: [{ ...finding, evidence: { ...finding.evidence, sentences, log } }] }),
    );
    expect(screen).toContain(`\
    Proof: it was started 3 times, and failed in the same way each time; the cut
    dropped 98 bytes of \`MANIFEST\`.
    Its last words:
      Error: cannot start
      Caused by:
          MANIFEST is empty
`);
  });

  test('colours change nothing but the colours', () => {
    const coloured = renderScreen(sampleResults(), { columns: 80, colour: true });
    expect(coloured).toContain('\u001b[');
    expect(stripVTControlCharacters(coloured)).toBe(
      renderScreen(sampleResults(), { columns: 80, colour: false }),
    );
  });

  test('no line is wider than the terminal, whatever the names, and none carries a control character', () => {
    const someText = anyText(120);
    fc.assert(
      fc.property(someText, someText, fc.integer({ min: 40, max: 120 }), (name, sentence, columns) => {
        const finding = lostWrite({ message: sentence });
        const [entry] = sampleResults().unsynced;
        const results = sampleResults({
          target: { name, version: sentence, settings: { [name]: sentence } },
          findings: [{ ...finding, evidence: { ...finding.evidence, sentences: [name], log: [sentence] } }],
          unsynced: [{ ...entry!, path: name, process: sentence }],
          notes: [sentence],
        });
        for (const line of renderScreen(results, { columns, colour: false }).trimEnd().split('\n')) {
          expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
          if (!copied.test(line)) expect(columnsOf(line), line).toBeLessThanOrEqual(columns);
        }
      }),
      { numRuns: 200 },
    );
  });
});
