// Measures what a disk's users wait for, and prints it beside its bar: mounting, control calls idle and under eight writers, cuts,
// losses, a report on 100,000 dirty files, memory. Beside the time stands the processor time of the disk process and of this one, which
// other work on the computer hardly moves. `npm run measure -- [--cached] [--only mounts,calls,losses,many,synced,files,memory] [--json]`, as
// root, on an idle computer. Everything happens in a mount namespace of its own, on a disk as `powercut mount` starts it.
import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDisk } from '../../dist/mount/start-disk.js';
import { children, preferSession, spentByMs } from '../bench/processes.mjs';
import { memoryBytes, writeBeyondMemory } from './beyond-memory.mjs';
import { printTable } from './table.mjs';

const isInNamespace = process.argv.includes('--in-namespace');
const hammer = fileURLToPath(new URL('../../tests/mount/support/hammer.py', import.meta.url));
const writes = process.argv.includes('--cached') ? 'cached' : 'through';
const only = argument('--only')?.split(',');
const loadSeconds = 20;
const idleCalls = 100;
const pageBytes = 4096;
const manyFiles = 100_000;
const syncedTogether = 1000;

function argument(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

function reenter() {
  const args = ['--mount', '--', process.execPath, ...process.argv.slice(1), '--in-namespace'];
  process.exitCode = spawnSync('unshare', args, { stdio: 'inherit' }).status ?? 1;
}

async function main() {
  const scratch = mkdtempSync(join(tmpdir(), 'powercut-measure-'));
  const rows = [];
  const add = (what, bar, values) =>
    rows.push({ what, bar, ...summary(values), processor: processorMs(values) });
  try {
    for (const [name, measure] of Object.entries(parts)) {
      if (only === undefined || only.includes(name)) await measure(join(scratch, name), add);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  if (process.argv.includes('--json')) console.log(JSON.stringify(rows));
  else
    printTable(
      ['what', 'bar', 'median', 'p99', 'max', 'samples', 'processor time'],
      rows.map((row) =>
        [row.what, row.bar, row.median, row.p99, row.max, row.samples, row.processor].map(String),
      ),
    );
}

async function withDisk(folder, use, room = {}) {
  const mountPoint = join(folder, 'disk');
  mkdirSync(mountPoint, { recursive: true });
  const others = children();
  const control = await startDisk({
    mountPoint,
    workDirectory: join(folder, 'control'),
    profile: 'strict',
    writes,
    pins: [],
    owner: { uid: 0, gid: 0 },
    ...room,
  });
  servers = children().filter((pid) => !others.includes(pid));
  // Before other work, but not before each other: who calls, serves and writes competes as on an idle computer.
  [process.pid, ...servers].forEach(preferSession);
  try {
    await use(control, mountPoint);
  } finally {
    servers = [];
    await control.close();
  }
}

function measureMounts(folder, add) {
  return withDisk(folder, async (control, mountPoint) => {
    const mounts = [];
    const unmounts = [];
    for (let round = 0; round < 10; round++) {
      mounts.push(
        await timed(async () => {
          await control.request('mount');
          writeFileSync(join(mountPoint, 'first'), '');
        }),
      );
      unmounts.push(await timed(() => control.request('unmount')));
    }
    add('mount to first operation, ms', '< 250', mounts);
    add('unmount, ms', '< 100', unmounts);
    await control.request('mount');
    add('RSS of an idle disk, MiB', '< 100', [(await control.request('stats')).rssBytes / 2 ** 20]);
  });
}

const calls = ['report', 'stats', 'checkpoint'];

function measureCalls(folder, add) {
  return withDisk(folder, async (control, mountPoint) => {
    await control.request('mount');
    for (const call of calls) {
      const values = [];
      for (let index = 0; index < idleCalls; index++) {
        writeFileSync(join(mountPoint, 'dirty'), String(index));
        values.push(await timed(() => control.request(call)));
      }
      add(`${call}, idle, ms`, '< 20', values);
    }
    writeFileSync(join(folder, 'epoch'), Buffer.alloc(4));
    const workers = Array.from({ length: 8 }, (_, worker) => startWorker(folder, mountPoint, worker));
    await pause(2000);
    const values = Object.fromEntries(calls.map((call) => [call, []]));
    const untilMs = Date.now() + loadSeconds * 1000;
    for (let index = 0; Date.now() < untilMs; index++) {
      const call = calls[index % calls.length];
      values[call].push(await timed(() => control.request(call)));
      await pause(30);
    }
    for (const call of calls) add(`${call}, eight writers, ms`, '< 100', values[call]);
    await Promise.all(workers);
  });
}

function startWorker(folder, mountPoint, worker) {
  const args = [mountPoint, join(folder, `state${worker}`), join(folder, 'epoch'), String(worker)];
  const child = spawn('python3', [hammer, ...args, String(loadSeconds + 3)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((resolve) => child.once('exit', resolve));
}

const cases = {
  '64 MiB in one file': (mountPoint) => writeFileSync(join(mountPoint, 'large'), Buffer.alloc(64 << 20, 'x')),
  '5,000 files of 4 KiB': (mountPoint) => {
    for (let index = 0; index < 5000; index++)
      writeFileSync(join(mountPoint, `n${index}`), Buffer.alloc(pageBytes, 'x'));
  },
};

async function measureLosses(folder, add) {
  for (const [name, fill] of Object.entries(cases)) {
    const cuts = [];
    const losses = [];
    const told = [];
    for (let round = 0; round < 5; round++) {
      await withDisk(join(folder, `${name}${round}`), async (control, mountPoint) => {
        await control.request('mount');
        fill(mountPoint);
        losses.push(await timed(() => control.request('lose-unsynced')));
        told.push(await timed(() => control.request('loss')));
        fill(mountPoint);
        await control.request('freeze', { trigger: { at: 'now' } });
        await control.request('fail');
        await control.request('unmount');
        cuts.push(await timed(() => control.request('cut', { choice: 'lose-all' })));
      });
    }
    add(`cut, ${name}, ms`, '< 50', cuts);
    add(`lose-unsynced on the living mount, ${name}, ms`, '< 50', losses);
    add(`what that took, op by op, ${name}, ms`, '', told);
  }
}

function measureManyFiles(folder, add) {
  return withDisk(folder, async (control, mountPoint) => {
    await control.request('mount');
    const before = (await control.request('stats')).rssBytes;
    const created = await timed(async () => {
      for (let index = 0; index < manyFiles; index++) {
        writeFileSync(join(mountPoint, `n${index}`), 'a small file');
        if (index % 1000 === 0) await pause(0);
      }
    });
    const after = (await control.request('stats')).rssBytes;
    add('creating a small file, ms', '', [created / manyFiles]);
    const reports = [];
    for (let round = 0; round < 5; round++) {
      writeFileSync(join(mountPoint, 'dirty'), String(round));
      reports.push(await timed(() => control.request('report')));
    }
    add('report on 100,000 dirty files, ms', '< 1000', reports);
    const waits = await waitsBesideReports(control, join(mountPoint, 'written'));
    add('longest wait of a write beside that report, ms', '< 50', waits);
    add('RSS of a dirty small file, bytes', '< 1024', [(after - before) / manyFiles]);
    const listed = await timed(async () => {
      const names = readdirSync(mountPoint);
      if (new Set(names).size !== manyFiles + 2) throw new Error(`${names.length} names are listed`);
      for (const name of names) statSync(join(mountPoint, name));
    });
    add('listing 100,000 names and asking for each, ms', '', [listed]);
    add('stats with 100,000 files, ms', '< 20', [await timed(() => control.request('stats'))]);
  });
}

/** As programs do that lose nothing: each file is synced, and their directory now and then. */
function measureSyncedFiles(folder, add) {
  return withDisk(folder, async (control, mountPoint) => {
    await control.request('mount');
    const before = (await control.request('stats')).rssBytes;
    const directory = openSync(mountPoint, 'r');
    const created = await timed(async () => {
      for (let index = 0; index < manyFiles; index++) {
        const file = openSync(join(mountPoint, `n${index}`), 'w');
        writeSync(file, 'a small file');
        fsyncSync(file);
        closeSync(file);
        if ((index + 1) % syncedTogether > 0) continue;
        fsyncSync(directory);
        await pause(0);
      }
    });
    closeSync(directory);
    const { rssBytes, unsyncedFiles } = await control.request('stats');
    if (unsyncedFiles > 0) throw new Error(`${unsyncedFiles} files are un-synced`);
    add('creating and syncing a small file, ms', '', [created / manyFiles]);
    add('RSS of a synced small file, bytes', '< 1024', [(rssBytes - before) / manyFiles]);
  });
}

async function waitsBesideReports(control, file) {
  const script = fileURLToPath(new URL('./waiting-writer.mjs', import.meta.url));
  const writer = fork(script, [file]);
  const longest = async () => {
    writer.send('longest');
    return (await once(writer, 'message'))[0];
  };
  await pause(500);
  const waits = [];
  for (let round = 0; round < 5; round++) {
    await longest();
    await control.request('report');
    waits.push(await longest());
  }
  writer.disconnect();
  await once(writer, 'exit');
  return waits;
}

/** Without the garbage and the reserves of the process: what is counted is in use. */
function measureFiles(folder, add) {
  const script = fileURLToPath(new URL('./file-memory.mjs', import.meta.url));
  const { stdout, status } = spawnSync(process.execPath, ['--expose-gc', script, '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`${script} ended with ${status}`);
  for (const [state, bytes] of Object.entries(JSON.parse(stdout)))
    add(`heap of a small file, ${state}, bytes`, '< 1024', [bytes]);
}

function measureMemory(folder, add) {
  const measure = async (control, mountPoint) => {
    await control.request('mount');
    const { writtenMiBs, readMiBs, rssMiB } = await writeBeyondMemory(control, mountPoint);
    add('2 GiB written on 256 MiB of memory, MiB/s', 'works', [writtenMiBs]);
    add('read back, MiB/s', 'right', [readMiBs]);
    add('RSS with them, MiB', '', [rssMiB]);
  };
  return withDisk(folder, measure, { memoryBytes });
}
/** The disk processes that run now. */
let servers = [];
const processorMsOf = new Map();

async function timed(act) {
  const [start, startSpent] = [performance.now(), spentMs()];
  await act();
  const took = performance.now() - start;
  processorMsOf.set(took, spentMs() - startSpent);
  return took;
}

function spentMs() {
  return [process.pid, ...servers].reduce((sum, pid) => sum + spentByMs(pid), 0);
}

/** The median, where the values were timed. */
function processorMs(values) {
  const known = values.map((value) => processorMsOf.get(value)).filter((value) => value !== undefined);
  return known.length === 0 ? '' : summary(known).median;
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]);
  return { median: at(0.5), p99: at(0.99), max: round(sorted.at(-1)), samples: sorted.length };
}

function round(value) {
  return value < 10 ? Number(value.toPrecision(2)) : Math.round(value);
}

const parts = {
  mounts: measureMounts,
  calls: measureCalls,
  losses: measureLosses,
  many: measureManyFiles,
  synced: measureSyncedFiles,
  files: measureFiles,
  memory: measureMemory,
};

if (isInNamespace) await main();
else reenter();
