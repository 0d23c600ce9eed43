/**
 * Eight processes use one disk as hard as they can (support/hammer.py) while every 200 ms the disk is asked, made to forget, or
 * cut: nobody waits for ever, and nobody reads a byte that is wrong. `POWERCUT_HAMMER_SECONDS` sets for how long with losses, and as
 * long with cuts, half of it for each way to treat writes; the long run is `npm run soak`.
 */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { DiskRequests } from '../../src/mount/control.ts';
import { settlesWithin } from '../../src/mount/time-limit.ts';
import { pause, start, useMountedDisks, type Program, type TestDisk } from './support/disks.ts';

const mountedDisk = useMountedDisks();
const hammer = fileURLToPath(new URL('support/hammer.py', import.meta.url));
const workerCount = 8;
const seconds = Number(process.env['POWERCUT_HAMMER_SECONDS'] ?? 15) / 2;
const modes = ['through', 'cached'] as const;
const everyMs = 200;
/** What takes this long hangs, however busy the computer is. */
const hangMs = 30_000;
const timeoutMs = seconds * 1000 + 4 * hangMs;

function startWorkers(disk: TestDisk, forSeconds: number): Program[] {
  return Array.from({ length: workerCount }, (_, worker) =>
    start('python3', [
      hammer,
      disk.mountPoint,
      join(disk.scratch, `state${worker}`),
      join(disk.scratch, 'epoch'),
      String(worker),
      String(forSeconds),
    ]),
  );
}

async function answer<Name extends keyof DiskRequests>(
  disk: TestDisk,
  name: Name,
  params?: DiskRequests[Name]['params'],
): Promise<DiskRequests[Name]['reply']> {
  const reply = disk.control.request(name, params);
  if (!(await settlesWithin(reply, hangMs))) throw new Error(`no answer to ${name} within ${hangMs} ms`);
  return reply;
}

/** Nothing that a worker said on stderr, and all ended as they should. */
async function expectGood(workers: readonly Program[], code: number | string): Promise<void> {
  const ended = Promise.all(workers.map((worker) => worker.exited));
  const inTime = await settlesWithin(ended, hangMs);
  const outcomes = workers.map(({ child, stderr }) => ({
    exit: child.exitCode ?? child.signalCode,
    stderr: stderr(),
  }));
  expect(outcomes).toEqual(workers.map(() => ({ exit: code, stderr: '' })));
  expect(inTime).toBe(true);
}

test.each(modes)(
  'writes %s: reports, checkpoints and losses under eight processes, no hang, no wrong byte',
  async (writes) => {
    const disk = await mountedDisk({ writes });
    const epochFile = openEpoch(disk);
    const workers = startWorkers(disk, seconds);
    const untilMs = Date.now() + seconds * 1000;
    const requests = ['report', 'stats', 'lose-unsynced', 'checkpoint', 'report', 'lose-unsynced'] as const;
    let lostBytes = 0;
    for (let round = 0; Date.now() < untilMs; round++) {
      const name = requests[round % requests.length]!;
      if (name === 'lose-unsynced') {
        epochFile.next();
        await answer(disk, name);
        epochFile.next();
        lostBytes += (await answer(disk, 'loss')).sizeBytes;
      } else {
        await answer(disk, name);
      }
      await pause(everyMs);
    }
    await expectGood(workers, 0);
    expect(lostBytes).toBeGreaterThan(0);
    epochFile.close();
  },
  timeoutMs,
);

test.each(modes)(
  'writes %s: after cuts under eight processes all that was promised is there, and nothing that nobody wrote',
  async (writes) => {
    const disk = await mountedDisk({ writes });
    const epochFile = openEpoch(disk);
    const untilMs = Date.now() + seconds * 1000;
    let cuts = 0;
    let lostBytes = 0;
    while (Date.now() < untilMs) {
      const workers = startWorkers(disk, 2 * hangMs);
      // They have checked what the last cut left.
      await Promise.all(workers.map((worker) => Promise.race([worker.lines(1), worker.exited])));
      await pause(everyMs + 100 * (cuts % 5));
      await answer(disk, 'freeze', { trigger: { at: 'now' } });
      for (const worker of workers) worker.child.kill('SIGKILL');
      await answer(disk, 'fail');
      await expectGood(workers, 'SIGKILL');
      await answer(disk, 'unmount');
      const { image } = await answer(disk, 'cut', { choice: 'lose-all' });
      await answer(disk, 'drop-image', { image });
      await answer(disk, 'mount');
      lostBytes += (await answer(disk, 'loss')).sizeBytes;
      cuts++;
    }
    await expectGood(startWorkers(disk, 1), 0);
    expect(lostBytes).toBeGreaterThan(0);
    expect(cuts).toBeGreaterThan(0);
    epochFile.close();
  },
  timeoutMs,
);

/** The counter of losses that workers map: odd while one happens. */
function openEpoch(disk: TestDisk): { next(): void; close(): void } {
  const path = join(disk.scratch, 'epoch');
  writeFileSync(path, Buffer.alloc(4));
  const file = openSync(path, 'r+');
  const epoch = new Uint32Array(1);
  return {
    next() {
      epoch[0]!++;
      writeSync(file, epoch, 0, 4, 0);
    },
    close() {
      closeSync(file);
    },
  };
}
