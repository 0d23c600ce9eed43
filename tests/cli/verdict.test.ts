/** `powercut test` from the outside: exit codes, what is printed where, what is stored, and that it can be looked at again. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Results } from '../../src/report/results.ts';
import { powercut, scratch } from './support/powercut.ts';
import type { Ran } from './support/powercut.ts';

const short = ['--time', '4s', '--interval', '2s'];

describe('a run that finds something', () => {
  let store: string;
  let ran: Ran;
  let results: Results;

  beforeAll(async () => {
    store = join(scratch({ keep: true }), 'store');
    const words = ['test', 'sqlite', '--set', 'synchronous=off', '--seed', '7', ...short];
    ran = await powercut([...words, '--store', store, '--json']);
    results = JSON.parse(ran.stdout) as Results;
  });

  const inRun = (...path: string[]) => join(store, 'latest', ...path);
  const read = (...path: string[]) => readFileSync(inRun(...path), 'utf8');

  it('exits with 1 and prints results.json alone on stdout', () => {
    expect(ran.code, ran.stderr).toBe(1);
    expect(results.valid).toBe(false);
    expect(results).toEqual(JSON.parse(read('results.json')));
  });

  it('says on stderr what it does, the seed first', () => {
    expect(ran.stderr).toMatch(/^\[ +0\.0 s\] seed 7\n/);
    expect(ran.stderr).toMatch(/set-up[\s\S]*work[\s\S]*power-cut[\s\S]*boot/);
  });

  it('names the command that repeats it', () => {
    expect(results.seed).toBe(7);
    expect(results.command).toBe(
      `npx powercut test sqlite --set synchronous=OFF --time 4s --interval 2s --store ${store} --seed 7`,
    );
  });

  it('stores what docs/results.md says, for nobody else to read', () => {
    expect(readlinkSync(join(store, 'latest'))).toMatch(/^sqlite-set-power-cut\/[\dTZ.]+$/);
    expect(readdirSync(inRun()).sort()).toEqual(
      [
        'disk-ops.jsonl',
        'findings',
        'history.jsonl',
        'logs',
        'report.html',
        'results.json',
        'run.json',
      ].sort(),
    );
    for (const file of ['results.json', 'report.html', 'history.jsonl', 'disk-ops.jsonl', 'run.json']) {
      expect(statSync(inRun(file)).mode & 0o077, file).toBe(0);
    }
    expect(statSync(inRun()).mode & 0o077).toBe(0);
    const [finding] = results.findings;
    expect(finding).toMatchObject({ number: 1, class: 'lost-write', cut: 1 });
    expect(existsSync(inRun('findings', '1', 'finding.json'))).toBe(true);
    expect(statSync(inRun('findings', '1', 'image')).isDirectory()).toBe(true);
  });

  it('has no key that docs/results.md does not explain', () => {
    const documented = new Set(
      [
        ...readFileSync(fileURLToPath(new URL('../../docs/results.md', import.meta.url)), 'utf8').matchAll(
          /[A-Za-z]+/g,
        ),
      ].map(([word]) => word),
    );
    // What a user names himself, and what is a table from names to figures.
    const { settings: _settings, ...target } = results.target;
    const unnamed = results.findings.map(({ evidence: { processes: _processes, ...evidence }, ...rest }) => ({
      ...rest,
      evidence,
    }));
    const { byKind: _byKind, ...stats } = results.checkers['stats'] as Record<string, unknown>;
    const checked = { ...results, target, findings: unnamed, checkers: { ...results.checkers, stats } };
    for (const key of keysOf(checked)) expect(documented, key).toContain(key);
    for (const file of ['history.jsonl', 'disk-ops.jsonl']) {
      for (const line of read(file).trimEnd().split('\n').slice(-500)) {
        const { value: _value, ...op } = JSON.parse(line) as Record<string, unknown>;
        for (const key of keysOf(op)) expect(documented, `${file}: ${key}`).toContain(key);
      }
    }
  });

  it('can be analyzed again to the same verdict', async () => {
    const again = await powercut(['analyze', inRun(), '--json']);
    expect(again.code, again.stderr).toBe(1);
    expect(again.stderr).toBe('');
    expect((JSON.parse(again.stdout) as Results).findings).toEqual(results.findings);
  });

  it('can be replayed from the crash image, which stays as it is', async () => {
    const before = readdirSync(inRun('findings', '1', 'image'));
    const again = await powercut(['replay', inRun('findings', '1'), '--json']);
    expect(again.code, again.stderr).toBe(1);
    expect(JSON.parse(again.stdout)).toMatchObject({ reproduced: true, found: [{ class: 'lost-write' }] });
    expect(readdirSync(inRun('findings', '1', 'image'))).toEqual(before);
  });
});

describe('a run that finds nothing', () => {
  it('exits with 0 and shows its verdict on stdout', async () => {
    const ran = await powercut(['test', '--nemesis', 'kill', ...short, '--store', join(scratch(), 'store')]);
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/VALID sqlite [\d.]+ kept every promise/);
    expect(ran.stdout).toMatch(/Repeat +npx powercut test sqlite --nemesis kill/);
  });
});

describe('a run that tests nothing', () => {
  it('exits with 2 and says why', async () => {
    const ran = await powercut([
      'test',
      '--nemesis',
      'unsynced-report',
      ...short,
      '--store',
      join(scratch(), 'store'),
    ]);
    expect(ran.code, ran.stdout + ran.stderr).toBe(2);
    expect(ran.stdout).toMatch(/UNKNOWN nothing went wrong in this run, so nothing was tested/i);
  });
});

describe('Ctrl-C', () => {
  it('ends a run early, judges what was done, and leaves nothing behind', async () => {
    const store = join(scratch(), 'store');
    const executable = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const words = [
      'test',
      '--time',
      '1h',
      '--interval',
      '1h',
      '--nemesis',
      'power-cut',
      '--json',
      '--store',
      store,
    ];
    const child = spawn(process.execPath, [executable, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr, interrupted] = ['', '', false];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      // Once: a second one would end everything at once.
      if (!interrupted && /\] work$/m.test(stderr)) interrupted = child.kill('SIGINT');
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    const results = JSON.parse(stdout) as Results;
    expect([0, 1, 2], stderr).toContain(code);
    expect(code).toBe({ true: 0, false: 1, unknown: 2 }[String(results.valid)]);
    expect(existsSync(join(store, 'latest', 'report.html'))).toBe(true);
  });
});

function keysOf(value: unknown): Set<string> {
  if (Array.isArray(value)) return new Set(value.flatMap((entry) => [...keysOf(entry)]));
  if (value === null || typeof value !== 'object') return new Set();
  return new Set(Object.entries(value).flatMap(([key, entry]) => [key, ...keysOf(entry)]));
}
