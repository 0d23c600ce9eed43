import { expect, test } from 'vitest';
import { caller, PathDisk } from './testing/path-disk.ts';

const durable = () => PathDisk.create().write('a', 'one two three').mkdir('p').checkpoint();
const trace = (disk: PathDisk, ...needles: string[]) => disk.disk.findUnsynced(needles, 16);

test('finds bytes that a cut drops, and the write that brought them', () => {
  const disk = durable().write('a', 'TWO', 4);
  expect(trace(disk, 'TWO')).toEqual([{ needle: 'TWO', path: 'a', offset: 4, op: disk.ops.at(-1) }]);
});

test('does not point at durable bytes beside them', () => {
  expect(trace(durable().write('a', 'TWO', 4), 'one', 'three', 'absent')).toEqual([]);
});

test('finds texts that reach from un-synced bytes into durable ones, across pages', () => {
  const disk = durable()
    .write('a', 'x'.repeat(8192))
    .write('a', 'needle', 4093)
    .fsync('a')
    .write('a', 'n', 4093);
  expect(trace(disk, 'needle')).toMatchObject([{ offset: 4093, op: { offset: 4093, length: 1 } }]);
});

test('finds synced data whose name is lost, with the op that made the name', () => {
  const disk = durable().write('p/f', 'content').fsync('p/f');
  expect(trace(disk, 'content')).toMatchObject([
    { path: 'p/f', offset: 0, op: { kind: 'create', path: 'p/f' } },
  ]);
  expect(trace(disk.fsync('p'), 'content')).toEqual([]);
});

test('finds what lies in a lost directory, however well it was synced there', () => {
  const disk = durable().mkdir('n', 'n/m').write('n/m/f', 'content').fsync('n/m/f', 'n/m', 'n');
  expect(trace(disk, 'content')).toMatchObject([{ path: 'n/m/f', op: { kind: 'mkdir', path: 'n' } }]);
});

test('does not call a file lost that a cut leaves at its old name', () => {
  expect(trace(durable().rename('a', 'p/b'), 'one')).toEqual([]);
});

test('knows texts as UTF-8, and stops at the limit', () => {
  const disk = durable().write('a', 'é'.repeat(50));
  // The story writes Latin-1 where it can; these are the bytes of UTF-8.
  disk.disk.write(caller, disk.ino('a'), 0, Buffer.from('ééé'));
  expect(disk.disk.findUnsynced(['é'], 2).map(({ offset }) => offset)).toEqual([0, 2]);
});
