/** Runs the built command line as a user would, and looks at what it leaves behind. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, expect } from 'vitest';

const executable = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Words before `node main.js …`: `['setpriv', '--reuid=65534', …]`. */
  readonly through?: readonly string[];
  /** Only a hang reaches it. */
  readonly timeoutMs?: number;
}

export async function powercut(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return run([...(options.through ?? []), process.execPath, executable, ...written(words)], options);
}

/** `POWERCUT_TEST_WRITES=cached` has the whole suite write as it says: the verdicts have to be the same. */
function written(words: readonly string[]): readonly string[] {
  const writes = process.env['POWERCUT_TEST_WRITES'];
  const [command, ...rest] = words;
  const takesIt = command === 'test' || command === 'run' || command === 'mount';
  if (writes === undefined || !takesIt || rest.includes('--writes')) return words;
  return [command, '--writes', writes, ...rest];
}

/** Who wrote, as a proof says it: what the kernel keeps back it writes in its own name. */
export function authorOf(program: string): string {
  return process.env['POWERCUT_TEST_WRITES'] === 'cached'
    ? 'the kernel \\(write-back\\)'
    : `${program}\\[\\d+\\]`;
}

export async function run(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const [command, ...args] = words;
  expect(command).toBeDefined();
  const child = spawn(command!, args, {
    cwd: options.cwd ?? tmpdir(),
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const timeout = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 120_000);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timeout);
      resolve({ code, signal, stdout, stderr });
    });
  });
}

/** The sentence on stderr, which has to be the only line there. */
export function sentenceOf(ran: Ran): string {
  const lines = ran.stderr.trimEnd().split('\n');
  expect(lines, ran.stderr).toHaveLength(1);
  expect(ran.stderr).not.toMatch(/^\s+at /m);
  expect(lines[0]).toMatch(/^powercut: /);
  return lines[0]!.replace(/^powercut: /, '');
}

const scratches: string[] = [];
const kept: string[] = [];

/** A fresh directory under the system's temporary one, removed after the test, or with `keep` after its file. */
export function scratch({ keep = false } = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'powercut-cli-test-'));
  (keep ? kept : scratches).push(directory);
  return directory;
}

/** Nothing that a test started may still be mounted or running. */
export function expectNothingLeft(): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  for (const directory of [...scratches, ...kept]) {
    expect(mounts.filter((line) => line.includes(directory))).toEqual([]);
    expect(commandLines().filter(({ line }) => line.includes(directory))).toEqual([]);
  }
}

function commandLines(): { pid: string; line: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => {
      try {
        return [{ pid, line: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') }];
      } catch {
        return [];
      }
    });
}

afterEach(() => {
  try {
    expectNothingLeft();
  } finally {
    for (const directory of scratches.splice(0)) rmSync(directory, { recursive: true, force: true });
  }
});

afterAll(() => {
  for (const directory of kept.splice(0)) rmSync(directory, { recursive: true, force: true });
});
