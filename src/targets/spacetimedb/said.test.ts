import { describe, expect, test } from 'vitest';
import { complaints, lastError, readable } from './said.ts';

const escape = String.fromCharCode(0x1b);

/** As 1.2.0 prints it when metadata.toml came back empty. */
const unreadable = [
  '│                                  "Multiplayer at the speed of light"                                  │',
  '└───────────────────────────────────────────────────────────────────────────────────────────────────────┘',
  'spacetimedb-standalone version: 1.2.0',
  `${escape}[1;33mwarning${escape}[0m${escape}[1m:${escape}[0m ${escape}[1msome trace filter directives would enable traces that are disabled statically${escape}[0m`,
  ` ${escape}[1;38;5;21m|${escape}[0m \`axum::rejection=trace\` would enable the TRACE level for the \`axum::rejection\` target`,
  ` ${escape}[1;38;5;21m=${escape}[0m ${escape}[1mnote:${escape}[0m the static max level is \`debug\``,
  ` ${escape}[1;38;5;21m=${escape}[0m ${escape}[1mhelp:${escape}[0m to enable TRACE logging, remove the \`max_level_debug\` feature from the \`tracing\` crate`,
  '2026-11-25T16:38:15.296913Z  WARN spacetimedb-core-1.2.0/src/worker_metrics/mod.rs:344: Skipping tokio metrics for 127.0.0.1:5333, as they are not enabled in this build.',
  'Error: failed reading metadata.toml',
  'Caused by:',
  '    TOML parse error at line 1, column 1',
  '      |',
  '    1 | ',
  '      | ^',
  '    missing field `version`',
];

describe('what the server says', () => {
  test('is shown without colours, banner and warnings about its logging', () => {
    expect(readable(unreadable)).toEqual([
      'spacetimedb-standalone version: 1.2.0',
      ...unreadable.slice(8).map((line) => line.trimEnd()),
    ]);
  });

  test('names its sources without the folder that Cargo keeps them in', () => {
    const line =
      '2026-11-25T16:43:02Z  INFO /home/u/.cargo/registry/src/index-1949cf8c/core-1.2.0/src/lib.rs:83: sql';
    expect(readable([line])).toEqual(['2026-11-25T16:43:02Z  INFO core-1.2.0/src/lib.rs:83: sql']);
  });

  test('of things that went wrong is told alone, where there is any', () => {
    const lines = ['x INFO opened', 'x ERROR no such database', 'x DEBUG asked', 'x WARN refused'];
    expect(complaints(lines)).toEqual(['x ERROR no such database', 'x WARN refused']);
    expect(complaints(['x INFO opened'])).toEqual(['x INFO opened']);
  });

  test('ends with an error, told in one line with its causes', () => {
    expect(lastError(readable(unreadable))).toBe(
      'failed reading metadata.toml: TOML parse error at line 1, column 1: missing field `version`',
    );
  });

  test('whose causes may be numbered, and followed by a backtrace', () => {
    const lines = [
      'Error: failed to initialize control db',
      'Caused by:',
      '    0: database error',
      '    1: corrupt at 12',
      'Stack backtrace:',
      '   0: anyhow::error',
    ];
    expect(lastError(lines)).toBe('failed to initialize control db: database error: corrupt at 12');
  });

  test('or with a panic', () => {
    const lines = [
      'INFO opening',
      "thread 'tokio-runtime-worker' panicked at crates/commitlog/src/commitlog.rs:168:13:",
      'Failed to fsync segment: Input/output error (os error 5)',
      'note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace',
    ];
    expect(lastError(lines)).toBe(
      "thread 'tokio-runtime-worker' panicked at crates/commitlog/src/commitlog.rs:168:13: Failed to fsync segment: Input/output error (os error 5)",
    );
  });

  test('or with nothing of the kind', () => {
    expect(lastError(['INFO all is well'])).toBeUndefined();
  });
});
