/**
 * The box: what goes through it unchanged, how signals end it, and that nothing stays however it ends. What is observed
 * is the whole computer, from outside: command lines and mounts that hold a marker.
 */
import { existsSync, readdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clearLeftovers } from '../../src/machine/leftovers.ts';
import { withoutMountPrivilege } from '../cli/support/machines.ts';
import { eventually, mountsWith, processesWith } from './support/host.ts';
import { launch as start, ready } from './support/launched.ts';
import type { Launched } from './support/launched.ts';

let launched: Launched[];
beforeEach(() => {
  launched = [];
});
afterEach(async () => {
  for (const { child } of launched) if (child.exitCode === null) child.kill('SIGKILL');
  await Promise.all(launched.map(({ ended }) => ended));
});

const launch: typeof start = (...how) => {
  const one = start(...how);
  launched.push(one);
  return one;
};

/** The bound within which everything is gone: 0.1 s on an idle computer. */
const goneMs = 10_000;

describe('through the box', () => {
  test('stdin, stdout, stderr and the exit code go unchanged', async () => {
    for (const code of [0, 1, 2, 254, 255]) {
      const one = launch('copy', { argument: String(code) });
      const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 128));
      one.child.stdin?.end(bytes);
      expect(await one.ended).toEqual({ code, signal: null });
      expect(one.lines().join('\n').length).toBeGreaterThan(290_000);
      expect(one.stderr()).toBe('the inner one says this\n');
    }
  });

  test('the inner powercut knows that it is inside, and has a pid namespace of its own', async () => {
    const one = launch('describe', { argument: 'two words' });
    expect((await one.ended).code).toBe(0);
    const said = JSON.parse(one.lines()[0] ?? '') as { pid: number; boxed: boolean; arguments: string[] };
    expect(said).toMatchObject({ boxed: true, arguments: ['describe', one.marker, 'two words'] });
    expect(said.pid).toBeLessThan(10);
  });

  test('a terminal stays a terminal', () => {
    const inner = `${process.execPath} ${new URL('support/boxed.mjs', import.meta.url).pathname} describe 1`;
    const { stdout } = spawnSync('script', ['-qec', inner, '/dev/null'], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(stdout).toContain('"isTTY":true');
  });

  test('a variable alone does not make a process believe that it is inside', async () => {
    process.env['POWERCUT_BOX'] = 'somebody-says-so';
    const one = launch('describe');
    delete process.env['POWERCUT_BOX'];
    await one.ended;
    expect(JSON.parse(one.lines()[0] ?? '')).toMatchObject({
      boxed: true,
      pid: expect.any(Number) as number,
    });
    expect((JSON.parse(one.lines()[0] ?? '') as { pid: number }).pid).toBeLessThan(10);
  });

  test('who may not make namespaces is told what to do', async () => {
    const one = launch('describe', { through: [...withoutMountPrivilege, process.execPath] });
    expect(await one.ended).toEqual({ code: 255, signal: null });
    expect(one.stderr()).toMatch(
      /^UnavailableError: cannot make powercut's namespaces: .*--cap-add SYS_ADMIN --device \/dev\/fuse .*\n$/,
    );
    expect(one.lines()).toEqual([]);
  });
});

describe('signals', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s asks for a graceful end, once, and the exit code says so', async (signal, code) => {
    const one = launch('listen');
    await ready(one);
    one.child.kill(signal);
    expect(await one.ended).toEqual({ code, signal: null });
    expect(one.lines()).toEqual(['ready', signal]);
  });

  test('a Ctrl-C for the whole process group arrives once', async () => {
    const one = launch('listen', { argument: 'stubborn' });
    await ready(one);
    process.kill(-one.child.pid!, 'SIGINT');
    one.child.kill('SIGINT');
    await eventually(() => expect(one.lines()).toEqual(['ready', 'SIGINT']));
    await pause(300);
    expect(one.lines()).toEqual(['ready', 'SIGINT']);
  });

  test('a second SIGINT ends what does not end by itself', async () => {
    const one = launch('listen', { argument: 'stubborn' });
    await ready(one);
    one.child.kill('SIGINT');
    await pause(500);
    one.child.kill('SIGINT');
    expect(await one.ended).toEqual({ code: 130, signal: null });
    await eventually(() => expect(processesWith(one.marker)).toEqual([]), goneMs);
  });

  test('a Ctrl-C reaches no program of the machine', async () => {
    const one = launch('machine', { argument: 'stubborn' });
    await ready(one);
    // Those that ignore the signal would prove nothing; the sleeper does not.
    const sleeper = (): number | undefined =>
      processesOf(one).find(({ line }) => line === `sleep ${one.marker}`)?.pid;
    await eventually(() => expect(sleeper()).toBeDefined());
    const before = sleeper();
    process.kill(-one.child.pid!, 'SIGINT');
    await eventually(() => expect(one.lines()).toContain('SIGINT'));
    expect(sleeper()).toBe(before);
  });
});

describe('nothing stays running or mounted', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('when the launcher gets %s', async (signal) => {
    const one = launch('machine');
    await ready(one);
    one.child.kill(signal);
    await one.ended;
    await expectNothingLeft(one);
    expect(existsSync(workDirectoryOf(one))).toBe(false);
  });

  test('when the launcher is killed', async () => {
    const one = launch('machine');
    await ready(one);
    one.child.kill('SIGKILL');
    await expectNothingLeft(one);
    await expectCleared(one);
  });

  test('when the inner powercut is killed', async () => {
    const one = launch('machine');
    await ready(one);
    process.kill(innerOf(one), 'SIGKILL');
    expect((await one.ended).code).toBe(128 + 9);
    await expectNothingLeft(one);
    await expectCleared(one);
  });

  test('when unshare or the init of the box is killed', async () => {
    for (const part of ['unshare', 'sh'] as const) {
      const one = launch('machine');
      await ready(one);
      const { pid } = processesOf(one).find(({ line }) => line.startsWith(`${part} `))!;
      process.kill(pid, 'SIGKILL');
      expect((await one.ended).code).toBe(128 + 9);
      await expectNothingLeft(one);
      await expectCleared(one);
    }
  });

  test('when the launcher is killed at any moment of its start', async () => {
    for (const afterMs of [60, 90, 110, 130, 150, 170, 190, 220, 260, 320]) {
      const one = launch('machine');
      await pause(afterMs);
      one.child.kill('SIGKILL');
      await expectNothingLeft(one);
    }
    await clearLeftovers();
  });
});

describe.each(['running', 'frozen'])('nothing stays running or mounted with a disk that is %s', (state) => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('when the launcher gets %s', async (signal) => {
    const one = launch('disk', { argument: state });
    await ready(one);
    one.child.kill(signal);
    expect((await one.ended).signal).toBeNull();
    await expectNothingLeft(one);
    expect(existsSync(workDirectoryOf(one))).toBe(false);
  });

  test('when the launcher is killed', async () => {
    const one = launch('disk', { argument: state });
    await ready(one);
    one.child.kill('SIGKILL');
    await expectNothingLeft(one);
    await expectCleared(one);
  });

  test('when the inner powercut is killed', async () => {
    const one = launch('disk', { argument: state });
    await ready(one);
    process.kill(innerOf(one), 'SIGKILL');
    expect((await one.ended).code).toBe(128 + 9);
    await expectNothingLeft(one);
    await expectCleared(one);
  });

  test('when the disk process is killed', async () => {
    const one = launch('disk', { argument: state });
    await ready(one);
    const disk = processesWith(workDirectoryOf(one)).find((line) => line.includes('disk-process.js'))!;
    process.kill(Number(disk.split(' ')[0]), 'SIGKILL');
    expect((await one.ended).code).toBe(255);
    expect(one.lines().at(-1)).toMatch(/the disk process of .* was killed by SIGKILL/);
    await expectNothingLeft(one);
    expect(existsSync(workDirectoryOf(one))).toBe(false);
  });
});

test('the next start clears the work directories of dead runs and no others', async () => {
  const [dead, living] = [launch('machine'), launch('machine')];
  await Promise.all([ready(dead), ready(living)]);
  dead.child.kill('SIGKILL');
  await expectNothingLeft(dead);
  expect(existsSync(workDirectoryOf(dead))).toBe(true);
  const next = launch('describe');
  await next.ended;
  expect(existsSync(workDirectoryOf(dead))).toBe(false);
  expect(readdirSync(workDirectoryOf(living)).sort()).toEqual(['alive', 'control', 'disk', 'run']);
});

test('a wish to end that comes before the inner powercut listens is not lost', async () => {
  for (const afterMs of [80, 110, 140, 170, 200, 240]) {
    const one = launch('listen');
    await pause(afterMs);
    one.child.kill('SIGTERM');
    const { code, signal } = await one.ended;
    expect([code, signal]).toSatisfy((how: unknown[]) => how[0] === 143 || how[1] === 'SIGTERM');
    await eventually(() => expect(processesWith(one.marker)).toEqual([]), goneMs);
  }
});

async function expectNothingLeft(one: Launched): Promise<void> {
  await eventually(() => expect(processesWith(one.marker)).toEqual([]), goneMs);
  const directory = one.lines()[0];
  if (!directory?.startsWith('/')) return;
  await eventually(() => expect(processesWith(directory)).toEqual([]), goneMs);
  expect(mountsWith(directory)).toEqual([]);
}

async function expectCleared(one: Launched): Promise<void> {
  const { directories } = await clearLeftovers();
  expect(directories).toContain(workDirectoryOf(one));
  expect(existsSync(workDirectoryOf(one))).toBe(false);
}

function workDirectoryOf(one: Launched): string {
  return one.lines()[0] ?? '';
}

function processesOf(one: Launched): { pid: number; line: string }[] {
  return processesWith(one.marker).map((text) => {
    const [pid, ...words] = text.split(' ');
    return { pid: Number(pid), line: words.join(' ') };
  });
}

/** The inner powercut: of the two that run the script themselves, the one that is not the launcher. */
function innerOf(one: Launched): number {
  const inner = processesOf(one).find(
    ({ pid, line }) => line.startsWith(process.execPath) && pid !== one.child.pid,
  );
  return inner!.pid;
}
