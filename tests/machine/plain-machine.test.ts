/** A machine on a plain directory: what programs find in it, how they are signalled, and that nothing outlives it. */
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMachine } from '../../src/machine/create-machine.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { eventually, processesWith, uniqueMarker } from './support/host.ts';

let folder: string;
let plain: string;
let directory: string;
let machine: Machine;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'machine-test-'));
  plain = join(folder, 'plain');
  directory = join(folder, 'disk');
  mkdirSync(plain);
  mkdirSync(directory);
  chownSync(plain, 65534, 65534);
  chownSync(folder, 65534, 65534);
  machine = createMachine({ disk: undefined, directory, plainDirectory: plain });
  await machine.boot();
});

afterEach(async () => {
  await machine.close();
  rmSync(folder, { recursive: true, force: true });
});

const shell = (script: string): [string, string[]] => ['sh', ['-c', script]];

describe('a program in a machine', () => {
  test('runs as nobody, on the disk, with a minimal environment and no way to more privileges', async () => {
    const { stdout } = await machine.run(
      ...shell('id -u; id -g; id -G; pwd; grep NoNewPrivs /proc/self/status; env'),
    );
    const [uid, gid, groups, cwd, privileges, ...environment] = stdout.trim().split('\n');
    expect([uid, gid, groups, cwd]).toEqual(['65534', '65534', '65534', directory]);
    expect(privileges).toMatch(/NoNewPrivs:\s+1/);
    expect(environment.map((line) => line.split('=')[0]).sort()).toEqual(
      expect.arrayContaining(['HOME', 'LANG', 'PATH', 'TMPDIR']),
    );
    expect(environment).toContain(`HOME=${directory}`);
    expect(environment).toContain('LANG=C.UTF-8');
    expect(environment.some((line) => line.startsWith('VITEST'))).toBe(false);
  });

  test('keeps its data where the disk is, and nothing else of it stays', async () => {
    const before = readdirSync('/dev/shm');
    await machine.run(...shell('echo kept > data; echo gone > "$TMPDIR/temporary"; cat "$TMPDIR/temporary"'));
    expect(readFileSync(join(plain, 'data'), 'utf8')).toBe('kept\n');
    expect(readdirSync(directory)).toEqual([]);
    expect(readdirSync('/dev/shm')).toEqual(before);
  });

  test('sees no process but those of its machine', async () => {
    const { stdout } = await machine.run(...shell('exec cat /proc/[0-9]*/comm'));
    expect(stdout.trim().split('\n').sort()).toEqual(['cat', 'cat', 'sh']);
  });

  test('has a session of its own, so that signals of a terminal pass it by', async () => {
    const { stdout } = await machine.run(
      ...shell('read pid name state parent group session rest < /proc/self/stat; echo $group $session $$'),
    );
    const [group, session, pid] = stdout.trim().split(' ');
    expect([group, session]).toEqual([pid, pid]);
  });

  test('ends with its own exit code, or the signal that killed it', async () => {
    expect(await machine.run(...shell('exit 42'))).toMatchObject({ code: 42, signal: null });
    expect(await machine.run(...shell('kill -SEGV $$'))).toMatchObject({ code: null, signal: 'SIGSEGV' });
    expect(await machine.run(...shell('kill -KILL $$'))).toMatchObject({ code: null, signal: 'SIGKILL' });
  });

  test('reads its input and keeps stdout and stderr apart', async () => {
    const result = await machine.run(...shell('cat; echo problem >&2'), { input: 'hello\n' });
    expect(result).toEqual({ code: 0, signal: null, stdout: 'hello\n', stderr: 'problem\n' });
  });

  test('appends to log files', async () => {
    const log = join(folder, 'log');
    writeFileSync(log, 'before\n');
    const program = machine.spawn(...shell('echo out; echo err >&2'), {
      stdout: { file: log },
      stderr: { file: log },
    });
    await program.exited;
    expect(readFileSync(log, 'utf8')).toBe('before\nout\nerr\n');
  });

  test('may be privileged for set-up', async () => {
    expect((await machine.run('id', ['-u'], { privileged: true })).stdout).toBe('0\n');
  });

  test('takes variables and a directory of the caller', async () => {
    const result = await machine.run(...shell('pwd; echo "$COLOUR"'), {
      cwd: '/usr',
      env: { COLOUR: 'red' },
    });
    expect(result.stdout).toBe('/usr\nred\n');
  });
});

test('a PATH that lacks the system’s tools is the program’s own affair', async () => {
  const own = join(folder, 'bin');
  mkdirSync(own);
  writeFileSync(join(own, 'tool'), '#!/bin/sh\necho "$PATH"\n', { mode: 0o755 });
  expect((await machine.run('tool', [], { env: { PATH: own } })).stdout).toBe(`${own}\n`);
});

describe('what cannot be started', () => {
  test('a program that does not exist', () => {
    expect(() => machine.spawn('no-such-program', [])).toThrow(
      /cannot start no-such-program: no such program in PATH/,
    );
    expect(() => machine.spawn('/no/such/program', [])).toThrow(
      /cannot start \/no\/such\/program: no such program/,
    );
  });

  test('a program on the disk that does not exist', async () => {
    await expect(machine.run(`${directory}/missing`, [])).rejects.toThrow(
      /cannot start .*missing.*No such file/,
    );
  });

  test('a file that is no program', () => {
    const file = join(folder, 'notes');
    writeFileSync(file, '');
    expect(() => machine.spawn(file, [])).toThrow(/cannot start .*notes: .*not executable/);
  });

  test('a program in a directory that does not exist', async () => {
    await expect(machine.run('true', [], { cwd: '/no/such/place' })).rejects.toThrow(
      /cannot start true.*\/no\/such\/place/,
    );
  });

  test('anything while the machine is off', async () => {
    await machine.kill();
    expect(() => machine.spawn('true', [])).toThrow('cannot start true: the machine is off');
    await expect(machine.run('true', [])).rejects.toThrow('the machine is off');
  });

  test('a program that takes too long is killed, its children too', async () => {
    const marker = uniqueMarker();
    const started = machine.run(...shell(`echo started; sleep ${marker} & sleep ${marker}; :`), {
      timeoutMs: 300,
    });
    await expect(started).rejects.toThrow(/did not end within 300 ms and was killed; it said last: started/);
    await eventually(() => expect(processesWith(marker)).toEqual([]));
  });
});

describe('signals', () => {
  test('reach the program itself, in order, however early they are sent', async () => {
    const early = machine.spawn('sleep', ['1000']);
    early.signal('SIGTERM');
    expect(await early.exited).toEqual({ code: null, signal: 'SIGTERM' });

    const careful = machine.spawn(
      ...shell('trap "echo asked; exit 3" TERM; echo ready; while :; do sleep 0.05; done'),
    );
    const said: string[] = [];
    careful.child.stdout?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    await eventually(() => expect(said.join('')).toBe('ready\n'));
    careful.signal('SIGTERM');
    expect(await careful.exited).toEqual({ code: 3, signal: null });
    expect(careful.running).toBe(false);
  });

  test('SIGSTOP pauses a program and SIGCONT lets it go on and end as if nothing had been', async () => {
    const counter = join(plain, 'counter');
    const script = 'i=0; while [ ! -e stop ]; do i=$((i+1)); echo $i > counter; sleep 0.01; done; exit 7';
    const program = machine.spawn(...shell(script));
    const count = (): number => (existsSync(counter) ? Number(readFileSync(counter, 'utf8')) : 0);
    await eventually(() => expect(count()).toBeGreaterThan(3));
    for (let round = 0; round < 3; round++) {
      program.signal('SIGSTOP');
      // A program that was told to stop takes at most a step more.
      await pause(100);
      const paused = count();
      await pause(200);
      expect(count()).toBe(paused);
      program.signal('SIGCONT');
      await eventually(() => expect(count()).toBeGreaterThan(paused + 3));
    }
    for (let round = 0; round < 20; round++) {
      program.signal('SIGSTOP');
      program.signal('SIGCONT');
    }
    writeFileSync(join(plain, 'stop'), '');
    expect(await program.exited).toEqual({ code: 7, signal: null });
  });
});

describe('kill', () => {
  test('takes every process, those that became daemons and those that ignore signals too', async () => {
    const marker = uniqueMarker();
    const daemon = `setsid sh -c 'trap "" TERM HUP INT; sleep ${marker} & wait' </dev/null >/dev/null 2>&1 &`;
    await machine.run(...shell(`${daemon} sleep ${marker} >/dev/null 2>&1 & exit 0`));
    const stopped = machine.spawn('sleep', [marker]);
    await eventually(() => expect(processesWith(marker).length).toBeGreaterThanOrEqual(4));
    stopped.signal('SIGSTOP');
    await pause(50);
    await machine.kill();
    expect(processesWith(marker)).toEqual([]);
    expect(await stopped.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(machine.running).toBe(false);
  });

  test('keeps the data, and the machine boots again', async () => {
    await machine.run(...shell('echo 1 > data'));
    await machine.kill();
    await machine.kill();
    await machine.boot();
    expect((await machine.run('cat', ['data'])).stdout).toBe('1\n');
  });

  test('a program killed with its machine ends its pipes', async () => {
    const program = machine.spawn(...shell('while :; do echo line; done'));
    const closed = new Promise((resolve) => program.child.once('close', resolve));
    program.child.stdout?.resume();
    await machine.kill();
    await closed;
    expect(program.running).toBe(false);
  });
});

test('orphans are reaped while the machine runs', async () => {
  await machine.run(...shell('for i in 1 2 3 4 5 6 7 8 9 10; do (sleep 0.01 &) ; done'));
  await eventually(async () => {
    const { stdout } = await machine.run(...shell('cat /proc/[0-9]*/stat | cut -d" " -f3 | grep -c Z; :'));
    expect(stdout).toBe('0\n');
  });
});

test('a machine on a plain directory has no disk and no power to cut', async () => {
  expect(() => machine.disk).toThrow(/plain directory/);
  await expect(machine.cut({ at: 'now' }, 'lose-all')).rejects.toThrow(/plain directory/);
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
