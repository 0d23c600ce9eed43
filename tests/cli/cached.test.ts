/**
 * `--writes cached`: the kernel keeps writes back, and the verdicts are the same. Rows of expected-results.test.ts, again: what
 * keeps its promises, what breaks them, and what a kill leaves.
 */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Results } from '../../src/report/results.ts';
import { expectNothingLeft, powercut, scratch } from './support/powercut.ts';

afterEach(expectNothingLeft);

async function test(words: string): Promise<Results> {
  const pace = ['--time', '6s', '--interval', '1s'];
  const store = join(scratch(), 'store');
  const args = ['test', ...words.split(' '), '--writes', 'cached', ...pace, '--store', store, '--json'];
  const ran = await powercut(args, { timeoutMs: 170_000 });
  if (!ran.stdout.startsWith('{'))
    throw new Error(`powercut ${args.join(' ')} printed no results: ${ran.stderr}`);
  const results = JSON.parse(ran.stdout) as Results;
  expect(results.writes).toBe('cached');
  expect(results.command).toContain('--writes cached');
  return results;
}

function explain({ command, findings, notes, unknown = '' }: Results): string {
  return [command, ...findings.map(({ message }) => message), ...notes, unknown].join('\n');
}

describe('with writes that the kernel keeps back', () => {
  it.each([
    'sqlite --seed 51',
    'sqlite --set journal_mode=DELETE --set synchronous=EXTRA --seed 52',
    'sqlite --nemesis kill --set synchronous=OFF --seed 53',
    'sqlite --nemesis lose-unsynced --seed 54',
  ])('%s keeps its promises', async (words) => {
    const results = await test(words);
    expect(results.valid, explain(results)).toBe(true);
    expect(results.findings).toEqual([]);
    expect(results.ops.ok).toBeGreaterThan(20);
  });

  it('sqlite with synchronous=OFF breaks them, and the pages that were in the kernel are the proof', async () => {
    const results = await test('sqlite --set synchronous=OFF --seed 55');
    expect(results.valid, explain(results)).toBe(false);
    const lost = results.findings.find((finding) => finding.class === 'lost-write');
    expect(lost?.evidence.diskOps.map(({ kind }) => kind)).toContain('write');
    expect(lost?.evidence.sentences.join('\n')).toMatch(/never fsynced before the cut/);
  });
});
