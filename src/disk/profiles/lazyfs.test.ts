import { describe, expect, test } from 'vitest';
import { caller, PathDisk } from '../testing/path-disk.ts';
import { lazyfs } from './lazyfs.ts';

const disk = () => PathDisk.create({ profile: lazyfs });

describe('data and size', () => {
  test.each(['fsync', 'fdatasync'] as const)(
    'are lost without a barrier and durable once %s returned',
    (barrier) => {
      const story = disk().write('f', 'first')[barrier]('f').write('f', 'second');
      expect(story.cut().tree()).toEqual({ f: 'first' });
    },
  );

  test('of a file that was never synced: it is there, and empty', () => {
    expect(disk().write('f', 'data').cut().tree()).toEqual({ f: '' });
  });

  test('of a rename over a synced file, without fsync: the target is empty', () => {
    const story = disk().write('f', 'old').fsync('f').write('tmp', 'new').rename('tmp', 'f');
    expect(story.cut().tree()).toEqual({ f: '' });
  });
});

describe('names and attributes', () => {
  test('are durable at once', () => {
    const story = disk().mkdir('d', 'd/e').write('f', '').link('f', 'd/hard').rename('f', 'd/e/f');
    story.symlink('s', 'x').chmod('d/hard', 0o600).write('gone', '').unlink('gone').mkdir('g').rmdir('g');
    expect(story.disk.unsynced()).toEqual([]);
    expect(story.cut().tree()).toEqual(story.tree());
    expect(story.cut().inode('d/hard')).toMatchObject({ mode: 0o600, nlink: 2 });
  });

  test('move and exchange directories at once', () => {
    const story = disk()
      .mkdir('d', 'd/e', 'g')
      .write('d/e/f', '')
      .rename('d/e', 'e')
      .rename('d', 'e/d')
      .exchange('g', 'e/d');
    expect(story.cut().tree()).toEqual(story.tree());
  });
});

test('losing what is un-synced goes back to the last barrier, while programs live on', () => {
  const story = disk().write('f', 'kept').fsync('f').write('f', 'lost!').write('g', 'lost too').mkdir('d');
  const loss = story.disk.loss('data');
  const { changedInos } = story.disk.loseUnsynced(caller);
  expect(story.tree()).toEqual({ f: 'kept', g: '', 'd/': '' });
  expect(changedInos).toEqual([story.ino('f'), story.ino('g')]);
  expect(loss.files.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([
    ['f', 5],
    ['g', 8],
  ]);
  expect(loss.ops.map(({ kind, path }) => [kind, path])).toEqual([
    ['write', 'f'],
    ['write', 'g'],
  ]);
});
