/**
 * What must come out for redis and lmdb: each row runs the whole command on the real thing, as docs/targets/ promises. A row
 * that differs is a defect in powercut until its cause is found in the disk's ops.
 */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Results } from '../../src/report/results.ts';
import { authorOf, expectNothingLeft, powercut, scratch } from './support/powercut.ts';

afterEach(expectNothingLeft);

async function test(words: string): Promise<{ code: number | null; results: Results }> {
  const pace = ['--time', '5s', '--interval', '1s'];
  const store = join(scratch(), 'store');
  // `_` is a blank within a word.
  const given = words.split(' ').map((word) => word.replaceAll('_', ' '));
  const args = ['test', ...given, ...pace, '--store', store, '--json'];
  const ran = await powercut(args, { timeoutMs: 170_000 });
  if (!ran.stdout.startsWith('{'))
    throw new Error(`powercut ${args.join(' ')} printed no results: ${ran.stderr}`);
  return { code: ran.code, results: JSON.parse(ran.stdout) as Results };
}

function explain({ command, findings, notes, unknown = '' }: Results): string {
  return [command, ...findings.map(({ message }) => message), ...notes, unknown].join('\n');
}

async function keepsItsPromises(words: string): Promise<void> {
  const { code, results } = await test(words);
  expect(results.valid, explain(results)).toBe(true);
  expect(code).toBe(0);
  expect(results.findings).toEqual([]);
  expect(results.ops.ok).toBeGreaterThan(20);
}

/** Gives what the disk says to it. */
async function losesWrites(words: string): Promise<string> {
  const { code, results } = await test(words);
  expect(results.valid, explain(results)).toBe(false);
  expect(code).toBe(1);
  const lost = results.findings.filter((finding) => finding.class === 'lost-write');
  expect(lost.length, explain(results)).toBeGreaterThan(0);
  return lost[0]!.evidence.sentences.join('\n');
}

describe('redis', () => {
  it.each([
    ['by default, a window of two seconds', 'redis --seed 61'],
    ['with appendfsync=always, everything', 'redis --set appendfsync=always --contract strict --seed 62'],
    ['with appendfsync=no, their order', 'redis --set appendfsync=no --seed 63'],
    ['with snapshots alone, the last one', 'redis --set appendonly=no --set save=1_1 --seed 64'],
    ['to a kill', 'redis --nemesis kill --set appendfsync=always --contract strict --seed 65'],
    [
      'while the log is rewritten',
      'redis --set appendfsync=always --set auto-aof-rewrite-min-size=8kb --set auto-aof-rewrite-percentage=10 --seed 66',
    ],
  ])('keeps what it promises: %s', (_, words) => keepsItsPromises(words));

  it('loses writes that were acknowledged before their sync, and the log that held them is named', async () => {
    expect(await losesWrites('redis --contract strict --seed 67')).toMatch(
      new RegExp(
        `it was in \`appendonlydir/appendonly\\.aof\\.1\\.incr\\.aof\`, .* written by ${authorOf('redis-server')} .* never fsynced`,
      ),
    );
  });

  it('loses everything without a log and without snapshots, having written nothing', async () => {
    expect(await losesWrites('redis --set appendonly=no --set save= --seed 68')).toMatch(/never wrote it/);
  });
});

describe('lmdb', () => {
  it.each([
    ['by default, everything', 'lmdb --contract strict --seed 71'],
    ['without overlapping sync', 'lmdb --set overlappingSync=no --contract strict --seed 73'],
    ['with noMetaSync, their order', 'lmdb --set sync=noMetaSync --set overlappingSync=no --seed 74'],
    [
      'with a map that is written to',
      'lmdb --set useWritemap=yes --set overlappingSync=no --contract strict --seed 75',
    ],
    ['to a kill, without any sync', 'lmdb --nemesis kill --set sync=noSync --contract strict --seed 76'],
    ['in order, for a single writer', 'lmdb --workload sequence --seed 77'],
  ])('keeps what it promises: %s', (_, words) => keepsItsPromises(words));

  it('loses what nothing synced with noSync, and the writes are named', async () => {
    expect(await losesWrites('lmdb --set sync=noSync --seed 78')).toMatch(
      new RegExp(`\`elements\\.mdb\`.* by ${authorOf('node')}`),
    );
  });

  it('loses what nothing synced in a map that is written to with mapAsync', async () => {
    const words = 'lmdb --set useWritemap=yes --set mapAsync=yes --set overlappingSync=no';
    // What the kernel holds of a map at the cut was never seen by the disk: the proof may know the file alone.
    expect(await losesWrites(`${words} --seed 79`)).toMatch(/`elements\.mdb`/);
  });
});
