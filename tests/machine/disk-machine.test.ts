/** A machine on the real disk: what a kill keeps, what a cut takes, and that a cut never hangs. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Machine, MachineProcess } from '../../src/machine/machine.ts';
import { mountAt } from '../../src/mount/mount-table.ts';
import { eventually, processesWith, uniqueMarker } from './support/host.ts';
import { machineOnDisk } from './support/disk-machine.ts';
import type { OnDisk } from './support/disk-machine.ts';

let made: OnDisk;
let machine: Machine;

beforeEach(async () => {
  made = await machineOnDisk();
  machine = made.machine;
  await machine.boot();
});

afterEach(async () => {
  const { work } = made;
  await made.close();
  // The shell that unmounts for a disk which was killed ends a moment after it.
  await eventually(() => {
    expect(processesWith(work.path)).toEqual([]);
    expect(mountAt(work.mountPoint)).toBeUndefined();
  });
});

const shell = (script: string): [string, string[]] => ['sh', ['-c', script]];
const durable = (name: string): string => `echo synced > ${name}; sync ${name} .`;

async function read(name: string): Promise<string> {
  return (await machine.run(...shell(`cat ${name} 2>/dev/null; :`))).stdout;
}

describe('a kill', () => {
  test('keeps everything that programs wrote', async () => {
    await machine.run(...shell('echo unsynced > data'));
    await machine.kill();
    expect((await made.disk.request('stats')).mounted).toBe(true);
    await machine.boot();
    expect(await read('data')).toBe('unsynced\n');
  });

  test('ends programs that a frozen disk holds, by thawing it', async () => {
    const marker = uniqueMarker();
    startWriters(marker);
    await made.disk.request('freeze', { trigger: { at: 'now' } });
    await pause(200);
    await machine.kill();
    expect(processesWith(marker)).toEqual([]);
    await machine.boot();
    expect((await machine.run('ls', [], { timeoutMs: 10_000 })).code).toBe(0);
  });
});

describe('a power cut', () => {
  test('takes what was not synced and keeps what was', async () => {
    await machine.run(...shell(`${durable('kept')}; echo unsynced > lost`));
    const report = await machine.cut({ at: 'now' }, 'lose-all');
    expect(machine.running).toBe(false);
    expect(mountAt(machine.directory)).toBeUndefined();
    expect(report.files.map(({ path }) => path)).toContain('lost');
    expect(report.sizeBytes).toBe('unsynced\n'.length);
    await machine.boot();
    expect(await read('kept')).toBe('synced\n');
    expect(await read('lost')).toBe('');
  });

  test('with keep-all takes nothing, as a kill', async () => {
    await machine.run(...shell('echo unsynced > data'));
    await machine.cut({ at: 'now' }, 'keep-all');
    await machine.boot();
    expect(await read('data')).toBe('unsynced\n');
  });

  test('comes while many programs write in many ways, again and again, and nothing of them stays', async () => {
    for (let round = 0; round < 5; round++) {
      const marker = uniqueMarker();
      startWriters(marker);
      await eventually(async () =>
        expect((await made.disk.request('stats')).unsyncedFiles).toBeGreaterThan(3),
      );
      const startedMs = performance.now();
      const report = await machine.cut({ at: 'now' }, 'lose-all');
      expect(performance.now() - startedMs).toBeLessThan(5_000);
      expect(processesWith(marker)).toEqual([]);
      expect(report.opCount).toBeGreaterThan(0);
      await machine.boot();
    }
  });

  test('takes no write that a program was told is stored, and lets none say so afterwards', async () => {
    const script = `i=0; while :; do i=$((i+1)); echo $i >> log; sync log .; echo $i; done`;
    for (let round = 0; round < 3; round++) {
      await machine.run(...shell('rm -f log; sync .'));
      const writer = machine.spawn(...shell(script));
      const heard: { value: number; timeMs: number }[] = [];
      writer.child.stdout?.on('data', (chunk: Buffer) => {
        const timeMs = Number(process.hrtime.bigint()) / 1e6;
        for (const line of chunk.toString().trim().split('\n')) heard.push({ value: Number(line), timeMs });
      });
      await eventually(() => expect(heard.length).toBeGreaterThan(10));
      const { frozenMs } = await machine.cut({ at: 'unsynced-op', afterOps: 7, withinMs: 5_000 }, 'lose-all');
      await writer.exited;
      await machine.boot();
      const stored = Number((await read('log')).trim().split('\n').at(-1));
      const acknowledged = heard.filter(({ timeMs }) => timeMs < frozenMs).at(-1)?.value ?? 0;
      expect(acknowledged).toBeGreaterThan(10);
      expect(stored).toBeGreaterThanOrEqual(acknowledged);
      // One write may have been stored whose program did not live to say so.
      expect(heard.at(-1)?.value).toBeLessThanOrEqual(stored);
    }
  });

  test('freezes at the first un-synced op after as many others as it was told', async () => {
    const before = (await made.disk.request('stats')).ops;
    machine.spawn(...shell('i=0; while :; do i=$((i+1)); echo $i > file-$i; done'));
    const report = await machine.cut({ at: 'unsynced-op', afterOps: 20, withinMs: 20_000 }, 'lose-all');
    expect(report.opNumber - before).toBeGreaterThanOrEqual(21);
  });

  test('comes anyway when nothing triggers it, or nothing runs that could', async () => {
    machine.spawn('sleep', ['1000']);
    const startedMs = performance.now();
    await machine.cut({ at: 'unsynced-op', afterOps: 1, withinMs: 300 }, 'lose-all');
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(290);

    await machine.boot();
    await machine.kill();
    await machine.cut({ at: 'unsynced-op', afterOps: 1, withinMs: 1e9 }, 'lose-all');
    // A machine that is off already, and one that was just made: nothing is there to lose.
    const again = await machine.cut({ at: 'now' }, 'lose-all');
    expect(again.files).toEqual([]);
    await machine.boot();
    expect(machine.running).toBe(true);
  });

  test('comes while the disk is frozen already and holds its programs', async () => {
    const marker = uniqueMarker();
    const writers = startWriters(marker);
    await made.disk.request('freeze', { trigger: { at: 'now' } });
    await pause(200);
    const startedMs = performance.now();
    await machine.cut({ at: 'now' }, 'lose-all');
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(processesWith(marker)).toEqual([]);
    for (const writer of writers) expect(writer.running).toBe(false);
  });

  test('takes programs that are stopped or that just start', async () => {
    const marker = uniqueMarker();
    const stopped = machine.spawn('sleep', [marker]);
    await eventually(() => expect(processesWith(`sleep ${marker}`).length).toBeGreaterThan(0));
    stopped.signal('SIGSTOP');
    const starting = Array.from({ length: 5 }, () => machine.spawn('sleep', [marker]));
    await machine.cut({ at: 'now' }, 'lose-all');
    expect(processesWith(marker)).toEqual([]);
    for (const program of [stopped, ...starting]) expect(await program.exited).not.toMatchObject({ code: 0 });
  });
});

test('the boot id is another after each power cut, and the same after a kill', async () => {
  const file = '/proc/sys/kernel/random/boot_id';
  const bootId = async (): Promise<string> => (await machine.run('cat', [file])).stdout;
  const first = await bootId();
  expect(first).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n$/);
  expect(first).not.toBe(readFileSync(file, 'utf8'));
  expect(await bootId()).toBe(first);
  // Programs that use it look whether it is the kernel's.
  expect((await machine.run('stat', ['-f', '-c', '%T', file])).stdout).toBe('proc\n');
  await machine.kill();
  await machine.boot();
  expect(await bootId()).toBe(first);
  await machine.cut({ at: 'now' }, 'lose-all');
  await machine.boot();
  expect(await bootId()).not.toBe(first);
});

describe('a disk that fails', () => {
  test('dies: the cut says so, and nothing of the machine stays', async () => {
    const marker = uniqueMarker();
    startWriters(marker);
    process.kill(diskProcess(), 'SIGKILL');
    await made.disk.ended;
    await expect(machine.cut({ at: 'now' }, 'lose-all')).rejects.toThrow(/the power cut failed: .*disk/);
    expect(machine.running).toBe(false);
    expect(processesWith(marker)).toEqual([]);
  });

  test('dies: a kill ends the programs all the same', async () => {
    const marker = uniqueMarker();
    startWriters(marker);
    process.kill(diskProcess(), 'SIGKILL');
    await machine.kill();
    expect(processesWith(marker)).toEqual([]);
  });

  test('hangs: the cut gives up, and its programs are released by force', async () => {
    const marker = uniqueMarker();
    startWriters(marker);
    await pause(100);
    const pid = diskProcess();
    process.kill(pid, 'SIGSTOP');
    try {
      await expect(machine.cut({ at: 'now' }, 'lose-all')).rejects.toThrow(
        /did not answer "stats" within 10 s/,
      );
      expect(processesWith(marker)).toEqual([]);
      expect(mountAt(machine.directory)).toBeUndefined();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });
});

describe('what programs of the machine may touch', () => {
  test('is the disk and their run directory, and nothing else of the run', async () => {
    const { path, control, run } = made.work;
    const { stdout } = await machine.run(
      ...shell(
        `for d in ${path} ${control} ${control}/*; do ls $d >/dev/null 2>&1 && echo $d; done; echo x > ${run}/socket && cat ${run}/socket`,
      ),
    );
    expect(stdout).toBe('x\n');
  });
});

/** Appenders, a rewriter with fsync, a maker of names and a big writer: eight programs. */
function startWriters(marker: string): MachineProcess[] {
  const loops = [
    'while :; do echo line >> append-$1; done',
    'while :; do echo line >> append-$1; done',
    'while :; do echo line > rewrite-$1; sync rewrite-$1; done',
    'while :; do echo line > rewrite-$1; sync rewrite-$1 .; done',
    'i=0; while :; do i=$((i+1)); mkdir -p d-$1/$i; mv d-$1/$i d-$1/x$i; done',
    'i=0; while :; do i=$((i+1)); echo $i > temporary-$1; mv temporary-$1 final-$1; done',
    'while :; do dd if=/dev/zero of=big-$1 bs=65536 count=32 2>/dev/null; done',
    'while :; do (echo x > child-$1; sync) & wait; done',
  ];
  return loops.map((loop, index) => machine.spawn('sh', ['-c', loop, marker, String(index)]));
}

function diskProcess(): number {
  const line = processesWith(made.work.control).find((text) => text.includes('disk-process.js'));
  return Number(line!.split(' ')[0]);
}
