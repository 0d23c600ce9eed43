import { describe, expect, test } from 'vitest';
import { Disk } from './disk.ts';
import * as errno from './errno.ts';
import { caller, ok, PathDisk, tickingClock } from './testing/path-disk.ts';
import { strict } from './profiles/strict.ts';

const KiB = 1024;
const page = (byte: string) => byte.repeat(4 * KiB);

describe('a full disk', () => {
  const full = () => PathDisk.create({ capacityBytes: 16 * KiB }).write('f', page('x').repeat(3));

  test('takes what fits, and then nothing', () => {
    const { disk } = full();
    const ino = disk.lookup(1, 'f') as { ino: number };
    expect(disk.write(caller, ino.ino, 12 * KiB, Buffer.from(page('y').repeat(2)))).toBe(4 * KiB);
    expect(disk.write(caller, ino.ino, 16 * KiB, Buffer.from('y'))).toBe(errno.ENOSPC);
    expect(disk.inode(ino.ino)?.size).toBe(16 * KiB);
  });

  test('counts what a cut would need, too: an overwrite of synced bytes takes pages of its own', () => {
    const story = full().fsync('f');
    expect(story.disk.write(caller, story.ino('f'), 0, Buffer.from(page('y').repeat(3)))).toBe(4 * KiB);
    story.fsync('f');
    expect(story.disk.write(caller, story.ino('f'), 0, Buffer.from(page('z')))).toBe(4 * KiB);
  });

  test('can still be freed: truncation and unlink need no room', () => {
    const story = full().fsync('f').write('f', 'y').truncate('f', 5000);
    expect(story.read('f').slice(4095)).toBe('x'.repeat(905));
    story.unlink('f').checkpoint();
    expect(story.disk.stats().pageBytes).toBe(0);
  });

  test('does not promise room that it has not', () => {
    const story = full();
    const [f, g] = [story.ino('f'), story.create('g')];
    expect(story.disk.allocate(caller, g, 0, 0, 2 * 4 * KiB)).toBe(errno.ENOSPC);
    expect(story.disk.inode(g)?.size).toBe(0);
    expect(story.disk.allocate(caller, f, 0, 0, 4 * 4 * KiB)).toBe(0);
  });

  test('is seen by statfs, which counts blocks and inodes', () => {
    const story = full();
    expect(story.disk.statfs()).toEqual({
      blockSize: 4096,
      blocks: 4,
      blocksFree: 1,
      files: 2,
      filesFree: 0,
      nameLength: 255,
    });
    expect(PathDisk.create().disk.statfs()).toMatchObject({ files: 1024, filesFree: 1023 });
  });
});

describe('sparse files', () => {
  test('take pages only where there is data, and SEEK_DATA and SEEK_HOLE find it', () => {
    const [data, hole] = [3, 4];
    const story = PathDisk.create()
      .write('f', page('x'), 8 * KiB)
      .write('f', 'y', 1024 ** 4);
    const ino = story.ino('f');
    const seek = (offset: number, whence: number) => story.disk.seek(ino, offset, whence);
    expect(story.inode('f').blocks512).toBe(16);
    expect([seek(0, data), seek(9 * KiB, data), seek(12 * KiB, data)]).toEqual([8 * KiB, 9 * KiB, 1024 ** 4]);
    expect([seek(0, hole), seek(9 * KiB, hole), seek(1024 ** 4, hole)]).toEqual([0, 12 * KiB, 1024 ** 4 + 1]);
    const ENXIO = -6;
    expect([seek(1024 ** 4 + 1, data), seek(-1, hole)]).toEqual([ENXIO, ENXIO]);
    expect(seek(0, 2)).toBe(errno.EINVAL);
  });

  test('end where a disk ends', () => {
    const story = PathDisk.create().write('f', 'x');
    const [ino, end] = [story.ino('f'), 2 ** 44 - 4096];
    expect(story.disk.write(caller, ino, end, Buffer.from('x'))).toBe(errno.EFBIG);
    expect(story.disk.write(caller, ino, end - 2, Buffer.from('xyz'))).toBe(2);
    expect(story.disk.setattr(caller, ino, { size: end + 1 })).toBe(errno.EFBIG);
    expect(story.disk.allocate(caller, ino, 0, end, 1)).toBe(errno.EFBIG);
  });
});

describe('what is refused', () => {
  const story = PathDisk.create().mkdir('d', 'd/e').write('f', 'x').symlink('s', 'f');
  const [root, d, e, f] = [1, story.ino('d'), story.ino('d/e'), story.ino('f')];
  const { disk } = story;
  const long = 'n'.repeat(256);

  test.each([
    ['a name that exists', () => disk.create(caller, root, 'f', 0o644), errno.EEXIST],
    ['a name in a file', () => disk.create(caller, f, 'x', 0o644), errno.ENOTDIR],
    ['a name in no directory', () => disk.create(caller, 999, 'x', 0o644), errno.ENOENT],
    ['a name too long', () => disk.create(caller, root, long, 0o644), errno.ENAMETOOLONG],
    ['renaming to a name too long', () => disk.rename(caller, root, 'f', root, long, 0), errno.ENAMETOOLONG],
    ['a hard link to a directory', () => disk.link(caller, d, root, 'x'), errno.EPERM],
    ['unlinking a directory', () => disk.unlink(caller, root, 'd'), errno.EISDIR],
    ['rmdir of a file', () => disk.rmdir(caller, root, 'f'), errno.ENOTDIR],
    ['rmdir of a full directory', () => disk.rmdir(caller, root, 'd'), errno.ENOTEMPTY],
    ['a directory moved into itself', () => disk.rename(caller, root, 'd', e, 'x', 0), errno.EINVAL],
    [
      'a directory exchanged with what is in it',
      () => disk.rename(caller, d, 'e', root, 'd', 2),
      errno.EINVAL,
    ],
    ['a rename onto a full directory', () => disk.rename(caller, d, 'e', root, 'd', 0), errno.ENOTEMPTY],
    ['a directory over a file', () => disk.rename(caller, root, 'd', root, 'f', 0), errno.ENOTDIR],
    ['a file over a directory', () => disk.rename(caller, root, 'f', d, 'e', 0), errno.EISDIR],
    ['replacing under RENAME_NOREPLACE', () => disk.rename(caller, root, 'f', root, 's', 1), errno.EEXIST],
    ['an exchange with nothing', () => disk.rename(caller, root, 'f', root, 'x', 2), errno.ENOENT],
    ['unknown rename flags', () => disk.rename(caller, root, 'f', root, 'x', 4), errno.EINVAL],
    ['writing a directory', () => disk.write(caller, d, 0, Buffer.from('x')), errno.EISDIR],
    ['writing a symlink', () => disk.write(caller, story.ino('s'), 0, Buffer.from('x')), errno.EINVAL],
    ['truncating a directory', () => disk.setattr(caller, d, { size: 0 }), errno.EISDIR],
    ['fsyncdir of a file', () => disk.fsyncDirectory(caller, f), errno.EINVAL],
    ['collapsing a range', () => disk.allocate(caller, f, 8, 0, 1), errno.EOPNOTSUPP],
    ['punching without keeping the size', () => disk.allocate(caller, f, 2, 0, 1), errno.EOPNOTSUPP],
    ['allocating nothing', () => disk.allocate(caller, f, 0, 0, 0), errno.EINVAL],
    ['a missing attribute', () => disk.getXattr(f, 'user.x'), errno.ENODATA],
    [
      'replacing a missing attribute',
      () => disk.setXattr(caller, f, 'user.x', Buffer.of(), 2),
      errno.ENODATA,
    ],
    ['a huge attribute', () => disk.setXattr(caller, f, 'user.x', Buffer.alloc(65_537), 0), errno.E2BIG],
  ])('%s', (_what, refused, expected) => {
    const { opCount } = disk;
    expect(refused()).toBe(expected);
    expect(disk.opCount).toBe(opCount);
  });

  test('a name in a removed directory', () => {
    const removed = PathDisk.create().mkdir('d');
    const ino = removed.ino('d');
    removed.disk.remember(ino);
    removed.rmdir('d').write('f', '');
    expect(removed.disk.create(caller, ino, 'x', 0o644)).toBe(errno.ENOENT);
    expect(removed.disk.temporary(caller, ino, 0o644)).toBe(errno.ENOENT);
    expect(removed.disk.rename(caller, 1, 'f', ino, 'x', 0)).toBe(errno.ENOENT);
  });
});

describe('new inodes', () => {
  test('belong to who made them, or to the group of a set-group-ID directory', () => {
    const story = PathDisk.create().mkdir('d');
    ok(story.disk.setattr(caller, story.ino('d'), { mode: 0o2775, gid: 50 }));
    story.write('d/f', '').mkdir('d/e').write('g', '');
    expect(story.inode('g')).toMatchObject({ uid: 1000, gid: 1000, mode: 0o644 });
    expect(story.inode('d/f')).toMatchObject({ uid: 1000, gid: 50, mode: 0o644 });
    expect(story.inode('d/e')).toMatchObject({ gid: 50, mode: 0o2755 });
  });

  test('keep an attribute that a caller goes on to overwrite', () => {
    const story = PathDisk.create().write('f', '');
    const value = Buffer.from('first');
    ok(story.disk.setXattr(caller, story.ino('f'), 'user.x', value, 1));
    value.write('later');
    expect(story.disk.getXattr(story.ino('f'), 'user.x')).toEqual(Uint8Array.from(Buffer.from('first')));
    expect(story.disk.setXattr(caller, story.ino('f'), 'user.x', value, 1)).toBe(errno.EEXIST);
  });
});

describe('ops', () => {
  test('are numbered from 1 without gaps, with paths as they were', () => {
    const story = PathDisk.create()
      .mkdir('d')
      .write('d/f', 'x')
      .rename('d', 'e')
      .write('e/f', 'y')
      .fsync('e/f');
    story.link('e/f', 'g').truncate('g', 0).checkpoint();
    expect(story.ops.map(({ number, kind, path, toPath }) => [number, kind, path, toPath])).toEqual([
      [1, 'mkdir', 'd', undefined],
      [2, 'create', 'd/f', undefined],
      [3, 'write', 'd/f', undefined],
      [4, 'rename', 'd', 'e'],
      [5, 'write', 'e/f', undefined],
      [6, 'fsync', 'e/f', undefined],
      [7, 'link', 'e/f', 'g'],
      [8, 'truncate', 'e/f', undefined],
      [9, 'checkpoint', '', undefined],
    ]);
    expect(story.disk.stats()).toMatchObject({ ops: 9, barriers: 1, files: 3 });
  });

  test('name paths as people read them', () => {
    const story = PathDisk.create();
    const name = Buffer.from('grün').toString('latin1');
    ok(story.disk.create(caller, 1, name, 0o644));
    expect(story.ops.at(-1)?.path).toBe('grün');
    expect(story.disk.unsynced()[0]?.names).toEqual(['+grün']);
  });

  test('go on counting in an image', () => {
    const story = PathDisk.create().write('f', 'x').checkpoint();
    const image = story.cut().write('f', 'y');
    expect(image.ops.at(-1)).toMatchObject({ number: 4, kind: 'write' });
  });
});

describe('forks and images', () => {
  test('share every byte: they cost what changes', () => {
    const story = PathDisk.create().write('f', page('x').repeat(100)).checkpoint();
    const [fork, image] = [new PathDisk(story.disk.fork(), []), story.write('f', 'y').cut()];
    expect(story.disk.stats().pageBytes).toBe(101 * 4096);
    fork.write('f', 'z', 4096);
    image.write('f', 'w', 8192);
    expect(story.disk.stats().pageBytes).toBe(103 * 4096);
    expect([story, fork, image].map((each) => each.read('f').replaceAll(/x+/g, 'x'))).toEqual([
      'yx',
      'xzx',
      'xwx',
    ]);
    for (const { disk } of [story, fork, image]) disk.release();
    expect(story.disk.stats().pageBytes).toBe(0);
  });

  test('remember nothing: what was only open is not in them', () => {
    const story = PathDisk.create().write('f', 'x');
    const ino = story.ino('f');
    story.disk.remember(ino);
    story.unlink('f');
    const fork = story.disk.fork();
    expect([story.disk.inode(ino)?.nlink, fork.inode(ino)]).toEqual([0, undefined]);
  });
});

test('the root belongs to whom it is given', () => {
  const disk = new Disk({ profile: strict, clock: tickingClock(), owner: { uid: 5, gid: 6 } });
  expect(disk.inode(Disk.rootIno)).toMatchObject({
    uid: 5,
    gid: 6,
    mode: 0o755,
    nlink: 2,
    kind: 'directory',
  });
  expect(disk.pathOf(Disk.rootIno)).toBe('');
  expect(disk.parentOf(Disk.rootIno)).toBe(Disk.rootIno);
});
