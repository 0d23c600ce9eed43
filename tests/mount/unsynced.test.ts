/** What a mounted disk says is un-synced, and what a cut takes. */
import { open, readdir, readFile, writeFile, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { start, useMountedDisks, type TestDisk } from './support/disks.ts';

const mountedDisk = useMountedDisks();

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'w');
  await file.writeFile(text);
  await file.sync();
  await file.close();
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  await directory.sync();
  await directory.close();
}

async function cut({ control }: TestDisk, choice: 'lose-all' | 'keep-all') {
  await control.request('freeze', { trigger: { at: 'now' } });
  await control.request('fail');
  await control.request('unmount');
  const { image } = await control.request('cut', { choice });
  await control.request('mount');
  return { ...(await control.request('loss', { image })), image };
}

test('the report names exactly what no barrier covers: file, range, op and process', async () => {
  const disk = await mountedDisk();
  await writeSynced(join(disk.mountPoint, 'safe'), 'synced');
  await syncDirectory(disk.mountPoint);
  await writeFile(join(disk.mountPoint, 'lost'), 'x'.repeat(5000));

  const report = await disk.control.request('report');

  expect(report.note).toBeUndefined();
  expect(report.sizeBytes).toBe(5000);
  expect(report.files.map((file) => file.path)).toEqual(['.', 'lost']);
  const [root, lost] = report.files;
  expect(root).toMatchObject({ kind: 'directory', names: ['+lost'] });
  expect(lost).toMatchObject({ sizeBytes: 5000, ranges: [{ offset: 0, length: 5000 }], nameUnsynced: true });
  expect(lost?.lastOp).toMatchObject({ kind: 'write', path: 'lost', offset: 0, length: 5000 });
  expect(lost?.process).toBe((await readFile('/proc/self/comm', 'utf8')).trim());
});

test('the report counts changes to mapped memory that the program never synced', async () => {
  const disk = await mountedDisk();
  await writeSynced(join(disk.mountPoint, 'mapped'), 'A'.repeat(16_384));
  await syncDirectory(disk.mountPoint);
  const program = start('python3', [
    '-c',
    `import mmap, sys
f = open(sys.argv[1], 'r+b'); m = mmap.mmap(f.fileno(), 0)
m[8192:8193] = b'B'
print('written', flush=True); sys.stdin.readline()`,
    join(disk.mountPoint, 'mapped'),
  ]);
  await program.lines(1);

  const report = await disk.control.request('report');
  program.child.stdin?.end();
  await program.exited;

  expect(report.note).toBeUndefined();
  const ranges = report.files.find((file) => file.path === 'mapped')?.ranges ?? [];
  expect(ranges.some(({ offset, length }) => offset <= 8192 && offset + length > 8192)).toBe(true);
});

test('a checkpoint leaves nothing un-synced, and a cut after it takes nothing', async () => {
  const disk = await mountedDisk();
  await mkdir(join(disk.mountPoint, 'd'));
  await writeFile(join(disk.mountPoint, 'd/f'), 'kept');

  expect((await disk.control.request('checkpoint')).sizeBytes).toBe(4);
  expect(await disk.control.request('report')).toMatchObject({ sizeBytes: 0, files: [] });
  expect(await cut(disk, 'lose-all')).toMatchObject({ sizeBytes: 0, files: [], opCount: 0 });
  expect(await readFile(join(disk.mountPoint, 'd/f'), 'utf8')).toBe('kept');
});

test('a cut under strict takes un-synced data and un-synced names, and says which', async () => {
  const disk = await mountedDisk();
  await writeSynced(join(disk.mountPoint, 'safe'), 'one');
  await syncDirectory(disk.mountPoint);
  await writeSynced(join(disk.mountPoint, 'nameless'), 'synced, but its name is not');
  await writeFile(join(disk.mountPoint, 'safe'), 'one and two', { flag: 'r+' });

  const loss = await cut(disk, 'lose-all');

  expect(await readdir(disk.mountPoint)).toEqual(['safe']);
  expect(await readFile(join(disk.mountPoint, 'safe'), 'utf8')).toBe('one');
  expect(loss.files.map((file) => file.path)).toEqual(['.', 'safe']);
  expect(loss.ops.map((op) => [op.kind, op.path])).toContainEqual(['create', 'nameless']);
  expect(loss.ops.map((op) => [op.kind, op.path])).toContainEqual(['write', 'safe']);
  expect(Object.keys(loss.processes)).toContain(String(loss.ops[0]?.pid));
  expect(loss.rules.name).toContain('strict');
});

test('a cut under lazyfs keeps names and takes data', async () => {
  const disk = await mountedDisk({ profile: 'lazyfs' });
  await writeFile(join(disk.mountPoint, 'f'), 'un-synced');
  await cut(disk, 'lose-all');
  expect((await stat(join(disk.mountPoint, 'f'))).size).toBe(0);
});

test('a cut that keeps all is a kill: nothing is gone', async () => {
  const disk = await mountedDisk();
  await writeFile(join(disk.mountPoint, 'f'), 'un-synced');
  expect(await cut(disk, 'keep-all')).toMatchObject({ files: [], opCount: 0 });
  expect(await disk.control.request('trace', { needles: ['un-synced'] })).toEqual([]);
  expect(await readFile(join(disk.mountPoint, 'f'), 'utf8')).toBe('un-synced');
});

test('pinned paths are durable at once', async () => {
  const disk = await mountedDisk({ pins: ['pinned/**', 'pinned'] });
  await mkdir(join(disk.mountPoint, 'pinned'));
  await writeFile(join(disk.mountPoint, 'pinned/f'), 'kept');
  await writeFile(join(disk.mountPoint, 'other'), 'lost');
  await cut(disk, 'lose-all');
  expect(await readdir(disk.mountPoint)).toEqual(['pinned']);
  expect(await readFile(join(disk.mountPoint, 'pinned/f'), 'utf8')).toBe('kept');
});

test('a trace finds where dropped bytes lay, and the write that put them there', async () => {
  const disk = await mountedDisk();
  await writeFile(join(disk.mountPoint, 'f'), `${'-'.repeat(6000)}needle-4711`);
  await cut(disk, 'lose-all');
  const traces = await disk.control.request('trace', { needles: ['needle-4711', 'never written'] });
  expect(traces).toHaveLength(1);
  expect(traces[0]).toMatchObject({
    needle: 'needle-4711',
    path: 'f',
    offset: 6000,
    op: { kind: 'write', path: 'f' },
  });
});

test('several cuts on one disk: each takes only what came after the last', async () => {
  const disk = await mountedDisk();
  for (let round = 0; round < 10; round++) {
    await writeSynced(join(disk.mountPoint, `safe-${round}`), String(round));
    await syncDirectory(disk.mountPoint);
    await writeFile(join(disk.mountPoint, `lost-${round}`), String(round));
    const loss = await cut(disk, 'lose-all');
    await disk.control.request('drop-image', { image: loss.image });
  }
  const names = (await readdir(disk.mountPoint)).sort();
  expect(names).toEqual(Array.from({ length: 10 }, (_, round) => `safe-${round}`));
  expect(await disk.control.request('stats')).toMatchObject({ mounted: true, cuts: 10, unsyncedFiles: 0 });
});
