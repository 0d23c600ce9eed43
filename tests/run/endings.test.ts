/** How runs end, and what is in the store then. */
import { mkdirSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Op } from '../../src/disk/op.ts';
import type { Results } from '../../src/report/results.ts';
import { powercut, scratch } from '../cli/support/powercut.ts';
import {
  explain,
  nemesisOf,
  outcomeOf,
  diskProcessOf,
  disturbed,
  testDriver,
  wordsFor,
  type Outcome,
} from './support/runs.ts';

/** The nemesis ops with their triggers, and the adds, each in the order in which they were begun. */
function begun({ history }: Outcome) {
  const invoked = history.filter(({ type, final }) => type === 'invoke' && final !== true);
  return {
    triggers: invoked.filter(({ process }) => process === 'nemesis').map(({ f, value }) => ({ f, value })),
    ops: invoked.filter(({ process }) => process !== 'nemesis').map(({ f, value }) => ({ f, value })),
  };
}

function startOf<Item>(items: readonly Item[], other: readonly Item[]): readonly Item[] {
  return items.slice(0, Math.min(items.length, other.length));
}

describe('a run', () => {
  it('leaves a complete store behind, all of whose times are its own; on the same seed it does the same again', async () => {
    const words = ['--nemesis', 'power-cut,kill', '--seed', '7', '--interval', '700ms'];
    const first = await testDriver('honest', [...words, '--time', '4s']);
    expect([first.code, first.results.valid], explain(first)).toEqual([0, true]);
    expect(nemesisOf(first).slice(0, 4)).toEqual([
      'invoke power-cut',
      'info power-cut',
      'invoke kill',
      'info kill',
    ]);
    expectCompleteStore(first);

    const second = await testDriver('honest', words);
    const [one, other] = [begun(first), begun(second)];
    expect(one.triggers[0]?.value).toMatchObject({
      at: 'unsynced-op',
      afterOps: expect.any(Number) as number,
    });
    expect(startOf(one.triggers, other.triggers)).toEqual(startOf(other.triggers, one.triggers));
    expect(startOf(one.ops, other.ops)).toEqual(startOf(other.ops, one.ops));
  });

  function expectCompleteStore({ stdout, results, history }: Outcome): void {
    const { store, durationMs } = results;
    const text = (name: string) => readFileSync(join(store, name), 'utf8');
    expect(text('results.json')).toBe(stdout);
    expect(text('report.html').includes('I keep my word')).toBe(true);
    expect(readdirSync(store).sort()).toEqual([
      'disk-ops.jsonl',
      'history.jsonl',
      'logs',
      'report.html',
      'results.json',
      'run.json',
    ]);
    const ops = text('disk-ops.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Op);
    const times = [...ops, ...history].map(({ timeMs }) => timeMs);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...times)).toBeLessThanOrEqual(durationMs);
    // The clock of both: an acknowledged add was synced between its invocation and its acknowledgement.
    const adder = history.find(({ f, type }) => f === 'add' && type === 'ok')?.process;
    const [invoke, ok] = history.filter(({ f, process }) => f === 'add' && process === adder);
    const synced = ops.filter(
      ({ kind, timeMs }) => kind === 'fsync' && timeMs >= invoke!.timeMs && timeMs <= ok!.timeMs,
    );
    expect(synced.length).toBeGreaterThan(0);
  }

  it('that is interrupted by Ctrl-C ends early, is judged, and leaves nothing behind', async () => {
    const store = join(scratch(), 'store');
    const words = wordsFor('honest', store, ['--time', '100s', '--interval', '500ms', '--json']);
    const outcome = outcomeOf(await disturbed(words, (run) => run.kill('SIGINT')));
    expect([outcome.code, outcome.results.valid], explain(outcome)).toEqual([0, true]);
    expect(outcome.results.durationMs).toBeLessThan(90_000);
    expect(outcome.results.notes.join('\n')).toMatch(
      /the run was interrupted at [\d.]+ s: what had been done/,
    );
    expect(nemesisOf(outcome).at(-1)).toBe('info end');
    expect(outcome.history.findLast(({ final }) => final)).toMatchObject({ f: 'read', type: 'ok' });
  });

  it('that is killed can be analysed all the same, and is said not to have finished', async () => {
    const store = join(scratch(), 'store');
    const words = wordsFor('honest', store, ['--time', '100s', '--interval', '500ms']);
    const ran = await disturbed(words, (run) => run.kill('SIGKILL'));
    expect([ran.signal, ran.stdout]).toEqual(['SIGKILL', '']);
    const run = realpathSync(join(store, 'latest'));
    expect(readdirSync(run)).not.toContain('results.json');
    const analysis = await powercut(['analyze', join(store, 'latest'), '--json']);
    expect(analysis.code, analysis.stderr).toBe(2);
    const results = JSON.parse(analysis.stdout) as Results;
    expect(results.unknown).toMatch(/^the run did not finish, or is still going on: /);
    expect(results.ops.ok).toBeGreaterThan(0);
  });

  it('whose disk process dies says so and leaves nothing behind', async () => {
    const store = join(scratch(), 'store');
    const words = wordsFor('honest', store, ['--time', '100s', '--interval', '500ms']);
    const ran = await disturbed(words, () => process.kill(diskProcessOf(store), 'SIGKILL'));
    expect([ran.code, ran.stdout]).toEqual([255, '']);
    expect(ran.stderr).toMatch(/the disk ended in the middle of the run: .* was killed by SIGKILL/);
    expect(readdirSync(realpathSync(join(store, 'latest')))).not.toContain('results.json');
  });

  it('that fills the disk of this computer ends with one sentence and 255, and its store claims no results', async () => {
    const store = join(scratch(), 'small');
    mkdirSync(store);
    const script =
      'mount -t tmpfs -o size=300k small "$0" && "$@"; code=$?; cp -r "$0" "$0-kept"; exit $code';
    const through = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, store];
    const words = wordsFor('careless', store, ['--time', '100s', '--rate', '2000']);
    const ran = await powercut(words, { through });
    expect([ran.code, ran.stdout], ran.stderr).toEqual([255, '']);
    const sentences = ran.stderr.split('\n').filter((line) => line.startsWith('powercut: '));
    expect(sentences.at(-1), ran.stderr).toMatch(/^powercut: the disk of this computer is full/);
    const kept = `${store}-kept`;
    const [test] = readdirSync(kept).filter((name) => name !== 'latest');
    const [time] = readdirSync(join(kept, test!));
    expect(readdirSync(join(kept, test!, time!))).not.toContain('results.json');
    rmSync(kept, { recursive: true });
  });
});

it('a folder without a run is told so', async () => {
  const ran = await powercut(['analyze', scratch()]);
  expect([ran.code, ran.stderr]).toEqual([
    254,
    expect.stringMatching(/^powercut: there is no run to analyse: .*run\.json is missing\n$/) as string,
  ]);
});
