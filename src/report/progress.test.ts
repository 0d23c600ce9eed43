import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { startProgress } from './progress.ts';

const figures = { opsPerSecond: 1_204.4, unsyncedBytes: 98_304, cuts: 2 };

/** A stream that keeps what is written, and a clock that the test moves. */
function stage(terminal: { readonly isTTY?: true; readonly columns?: number }) {
  let written = '';
  const stream = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written += chunk.toString();
        done();
      },
    }),
    terminal,
  );
  const clock = { timeMs: 1_000 };
  const read = () => {
    const text = written;
    written = '';
    return text;
  };
  return { stream, clock, read, now: () => clock.timeMs };
}

describe('on a terminal', () => {
  const env = { NO_COLOR: '1' };

  test('one line is rewritten, and events stay above it', () => {
    const { stream, clock, read, now } = stage({ isTTY: true, columns: 80 });
    const progress = startProgress(stream, { totalMs: 20_000, env, now });
    progress.phase('work');
    expect(read()).toBe('\r\u001b[2Kwork · 0.0 / 20.0 s');
    clock.timeMs += 12_300;
    progress.sample(figures);
    expect(read()).toBe('\r\u001b[2Kwork · 12.3 / 20.0 s · 1,204 ops/s · 96.0 KiB un-synced · 2 cuts');
    progress.event('cut 2: 98,304 bytes in 3 files are gone');
    expect(read()).toBe(
      '\r\u001b[2K[ 12.3 s] cut 2: 98,304 bytes in 3 files are gone\n' +
        '\r\u001b[2Kwork · 12.3 / 20.0 s · 1,204 ops/s · 96.0 KiB un-synced · 2 cuts',
    );
    progress.done();
    progress.done();
    progress.event('too late');
    expect(read()).toBe('\r\u001b[2K');
  });

  test('samples redraw at most ten times a second', () => {
    const { stream, clock, read, now } = stage({ isTTY: true, columns: 80 });
    const progress = startProgress(stream, { env, now });
    progress.phase('work');
    read();
    for (let sample = 0; sample < 99; sample += 1) {
      clock.timeMs += 1;
      progress.sample(figures);
    }
    expect(read()).toBe('');
    clock.timeMs += 1;
    progress.sample(figures);
    expect(read()).toContain('1,204 ops/s');
    progress.done();
  });

  test('the line never reaches the last column, or the next rewrite would miss it', () => {
    const { stream, read, now } = stage({ isTTY: true, columns: 40 });
    const progress = startProgress(stream, { totalMs: 20_000, env, now });
    progress.sample(figures);
    progress.phase('a phase with a very long name indeed, far too long');
    for (const line of read().split('\r\u001b[2K')) expect(line.length).toBeLessThan(40);
    progress.done();
  });
});

describe('in CI and in pipes', () => {
  test('a line is printed at each phase and event, and every five seconds', () => {
    const { stream, clock, read, now } = stage({});
    const progress = startProgress(stream, { totalMs: 20_000, env: {}, now });
    progress.phase('work');
    clock.timeMs += 4_999;
    progress.sample(figures);
    expect(read()).toBe('[  0.0 s] work\n');
    clock.timeMs += 1;
    progress.sample(figures);
    progress.sample(figures);
    progress.event('cut 1');
    progress.done();
    expect(read()).toBe('[  5.0 s] work · 1,204 ops/s · 96.0 KiB un-synced · 2 cuts\n[  5.0 s] cut 1\n');
  });

  test('a terminal under CI gets lines too', () => {
    const { stream, read, now } = stage({ isTTY: true, columns: 80 });
    const progress = startProgress(stream, { env: { CI: 'true' }, now });
    progress.phase('boot');
    progress.done();
    expect(read()).toBe('[  0.0 s] boot\n');
  });

  test('a reader who went away does not end the run', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const progress = startProgress(stream, { env: {} });
    progress.event('cut 1');
    await new Promise((closed) => stream.once('close', closed));
    progress.event('cut 2');
    progress.done();
  });

  test('what a program named its files cannot speak to the terminal', () => {
    const { stream, read, now } = stage({});
    const progress = startProgress(stream, { env: {}, now });
    progress.event('lost \u001b]0;owned\u0007\nfile');
    progress.done();
    expect(read()).toBe('[  0.0 s] lost \\x1b]0;owned\\x07\\nfile\n');
  });
});
