/** `powercut mount DIR` and `powercut disk DIR …`: the disk by itself, as a user handles it from two terminals. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DiskStats, Loss, UnsyncedReport } from '../../src/mount/control.ts';
import { powercut, run, scratch } from './support/powercut.ts';

const executable = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

let directory: string;
let mounting: ChildProcess;
let said: string;

async function mount(...words: string[]): Promise<void> {
  directory = join(scratch(), 'disk');
  mkdirSync(directory);
  said = '';
  mounting = spawn(process.execPath, [executable, 'mount', directory, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  mounting.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until(() => /is a disk that forgets/.test(said) || mounting.exitCode !== null);
  expect(said).toMatch(/is a disk that forgets/);
}

/** Asks it to end and gives its exit code. */
async function end(signal: NodeJS.Signals): Promise<number | null> {
  mounting.kill(signal);
  await until(() => mounting.exitCode !== null || mounting.signalCode !== null);
  return mounting.exitCode;
}

async function until(condition: () => boolean): Promise<void> {
  for (let waitedMs = 0; !condition(); waitedMs += 50) {
    if (waitedMs > 60_000) throw new Error(`waited a minute in vain; stderr so far: ${said}`);
    await sleep(50);
  }
}

/** Touches the disk from a process of its own: this one must not wait for a disk that it would have to end. */
async function sh(script: string): Promise<string> {
  const { stdout, stderr, code } = await run(['sh', '-c', script], { cwd: directory });
  expect(code, stderr).toBe(0);
  return stdout;
}

async function ask<Reply>(...words: string[]): Promise<Reply> {
  const { stdout, stderr, code } = await powercut(['disk', directory, ...words, '--json']);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Reply;
}

const mounted = () => readFileSync('/proc/self/mounts', 'utf8').includes(` ${directory} `);

afterEach(async () => {
  if (mounting.exitCode === null && mounting.signalCode === null) await end('SIGTERM');
});

describe('a mounted disk', () => {
  beforeEach(() => mount());

  it('says what is un-synced, for people and as JSON', async () => {
    await sh('echo data > file');
    const { stdout } = await powercut(['disk', directory, 'report']);
    expect(stdout).toMatch(
      /^un-synced: 2 files, 5 B of data\n[\s\S]*file +5 B +its name is not durable, bytes 0–4; last write/,
    );
    const report = await ask<UnsyncedReport>('report');
    expect(report.files.map(({ path }) => path).sort()).toEqual(['.', 'file']);
  });

  it('loses in a cut what was not synced, and goes on', async () => {
    await sh('echo safe > safe; sync safe; sync .; echo lost > lost');
    const loss = await ask<Loss>('cut');
    expect(loss.sizeBytes).toBe(5);
    expect(await sh('cat *')).toBe('safe\n');
    await sh('echo again > again');
    expect(await sh('ls')).toBe('again\nsafe\n');
  });

  it('keeps everything of a checkpoint', async () => {
    await sh('echo data > file');
    await ask('checkpoint');
    await ask('cut');
    expect(await sh('cat file')).toBe('data\n');
  });

  it('drops un-synced data under living programs, and leaves names', async () => {
    await sh('echo data > file');
    await ask('lose-unsynced');
    expect(await sh('stat -c %s file')).toBe('0\n');
  });

  it('counts', async () => {
    await sh('echo data > file; sync file');
    const stats = await ask<DiskStats>('stats');
    expect(stats).toMatchObject({ mounted: true, profile: 'strict', cuts: 0, barriers: 1 });
    const { stdout } = await powercut(['disk', directory, 'stats']);
    expect(stdout).toMatch(/^barriers +1$/m);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'is unmounted by %s, and says what went with it',
    async (signal) => {
      await sh('echo data > file');
      expect(await end(signal)).toBe(0);
      expect(said).toMatch(/un-synced: 2 files/);
      expect(mounted()).toBe(false);
      expect(readdirSync(directory)).toEqual([]);
    },
  );

  it('ends when it is unmounted by somebody else', async () => {
    expect((await run(['umount', directory])).code).toBe(0);
    await until(() => mounting.exitCode !== null);
    expect(mounting.exitCode).toBe(0);
  });

  it('refuses a second one at the same place, in one sentence', async () => {
    const ran = await powercut(['mount', directory]);
    expect(ran.code).toBe(254);
    expect(ran.stderr).toMatch(/^powercut: .* is a mount already.*\n$/);
    expect(mounted()).toBe(true);
  });
});

describe('a disk whose powercut was killed', () => {
  it('is gone, or is taken away by the next one at the same place', async () => {
    await mount();
    mounting.kill('SIGKILL');
    await until(() => mounting.signalCode !== null);
    const again = spawn(process.execPath, [executable, 'mount', directory], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    mounting = again;
    said = '';
    again.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until(() => /is a disk that forgets/.test(said) || again.exitCode !== null);
    expect(said).toMatch(/is a disk that forgets/);
    expect(await sh('ls')).toBe('');
    expect(await end('SIGINT')).toBe(0);
    expect(mounted()).toBe(false);
  });
});

describe('options of a mount', () => {
  it('--capacity fills up with ENOSPC, as a real disk does', async () => {
    await mount('--capacity', '1MiB');
    const { code, stderr } = await run(['sh', '-c', 'head -c 2M /dev/zero > file'], { cwd: directory });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/No space left on device/);
  });

  it('--profile lazyfs keeps names', async () => {
    await mount('--profile', 'lazyfs');
    await sh('echo data > file');
    await ask('cut');
    expect(await sh('stat -c "%n %s" *')).toBe('file 0\n');
  });

  it('--pin keeps paths', async () => {
    await mount('--pin', '*.keep');
    await sh('echo a > a.keep; echo b > b');
    await ask('cut');
    expect(await sh('ls')).toBe('a.keep\n');
  });
});

describe('a directory that holds something', () => {
  it('is never mounted over', async () => {
    await mount();
    await end('SIGINT');
    writeFileSync(join(directory, 'precious'), 'mine');
    const ran = await powercut(['mount', directory]);
    expect(ran.code).toBe(254);
    expect(existsSync(join(directory, 'precious'))).toBe(true);
    expect(mounted()).toBe(false);
  });
});
