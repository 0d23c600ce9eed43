/** Disks as plain directories: loaded, kept, and written out again. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { start, useDisks, useMountedDisks } from './support/disks.ts';

const newDisk = useDisks();
const mountedDisk = useMountedDisks();

/** One of everything that a plain directory can hold. Times have binary fractions: Node sets them as floating point. */
function makeTree(directory: string): void {
  const script = `set -e; mkdir -p "$1/sub/deep" "$1/empty"; cd "$1"
printf hello > plain; printf secret > sub/private; chmod 4755 plain; chmod 0 sub/private
ln plain sub/hard; ln -s ../plain sub/soft; ln -s 'no such place' dangling; mkfifo fifo
head -c 3000000 /dev/urandom > sub/deep/big
truncate -s 50M sparse; printf middle | dd of=sparse bs=1 seek=30000000 conv=notrunc 2>/dev/null
: > zero; printf x > "$(printf 'latin1-\\351 and "spaces"')"
chown 12:34 sub/private; chown -h 56:78 sub/soft; chown 90:12 empty; chmod 1777 empty
find . -exec touch -h -d '2020-02-02 02:02:02.125' {} +
touch -h -d '2001-02-03 04:05:06.5' sub/soft; touch -d '1999-12-31 23:59:59.25' plain
touch -d '2011-11-11 11:11:11' sub/deep empty`;
  mkdirSync(directory);
  execFileSync('sh', ['-c', script, 'sh', directory]);
}

/** Type, mode, owners, links, times, size and target of everything below, as find(1) sees it. */
async function listing(directory: string): Promise<string> {
  const format = '%P %y %m %U:%G %n %l %TY-%Tm-%Td %TH:%TM:%.9TS';
  const script = `cd "$1" && find . -type d -printf '${format}\\n' -o -printf '${format} %s\\n' | LC_ALL=C sort`;
  const find = start('sh', ['-c', script, 'sh', directory]);
  expect([await find.exited, find.stderr()]).toEqual([0, '']);
  return find.stdout();
}

/** Contents; fifos have none. */
async function differences(one: string, other: string): Promise<string> {
  const diff = start('diff', ['-r', '--no-dereference', '--exclude=fifo', one, other]);
  await diff.exited;
  return diff.stdout() + diff.stderr();
}

test('a tree survives import, mount and export with all its attributes', async () => {
  const { control, mountPoint, scratch } = await newDisk();
  const tree = join(scratch, 'tree');
  makeTree(tree);

  expect(await control.request('import', { directory: tree })).toEqual({ files: 10 });
  expect(await control.request('report')).toMatchObject({ sizeBytes: 0, files: [] });
  await control.request('mount');
  expect(await differences(tree, mountPoint)).toBe('');
  expect(await listing(mountPoint)).toBe(await listing(tree));

  const { image } = await control.request('keep-image');
  const copy = join(scratch, 'copy');
  expect(await control.request('export-image', { image, directory: copy })).toEqual({ files: 10 });
  expect(await differences(tree, copy)).toBe('');
  expect(await listing(copy)).toBe(await listing(tree));
  const usedKiB = Number(
    execFileSync('du', ['-k', join(copy, 'sparse')], { encoding: 'utf8' }).split('\t')[0],
  );
  expect(usedKiB).toBeLessThan(1024);
});

test('an image is the durable state of its instant, whatever happens to the disk afterwards', async () => {
  const { control, mountPoint, scratch } = await mountedDisk({ profile: 'lazyfs' });
  const file = await open(join(mountPoint, 'f'), 'w');
  await file.write('durable');
  await file.sync();
  await file.write(' volatile');
  const { image } = await control.request('keep-image');
  await file.write(' later');
  await file.sync();
  await file.close();

  const copy = join(scratch, 'copy');
  await control.request('export-image', { image, directory: copy });
  expect(readFileSync(join(copy, 'f'), 'utf8')).toBe('durable');
  await control.request('drop-image', { image });
  await expect(control.request('drop-image', { image })).rejects.toThrow(`no image ${image}`);
  expect(readFileSync(join(copy, 'f'), 'utf8')).toBe('durable');
});

test('extended attributes are exported, or their absence is said', async () => {
  const { control, mountPoint, scratch } = await mountedDisk();
  const python = start('python3', [
    '-c',
    `import os, sys
open(sys.argv[1], 'w').close(); os.setxattr(sys.argv[1], 'user.colour', b'gr\\x00n')`,
    join(mountPoint, 'f'),
  ]);
  expect([await python.exited, python.stderr()]).toEqual([0, '']);
  await control.request('checkpoint');
  const { image } = await control.request('keep-image');
  const copy = join(scratch, 'copy');
  const { note } = await control.request('export-image', { image, directory: copy });
  const read = start('python3', [
    '-c',
    'import os, sys; print(os.getxattr(sys.argv[1], "user.colour"))',
    join(copy, 'f'),
  ]);
  if ((await read.exited) === 0) expect(read.stdout().trim()).toBe(String.raw`b'gr\x00n'`);
  else expect(note).toContain('extended attributes were left out');
});

test('a disk serves its mount while an image is written', async () => {
  const { control, mountPoint, scratch } = await mountedDisk();
  await writeFile(join(mountPoint, 'big'), Buffer.alloc(64 * 1024 * 1024, 'x'));
  await control.request('checkpoint');
  const { image } = await control.request('keep-image');
  const exported = control.request('export-image', { image, directory: join(scratch, 'copy') });
  let hasEnded = false;
  void exported.finally(() => (hasEnded = true));
  let writes = 0;
  while (!hasEnded && writes < 1000) {
    await writeFile(join(mountPoint, `f-${writes}`), 'x');
    writes++;
  }
  expect(await exported).toEqual({ files: 1 });
  expect(writes).toBeGreaterThan(0);
});

test('directories that cannot be used are refused, and nothing in them is touched', async () => {
  const { control, mountPoint, scratch } = await mountedDisk();
  const { image } = await control.request('keep-image');
  const full = join(scratch, 'full');
  mkdirSync(full);
  writeFileSync(join(full, 'mine'), 'mine');
  const exportTo = (directory: string) => control.request('export-image', { image, directory });
  await expect(exportTo(full)).rejects.toThrow('is not empty');
  await expect(exportTo(join(mountPoint, 'inside'))).rejects.toThrow('lies on the disk itself');
  await expect(exportTo(join(full, 'mine'))).rejects.toThrow(/not a directory|EEXIST/);
  await expect(exportTo('relative')).rejects.toThrow('absolute directory');
  await expect(control.request('import', { directory: full })).rejects.toThrow('unmount it first');
  expect(readdirSync(full)).toEqual(['mine']);
});

test('only an empty disk is loaded, and wiping empties one', async () => {
  const { control, mountPoint, scratch } = await newDisk();
  const tree = join(scratch, 'tree');
  mkdirSync(tree);
  writeFileSync(join(tree, 'f'), 'x');
  await expect(control.request('import', { directory: join(scratch, 'nowhere') })).rejects.toThrow(
    'does not exist',
  );
  await control.request('import', { directory: tree });
  await expect(control.request('import', { directory: tree })).rejects.toThrow('wipe it first');
  await control.request('wipe');
  await control.request('mount');
  expect(readdirSync(mountPoint)).toEqual([]);
  await expect(control.request('wipe')).rejects.toThrow('unmount it first');
});

test('a tree that does not fit leaves the disk empty', async () => {
  const { control, scratch } = await newDisk({ capacityBytes: 1024 * 1024 });
  const tree = join(scratch, 'tree');
  mkdirSync(tree);
  writeFileSync(join(tree, 'f'), Buffer.alloc(4 * 1024 * 1024, 'x'));
  await expect(control.request('import', { directory: tree })).rejects.toThrow(/full|ENOSPC/);
  expect(await control.request('stats')).toMatchObject({ files: 1, pageBytes: 0 });
});
