/**
 * What `powercut test spacetimedb` does where the server on PATH is a 2.x: its flags, what it asks, and what it holds the server to. A
 * stand-in answers, for no registry has a 2.x: what these tests show is powercut's side, and the documentation calls the rest "not run".
 */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import type { Results } from '../../src/report/results.ts';
import { expectNothingLeft, powercut, scratch } from './support/powercut.ts';

afterEach(expectNothingLeft);

const standIn = fileURLToPath(new URL('support/spacetimedb-2.cjs', import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly results: Results;
  /** What the server was started with and asked. */
  readonly said: string;
}

async function testTwo(words: readonly string[]): Promise<Outcome> {
  const directory = join(scratch(), 'bin');
  mkdirSync(directory);
  const program = join(directory, 'spacetimedb-standalone');
  copyFileSync(standIn, program);
  chmodSync(program, 0o755);
  const store = join(scratch(), 'store');
  const pace = ['--time', '3s', '--interval', '1s', '--seed', '1', '--store', store];
  const env = { PATH: `${directory}:${process.env['PATH'] ?? ''}` };
  const { code, stdout, stderr } = await powercut(['test', 'spacetimedb', '--json', ...pace, ...words], {
    env,
  });
  expect(stdout, stderr).toMatch(/^\{/);
  const logs = join(store, 'latest/logs');
  const files = readdirSync(logs, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.log'),
  );
  const said = files.map((name) => readFileSync(join(logs, name), 'utf8')).join('\n');
  return { code, results: JSON.parse(stdout) as Results, said };
}

it('it is told never to ask, and held to every answer to SQL, which it confirms by itself', async () => {
  const { code, results, said } = await testTwo(['--set', 'pg-port=15432']);
  expect(results.findings).toEqual([]);
  expect(code).toBe(0);
  expect(results.cuts).toBeGreaterThan(0);
  expect(results.target.version).toBe('2.1.0');
  expect(results.contract).toMatchObject({ kind: 'documented', acknowledged: 'all' });
  expect(said).toMatch(
    /^started: start --data-dir \S+ --jwt-key-dir \S+ --listen-addr 127\.0\.0\.1:\d+ .*--pg-port 15432$/m,
  );
  expect(said).toContain('--non-interactive');
  expect(said).toMatch(/^POST \/v1\/database\/powercut\/sql$/m);
  expect(said).not.toContain('confirmed=');
});

it('a call is followed by a confirmed query, which makes it durable', async () => {
  const { code, results, said } = await testTwo([
    '--set',
    'via=call',
    '--set',
    'confirmed=true',
    '--concurrency',
    '1',
  ]);
  expect(results.findings).toEqual([]);
  expect(code).toBe(0);
  expect(results.contract).toMatchObject({ acknowledged: 'all' });
  expect(said).toContain(
    'POST /v1/database/powercut/call/insert_element\nPOST /v1/database/powercut/sql?confirmed=true\n',
  );
  expect(said).not.toContain('--pg-port');
});

it('where nobody waits, as much may be lost as one batch takes', async () => {
  const { results, said } = await testTwo(['--set', 'confirmed=false']);
  expect(results.contract).toMatchObject({ acknowledged: { lossWindowMs: 500 }, order: 'prefix' });
  expect(said).toContain('POST /v1/database/powercut/sql?confirmed=false\n');
});
