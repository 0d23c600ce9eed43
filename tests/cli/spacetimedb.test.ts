/**
 * The experiments of the report on un-synced writes (SpacetimeDB issue 4886), each one command on the real server, with the
 * picture that docs/case-studies/spacetimedb.md shows; and what else it loses. Skipped, aloud, where there is no server: it takes
 * a quarter of an hour to build. What is said of wrong input needs none.
 */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Finding, Results } from '../../src/report/results.ts';
import { isTested } from '../targets/support/spacetimedb.ts';
import { expectNothingLeft, powercut, scratch, sentenceOf } from './support/powercut.ts';
import type { Ran, RunOptions } from './support/powercut.ts';

afterEach(expectNothingLeft);

interface Outcome {
  readonly code: number | null;
  readonly results: Results;
}

const pace = ['--time', '3s', '--interval', '1s', '--concurrency', '3', '--seed', '5'];

async function test(words: string, store = join(scratch(), 'store')): Promise<Outcome> {
  const args = ['test', 'spacetimedb', ...pace, '--store', store, '--json', ...words.split(' ')];
  const ran = await powercut(args, { timeoutMs: 170_000 });
  if (!ran.stdout.startsWith('{')) throw new Error(`${args.join(' ')} printed no results: ${ran.stderr}`);
  return { code: ran.code, results: JSON.parse(ran.stdout) as Results };
}

/** What a failed expectation needs to be understood. */
function explain({ results }: Outcome): string {
  const findings = results.findings.map((finding) => `${finding.class}: ${finding.message}`);
  return `${results.command}\n${[...findings, ...results.notes, results.unknown ?? ''].join('\n')}`;
}

function expectFindings(outcome: Outcome): readonly Finding[] {
  expect(outcome.code, explain(outcome)).toBe(1);
  expect(outcome.results.findings, explain(outcome)).not.toEqual([]);
  return outcome.results.findings;
}

function expectValid(outcome: Outcome): void {
  expect(outcome.results.valid, explain(outcome)).toBe(true);
  expect(outcome.results.findings).toEqual([]);
  expect(outcome.results.ops.ok).toBeGreaterThan(20);
}

/** `write data/metadata.toml` … */
const opsOf = ({ evidence }: Finding): string[] =>
  evidence.diskOps.map(({ kind, path }) => `${kind} ${path}`);

/** Names that were added (+) or removed (-) in a directory, and never synced. */
const namesIn = ({ results }: Outcome, directory: string): readonly string[] =>
  results.unsynced.find(({ path }) => path === directory)?.names ?? [];

/** Hashes and dates differ from run to run. */
const nameless = (path: string): string =>
  path
    .replace(/\d{4}-\d\d-\d\d/, 'DATE')
    .replace(/objects\/..\/[0-9a-f]{62}$/, 'objects/HASH')
    .replace(/snap\.[0-9A-F]{16}$/, 'snap.LSN')
    .replace(/wasmtime\/.*/, 'wasmtime/…');

const segment = 'data/replicas/1/clog/00000000000000000000.stdb.log';
const snapshot = 'data/replicas/1/snapshots/00000000000000000000.snapshot_dir';

/** Where names are lost that some real file system keeps. */
const strictly = '--profile strict --fail-on strict';

describe.skipIf(!isTested)('the un-synced report', () => {
  it("lists the report's files, each with what its loss means", async () => {
    const { code, results } = await test('--nemesis unsynced-report --profile lazyfs --cut-setup');
    expect(code).toBe(2);
    expect(results.unknown).toMatch(/nothing was tested/);
    const said = new Map(results.unsynced.map(({ path, expected }) => [nameless(path), expected?.harmless]));
    expect(said).toEqual(
      new Map([
        ['data/cache/wasmtime/…', true],
        ['data/config.toml', true],
        ['data/control-db/conf', true],
        ['data/logs/spacetime-standalone.log', true],
        ['data/metadata.toml', false],
        [segment, false],
        [segment.replace('.log', '.ofs'), true],
        ['data/replicas/1/module_logs/DATE.log', true],
        [`${snapshot}/00000000000000000000.snapshot_bsatn`, true],
        [`${snapshot}/objects/HASH`, true],
        ['data/spacetime.pid', true],
      ]),
    );
    const age = results.unsynced.find(({ path }) => path === 'data/metadata.toml')?.ageMs ?? 0;
    expect(age).toBeGreaterThan(1_000);
  });

  it('lists names, too, where names are volatile', async () => {
    const { results } = await test('--nemesis unsynced-report --cut-setup');
    const directories = results.unsynced.filter(({ names }) => (names ?? []).length > 0);
    expect(directories.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['data', 'data/control-db', 'data/replicas', 'data/replicas/1/clog']),
    );
  });
});

const metadata =
  /failed reading metadata\.toml: TOML parse error at line 1, column 1: missing field `version`/;

describe.skipIf(!isTested)('losing un-synced writes', () => {
  it.each(['power-cut', 'lose-unsynced'])(
    "on the report's disk the server does not start again, for want of metadata.toml: %s",
    async (nemesis) => {
      const store = join(scratch(), 'store');
      const findings = expectFindings(await test(`--nemesis ${nemesis} --profile lazyfs --cut-setup`, store));
      for (const finding of findings) {
        expect(finding.class).toBe('unrestartable');
        expect(finding.message).toMatch(metadata);
        expect(finding.evidence.exitCode).toBe(1);
        expect(finding.evidence.sentences.join('\n')).toMatch(
          /started 3 times, and failed in the same way each time/,
        );
        expect(opsOf(finding)).toContain('write data/metadata.toml');
        expect(opsOf(finding)).not.toContain('fsync data/metadata.toml');
      }
      const replayed = await powercut(['replay', join(store, 'latest/findings/1')], { timeoutMs: 170_000 });
      expect(replayed.code, replayed.stderr).toBe(1);
      expect(replayed.stdout + replayed.stderr).toMatch(/metadata\.toml/);
    },
  );

  it('with metadata.toml kept, the rest that is un-synced on that disk may go', async () => {
    const outcome = await test('--profile lazyfs --cut-setup --pin data/metadata.toml');
    expectValid(outcome);
    expect(outcome.results.cuts).toBeGreaterThanOrEqual(1);
  });

  it('where names are lost, too, less is left: the server starts as if it were new', async () => {
    const outcome = await test(`${strictly} --cut-setup`);
    for (const finding of expectFindings(outcome)) {
      expect(finding.class).toBe('unopenable');
      expect(finding.message).toMatch(
        /404: .*it does not know a database that was published: .*data\/control-db$/,
      );
    }
    expect(namesIn(outcome, 'data')).toContain('+control-db');
  });
});

describe.skipIf(!isTested)('the power glitch', () => {
  it('leaves a server that starts and keeps its word: beneath metadata.toml only the tail of the log is lost', async () => {
    const outcome = await test('--nemesis power-glitch --profile lazyfs --cut-setup');
    expectValid(outcome);
    expect(outcome.results.cuts).toBeGreaterThanOrEqual(1);
  });

  it('which is more than a strict contract allows: acknowledged adds whose bytes were in the log', async () => {
    const outcome = await test(
      '--nemesis power-glitch --profile lazyfs --cut-setup --contract strict --workload sequence --set disk-logging=off --time 6s',
    );
    const findings = expectFindings(outcome);
    expect(new Set(findings.map((finding) => finding.class))).toEqual(new Set(['lost-write']));
    const inTheLog = findings.filter((finding) => opsOf(finding).includes(`write ${segment}`));
    expect(inTheLog, explain(outcome)).not.toEqual([]);
    for (const { evidence } of inTheLog)
      expect(evidence.rule).toMatch(/durable only once fsync or fdatasync/);
  });
});

describe.skipIf(!isTested)('SIGTERM instead of SIGKILL', () => {
  it('leaves the same files un-synced, and findings of the same class', async () => {
    const command = '--profile lazyfs --cut-setup';
    const killed = await test(`${command} --stop-signal SIGKILL`);
    const stopped = await test(`${command} --stop-signal SIGTERM`);
    const classes = (outcome: Outcome) => new Set(expectFindings(outcome).map((finding) => finding.class));
    expect(classes(stopped)).toEqual(classes(killed));
    const files = ({ results }: Outcome) =>
      results.unsynced.filter(({ expected }) => expected?.harmless === false).map(({ path }) => path);
    expect(files(stopped)).toContain('data/metadata.toml');
    expect(files(killed)).toEqual(expect.arrayContaining(files(stopped)));
  });
});

describe.skipIf(!isTested)('with set-up on the disk for good', () => {
  it.each([
    '--nemesis power-cut',
    '--nemesis power-cut --set via=call',
    '--nemesis power-cut --workload sequence',
    '--nemesis power-glitch,kill --workload sequence --set via=call',
    '--nemesis kill',
    '--nemesis lose-unsynced',
  ])('what 1.2 promises is kept: %s', async (words) => {
    expectValid(await test(words));
  });
});

describe.skipIf(!isTested)('what else is lost', () => {
  it("the module's name, where the database's are lost with it", async () => {
    const outcome = await test(`${strictly} --cut-setup --pin data/control-db`);
    for (const finding of expectFindings(outcome)) {
      expect(finding.class).toBe('unopenable');
      expect(finding.message).toMatch(
        /500: failed to get or launch module host: program [0-9a-f]{64} not found/,
      );
    }
    expect(namesIn(outcome, 'data')).toEqual(expect.arrayContaining(['+program-bytes', '+replicas']));
  });

  it("the names of the commit log's segments: the database comes back empty, without a word", async () => {
    // Longer than the window that may be lost.
    const work = '--time 4s --interval 4s';
    const outcome = await test(
      `${strictly} --cut-setup --pin data/control-db --pin data/program-bytes ${work}`,
    );
    const [first] = expectFindings(outcome);
    expect(first).toMatchObject({ class: 'lost-write' });
    expect(namesIn(outcome, 'data/replicas/1/clog')).toContain('+00000000000000000000.stdb.log');
  });

  it('the signing keys, where they lie on the same disk', async () => {
    const contents = await test('--profile lazyfs --cut-setup --set keys=on-disk --pin data/metadata.toml');
    expect(expectFindings(contents)[0]).toMatchObject({ class: 'unrestartable' });
    expect(contents.results.findings[0]?.message).toMatch(
      /InvalidKeyFormat \(its signing keys are in keys\/id_ecdsa\)$/,
    );
    const names = await test(`${strictly} --cut-setup --set keys=on-disk --pin data`);
    expect(expectFindings(names)[0]).toMatchObject({ class: 'unopenable' });
    expect(names.results.findings[0]?.message).toMatch(
      /401: .*the signing key in keys\/id_ecdsa is not that of before$/,
    );
  });
});

/** A program in the server's place, first on PATH, and nothing else of the kind on this computer. */
async function withProgram(
  script: string,
  words: readonly string[] = [],
  more: RunOptions = {},
): Promise<Ran> {
  const directory = join(scratch(), 'bin');
  mkdirSync(directory);
  writeFileSync(join(directory, 'spacetimedb-standalone'), script, { mode: 0o755 });
  chmodSync(directory, 0o755);
  const args = [
    'test',
    'spacetimedb',
    '--store',
    join(scratch(), 'store'),
    '--time',
    '1s',
    '--seed',
    '1',
    ...words,
  ];
  return powercut(args, { env: { PATH: `${directory}:${process.env['PATH'] ?? ''}` }, ...more });
}

const says = (version: string): string => `#!/bin/sh\necho "spacetimedb tool version ${version};"\n`;

/** Answers as 1.2.0 does, but has no use for any module. */
const refusing = `#!${process.execPath}
const { createServer } = require('node:http');
const { mkdirSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
if (args[0] === '--version') {
  console.log('spacetimedb tool version 1.2.0; spacetimedb-lib version 1.2.0;');
} else {
  const port = Number(args[args.indexOf('--listen-addr') + 1].split(':')[1]);
  const keys = args[args.indexOf('--jwt-key-dir') + 1];
  for (const name of ['id_ecdsa', 'id_ecdsa.pub']) writeFileSync(keys + '/' + name, 'key');
  createServer((request, response) => {
    if (request.method === 'PUT') response.writeHead(500).end('error getting module description:\\n  no such import');
    else response.end(request.method === 'POST' ? JSON.stringify({ token: 'secret' }) : '');
  }).listen(port, '127.0.0.1');
}
`;

describe('wrong input ends with one sentence', () => {
  it('no server on this computer', async () => {
    const has = (directory: string, program: string) => existsSync(join(directory, program));
    const path = (process.env['PATH'] ?? '')
      .split(':')
      .filter((directory) => !has(directory, 'spacetimedb-standalone') && !has(directory, 'spacetime'));
    const home = scratch();
    const ran = await powercut(['test', 'spacetimedb', '--store', join(scratch(), 'store')], {
      env: { PATH: path.join(':'), HOME: home },
    });
    expect(sentenceOf(ran)).toMatch(
      /^no SpacetimeDB server on this computer: .*cargo install spacetimedb-standalone --version 1\.2\.0 --locked$/,
    );
    expect(ran.code).toBe(255);
  });

  it('a version that is not driven', async () => {
    const ran = await withProgram(says('0.9.1'));
    expect(sentenceOf(ran)).toMatch(/is SpacetimeDB 0\.9\.1, which powercut does not drive/);
    expect(ran.code).toBe(255);
  });

  it('a server that refuses the module', async () => {
    const ran = await withProgram(refusing);
    expect(ran.stderr).toMatch(
      /^powercut: spacetimedb 1\.2\.0 refuses powercut's module: 500: error getting module description: no such import$/m,
    );
    expect(ran.code).toBe(255);
  });

  it('a port that is taken', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = holder.address() as AddressInfo;
      const ran = await withProgram(says('1.2.0'), ['--set', `port=${port}`]);
      expect(ran.stderr).toMatch(new RegExp(`^powercut: port ${port} on 127\\.0\\.0\\.1 is taken`, 'm'));
      expect(ran.code).toBe(255);
    } finally {
      holder.close();
    }
  });

  it.each([
    [['--set', 'port=http'], /^port: `http` is not a port/],
    [['--set', 'via=websocket'], /unknown value of spacetimedb's via `websocket` \(known: sql, call\)/],
    [['--set', 'confirmed=true'], /^SpacetimeDB 1\.2\.0 has no confirmed answers/],
    [['--set', 'fsync=off'], /unknown setting of spacetimedb `fsync`/],
  ])('a setting that makes no sense: %j', async (words, sentence) => {
    const ran = await withProgram(says('1.2.0'), words);
    const said = ran.stderr.trimEnd().split('\n').at(-1) ?? '';
    expect(said.replace(/^powercut: /, '')).toMatch(sentence);
    expect(ran.code).toBe(254);
  });
});
