/** Un-synced data reverts while programs live on: they see it, names and open files stay. */
import { mkdir, open, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { start, useMountedDisks, type Program } from './support/disks.ts';

const mountedDisk = useMountedDisks();

/** Maps a file; then `write LETTER` fills it, `read` prints its first letters of both pages. */
function mapper(file: string): Program {
  const source = `import mmap, sys
f = open(sys.argv[1], 'r+b'); m = mmap.mmap(f.fileno(), 0)
print(m[0:1].decode() + m[4096:4097].decode(), flush=True)
for line in sys.stdin:
    if line.startswith('write'): m[0:8192] = line.split()[1].encode() * 8192
    print(m[0:1].decode() + m[4096:4097].decode(), flush=True)`;
  return start('python3', ['-c', source, file]);
}

test('an open file goes back to what was synced: bytes, size, and what the kernel had cached', async () => {
  const { control, mountPoint } = await mountedDisk();
  const path = join(mountPoint, 'f');
  const file = await open(path, 'w+');
  await file.write('synced');
  await file.sync();
  await file.write(' and lost', 6);
  await file.write('L', 0);
  expect(await readFile(path, 'utf8')).toBe('Lynced and lost');

  await control.request('lose-unsynced');
  const loss = await control.request('loss');

  expect(loss.files.map((lost) => lost.path)).toEqual(['f']);
  expect(loss.sizeBytes).toBe(10);
  expect(await readFile(path, 'utf8')).toBe('synced');
  expect((await file.stat()).size).toBe(6);
  const { bytesRead, buffer } = await file.read(Buffer.alloc(20), 0, 20, 0);
  expect(buffer.toString('utf8', 0, bytesRead)).toBe('synced');
  await file.close();
  expect(await control.request('report')).toMatchObject({ sizeBytes: 0 });
});

test('who appends goes on at the durable end, without a hole', async () => {
  const { control, mountPoint } = await mountedDisk();
  const path = join(mountPoint, 'log');
  const file = await open(path, 'a');
  await file.write('synced');
  await file.sync();
  await file.write(' and lost');
  await control.request('lose-unsynced');
  await file.write(' and new');
  expect(await readFile(path, 'utf8')).toBe('synced and new');
  await control.request('freeze', { trigger: { at: 'now' } });
  const losing = control.request('lose-unsynced');
  await control.request('thaw');
  await losing;
  await file.write('!');
  expect(await readFile(path, 'utf8')).toBe('synced!');
  await file.close();
});

test('names stay, and their files are empty when they were never synced', async () => {
  const { control, mountPoint } = await mountedDisk();
  await writeFile(join(mountPoint, 'f'), 'un-synced');
  await control.request('lose-unsynced');
  expect((await stat(join(mountPoint, 'f'))).size).toBe(0);
  expect((await control.request('report')).files.map((file) => file.path)).toContain('.');
});

test('a program with a shared mapping sees the loss, even of what only the kernel held', async () => {
  const { control, mountPoint } = await mountedDisk();
  const path = join(mountPoint, 'mapped');
  const file = await open(path, 'w');
  await file.write('A'.repeat(8192));
  await file.sync();
  await file.close();
  const program = mapper(path);
  await program.lines(1);
  program.child.stdin?.write('write B\n');
  await program.lines(2);

  await control.request('lose-unsynced');
  const loss = await control.request('loss');

  expect(loss.sizeBytes).toBe(8192);
  program.child.stdin?.write('read\n');
  expect(await program.lines(3)).toEqual(['AA', 'BB', 'AA']);
  // And it can write again.
  program.child.stdin?.write('write C\n');
  await program.lines(4);
  program.child.stdin?.end();
  expect(await program.exited).toBe(0);
  expect(await readFile(path, 'latin1')).toBe('C'.repeat(8192));
});

test.each(['through', 'cached'] as const)(
  'of many files the open ones go back as the closed ones do (%s)',
  async (writes) => {
    const { control, mountPoint } = await mountedDisk({ writes });
    const directory = join(mountPoint, 'many');
    await mkdir(directory);
    const paths = Array.from({ length: 300 }, (_, index) => join(directory, `f${index}`));
    const opened = [];
    for (const [index, path] of paths.entries()) {
      const file = await open(path, index % 2 === 0 ? 'a' : 'w');
      await file.write('synced');
      await file.sync();
      await file.write(' and lost');
      if (index % 10 < 2) opened.push(file);
      else await file.close();
      expect((await stat(path)).size).toBe(15);
    }
    const reader = await open(paths[0]!, 'r');
    // Who works in the directory, and who reads a file that has lost its name, must not notice.
    const worker = start('sh', ['-c', 'cd "$0"; echo; read line; cat f2 f3', directory]);
    await worker.lines(1);
    const unlinked = await open(join(directory, 'unlinked'), 'w+');
    await unlinked.write('stays');
    await unlink(join(directory, 'unlinked'));

    await control.request('lose-unsynced');
    expect((await control.request('loss')).files).toHaveLength(paths.length);

    for (const file of opened) expect((await file.stat()).size).toBe(6);
    for (const file of opened) await file.write('!');
    const ends = paths.map((_, index) =>
      index % 10 >= 2 ? '' : index % 2 === 0 ? '!' : '\0'.repeat(9) + '!',
    );
    for (const [index, path] of paths.entries())
      expect(await readFile(path, 'latin1')).toBe(`synced${ends[index]}`);
    expect((await reader.read(Buffer.alloc(20), 0, 20, 0)).bytesRead).toBe(7);
    expect((await unlinked.read(Buffer.alloc(20), 0, 20, 0)).bytesRead).toBe(5);
    worker.child.stdin?.write('\n');
    await worker.exited;
    expect(worker.stdout()).toBe('\nsyncedsynced');
    for (const file of [...opened, reader, unlinked]) await file.close();
  },
);

test('a loss while frozen is seen once thawed', async () => {
  const { control, mountPoint } = await mountedDisk();
  const path = join(mountPoint, 'f');
  const file = await open(path, 'w+');
  await file.write('un-synced');
  expect(await readFile(path, 'utf8')).toBe('un-synced');
  await control.request('freeze', { trigger: { at: 'now' } });
  const { image } = await control.request('keep-image');
  await control.request('lose-unsynced');
  expect((await control.request('loss')).sizeBytes).toBe(9);
  await control.request('thaw');
  expect(await readFile(path, 'utf8')).toBe('');
  await file.close();
  await control.request('drop-image', { image });
});

test('what was lost is told for as long as there was no other loss, whatever happened since', async () => {
  const { control, mountPoint } = await mountedDisk({ profile: 'ext4' });
  await expect(control.request('loss')).rejects.toThrow('nothing was cut or lost yet');
  const paths = Array.from({ length: 300 }, (_, index) => join(mountPoint, `f${index}`));
  for (const path of paths) await writeFile(path, 'lost');
  await control.request('lose-unsynced');
  for (const path of paths.slice(50)) await unlink(path);
  for (const path of paths.slice(0, 50)) await writeFile(path, 'written later');
  const { files, ops, opCount, sizeBytes, processes } = await control.request('loss');
  expect(files.map(({ path }) => join(mountPoint, path)).sort()).toEqual(paths.toSorted());
  expect(new Set(ops.map(({ kind }) => kind))).toEqual(new Set(['write']));
  expect([opCount, ops.length, sizeBytes]).toEqual([300, 300, 1200]);
  expect(new Set(Object.keys(processes))).toEqual(new Set(ops.map(({ pid }) => String(pid))));

  await control.request('freeze', { trigger: { at: 'now' } });
  const { image } = await control.request('cut', { choice: 'lose-all' });
  const other = await control.request('cut-image', { profile: 'strict', choice: 'lose-all' });
  // What tells of the first is part of what goes here.
  await control.request('drop-image', { image });
  await control.request('fail');
  await control.request('unmount');
  await control.request('mount');
  expect((await control.request('loss')).opCount).toBe(600);
  expect((await control.request('loss', { image: other.image })).opCount).toBe(100);
  await expect(control.request('loss', { image })).rejects.toThrow(`there is no image ${image}`);
  await control.request('lose-unsynced');
  expect(await control.request('loss')).toMatchObject({ opCount: 0, files: [] });
  expect((await control.request('loss', { image: other.image })).opCount).toBe(100);
});

test('what was lost can be traced', async () => {
  const { control, mountPoint } = await mountedDisk();
  const file = await open(join(mountPoint, 'f'), 'w');
  await file.write('needle-4711');
  await control.request('lose-unsynced');
  const traces = await control.request('trace', { needles: ['needle-4711'] });
  expect(traces).toMatchObject([{ path: 'f', offset: 0, op: { kind: 'write' } }]);
  await file.close();
});
