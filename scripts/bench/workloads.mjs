// What is measured: small programs over node:fs, the same for every system. A pass is timed and returns how much it did; what
// prepares it is not timed. Nothing here may know which file system it runs on.
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { serverWorkloads } from './servers.mjs';

const MiB = 1024 * 1024;
const page = Buffer.alloc(4096, 'p');
const dataBytes = 16 * MiB;
const prepared = new Set();

export const workloads = {
  'write 4 KiB': sequentialWrites(4096, 8 * MiB, 'writes/s'),
  'write 128 KiB': sequentialWrites(128 * 1024, 32 * MiB, 'MiB/s'),
  'write 1 MiB': sequentialWrites(MiB, 64 * MiB, 'MiB/s'),
  'random write 4 KiB, fsync each': randomWrites(1, 100),
  'random write 4 KiB, fsync every 32': randomWrites(32, 640),
  'sequential read, cold': reads({ sizeBytes: 128 * 1024, isCold: true, isRandom: false }, 'MiB/s'),
  'sequential read, cached': reads({ sizeBytes: 128 * 1024, isCold: false, isRandom: false }, 'MiB/s'),
  'random read 4 KiB, cold': reads({ sizeBytes: 4096, isCold: true, isRandom: true }, 'reads/s'),
  'random read 4 KiB, cached': reads({ sizeBytes: 4096, isCold: false, isRandom: true }, 'reads/s'),
  'create, write 100 B, fsync, close': {
    unit: 'files/s',
    before: emptied,
    pass: (directory) => {
      const bytes = page.subarray(0, 100);
      return times(100, (index) => {
        const file = fs.openSync(join(directory, `f${index}`), 'w');
        fs.writeSync(file, bytes);
        fs.fsyncSync(file);
        fs.closeSync(file);
      });
    },
  },
  rename: {
    unit: 'renames/s',
    before: withFiles(1),
    pass: (directory) => {
      const [one, other] = [join(directory, 'f0'), join(directory, 'g0')];
      return 2 * times(150, () => (fs.renameSync(one, other), fs.renameSync(other, one)));
    },
  },
  unlink: {
    unit: 'unlinks/s',
    before: withFiles(300),
    pass: (directory) => times(300, (index) => fs.unlinkSync(join(directory, `f${index}`))),
  },
  'stat, cold': {
    unit: 'stats/s',
    before: (directory) => {
      once(directory, () => withFiles(500)(directory));
      dropNames();
    },
    pass: (directory) => times(500, (index) => fs.statSync(join(directory, `f${index}`))),
  },
  'stat, cached': {
    unit: 'stats/s',
    before: (directory) => once(directory, () => withFiles(500)(directory)),
    pass: (directory) => times(5_000, (index) => fs.statSync(join(directory, `f${index % 500}`))),
  },
  'readdir of 10,000 names': {
    unit: 'names/s',
    before: (directory) =>
      once(directory, () => {
        // Links, not files: LazyFS keeps a quarter of a megabyte for each file that it has seen.
        fs.writeFileSync(join(directory, 'f'), '');
        times(9_999, (index) => fs.linkSync(join(directory, 'f'), join(directory, `name-${index}`)));
      }),
    pass: (directory) => fs.readdirSync(directory).length,
  },
  'SQLite insert, DELETE, FULL': sqliteInserts('DELETE'),
  'SQLite insert, WAL, FULL': sqliteInserts('WAL'),
  ...serverWorkloads(),
};

function sequentialWrites(sizeBytes, totalBytes, unit) {
  const bytes = Buffer.alloc(sizeBytes, 'w');
  const count = totalBytes / sizeBytes;
  return {
    unit,
    before: emptied,
    pass: (directory) => {
      const file = fs.openSync(join(directory, 'f'), 'w');
      times(count, () => fs.writeSync(file, bytes));
      fs.closeSync(file);
      return unit === 'MiB/s' ? totalBytes / MiB : count;
    },
  };
}

function randomWrites(every, count) {
  const next = randomPages();
  return {
    unit: 'writes/s',
    before: withData,
    pass: (directory) => {
      const file = fs.openSync(join(directory, 'data'), 'r+');
      times(count, (index) => {
        fs.writeSync(file, page, 0, page.length, next() * page.length);
        if ((index + 1) % every === 0) fs.fsyncSync(file);
      });
      fs.closeSync(file);
      return count;
    },
  };
}

function reads({ sizeBytes, isCold, isRandom }, unit) {
  const buffer = Buffer.alloc(sizeBytes);
  const next = randomPages();
  // Cold ones, one after the other, are over when the file is: what was read is not cold any more.
  const count = isRandom ? (isCold ? 400 : 4_000) : dataBytes / sizeBytes;
  return {
    unit,
    before: (directory) => {
      withData(directory);
      if (isCold) dropPages(join(directory, 'data'));
    },
    pass: (directory) => {
      const file = fs.openSync(join(directory, 'data'), 'r');
      times(count, (index) => {
        const position = isRandom ? next() * page.length : index * sizeBytes;
        fs.readSync(file, buffer, 0, sizeBytes, position);
      });
      fs.closeSync(file);
      return unit === 'MiB/s' ? dataBytes / MiB : count;
    },
  };
}

function sqliteInserts(journal) {
  let open;
  return {
    unit: 'inserts/s',
    load: () => import('@photostructure/sqlite'),
    before: (directory, { DatabaseSync }) => {
      if (open !== undefined) return;
      open = new DatabaseSync(join(directory, 'test.db'));
      open.exec(
        `PRAGMA journal_mode=${journal}; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v TEXT)`,
      );
    },
    pass: () => {
      const insert = open.prepare('INSERT INTO t (v) VALUES (?)');
      return times(30, (index) => insert.run(`a row of some length, number ${index}`));
    },
    after: () => {
      open?.close();
      open = undefined;
    },
  };
}

function times(count, act) {
  for (let index = 0; index < count; index++) act(index);
  return count;
}

/** Page numbers of the data file; the same ones for every system. */
function randomPages() {
  let state = 4711;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % (dataBytes / page.length);
  };
}

function emptied(directory) {
  for (const name of fs.readdirSync(directory)) fs.rmSync(join(directory, name), { recursive: true });
}

function withFiles(count) {
  return (directory) => {
    emptied(directory);
    times(count, (index) => fs.writeFileSync(join(directory, `f${index}`), ''));
  };
}

function withData(directory) {
  once(directory, () => {
    const file = fs.openSync(join(directory, 'data'), 'w');
    times(dataBytes / MiB, () => fs.writeSync(file, Buffer.alloc(MiB, 'd')));
    fs.fsyncSync(file);
    fs.closeSync(file);
  });
}

function once(directory, act) {
  if (prepared.has(directory)) return;
  prepared.add(directory);
  act();
}

/** POSIX_FADV_DONTNEED for the whole file, which Node cannot ask for. */
function dropPages(path) {
  const file = fs.openSync(path, 'r');
  fs.fsyncSync(file);
  fs.closeSync(file);
  const { status } = spawnSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' });
  if (status !== 0) throw new Error(`dd could not drop the cached pages of ${path}`);
}

/** For the whole computer: there is no narrower way to make names cold. */
function dropNames() {
  fs.writeFileSync('/proc/sys/vm/drop_caches', '2');
}
