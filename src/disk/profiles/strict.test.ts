import { describe, expect, test } from 'vitest';
import { caller, ok, PathDisk } from '../testing/path-disk.ts';

/** A disk on which all of this is durable: files `a` and `b`, directories `p` (with `p/x`) and `q`. */
function durable(): PathDisk {
  return PathDisk.create().write('a', 'A').write('b', 'B').mkdir('p', 'q').write('p/x', 'X').checkpoint();
}

const base = { a: 'A', b: 'B', 'p/': '', 'p/x': 'X', 'q/': '' };

describe('data and size', () => {
  test('are lost without a barrier', () => {
    expect(durable().write('a', 'new and longer').cut().tree()).toEqual(base);
  });

  test.each(['fsync', 'fdatasync'] as const)('are durable once %s has returned', (barrier) => {
    const disk = durable().append('a', 'new')[barrier]('a').append('a', 'newer');
    expect(disk.cut().read('a')).toBe('Anew');
  });

  test('of other files stay behind', () => {
    expect(durable().write('a', '1').write('b', '2').fsync('b').cut().tree()).toMatchObject({
      a: 'A',
      b: '2',
    });
  });

  test('are not made durable by the directory', () => {
    expect(durable().write('a', '1').fsync('').cut().read('a')).toBe('A');
  });

  test('come back when a truncation was not synced, and are gone when it was', () => {
    const long = 'x'.repeat(10_000);
    const disk = PathDisk.create().write('f', long).checkpoint().truncate('f', 5);
    expect(disk.cut().read('f')).toBe(long);
    expect(disk.fdatasync('f').cut().read('f')).toBe('xxxxx');
  });

  test('that a truncation added are zeros, and lost like any other', () => {
    const disk = durable().truncate('a', 3);
    expect(disk.cut().read('a')).toBe('A');
    expect(disk.fsync('a').cut().read('a')).toBe('A\0\0');
  });

  test('cut off and grown again read as zeros on both sides of a cut', () => {
    const disk = durable().write('a', 'secret').fsync('a').truncate('a', 1).truncate('a', 6);
    expect(disk.read('a')).toBe('s\0\0\0\0\0');
    expect(disk.cut().read('a')).toBe('secret');
    expect(disk.fsync('a').cut().read('a')).toBe('s\0\0\0\0\0');
  });

  test('far beyond the end make a hole that costs nothing', () => {
    const disk = durable()
      .write('a', 'end', 2 ** 40)
      .fsync('a');
    expect(disk.cut().inode('a').size).toBe(2 ** 40 + 3);
    expect(disk.inode('a').blocks512).toBe(2 * 8);
  });

  test('come back where an un-synced hole was punched', () => {
    const punchKeepingSize = 3;
    const disk = PathDisk.create().write('f', 'x'.repeat(12_288)).checkpoint();
    ok(disk.disk.allocate(caller, disk.ino('f'), punchKeepingSize, 4000, 4200));
    expect(disk.read('f')).toBe('x'.repeat(4000) + '\0'.repeat(4200) + 'x'.repeat(4088));
    expect(disk.cut().read('f')).toBe('x'.repeat(12_288));
    expect(disk.fsync('f').cut().read('f')).toBe(disk.read('f'));
  });
});

describe('attributes', () => {
  test('are durable with fsync, and left behind by fdatasync', () => {
    const disk = durable().chmod('a', 0o600).write('a', 'new').fdatasync('a');
    expect(disk.cut().inode('a')).toMatchObject({ mode: 0o644, size: 3 });
    expect(disk.fsync('a').cut().inode('a').mode).toBe(0o600);
  });

  test('of a directory are durable with its fsync', () => {
    const disk = durable().chmod('p', 0o700);
    expect(disk.cut().inode('p').mode).toBe(0o755);
    expect(disk.fsync('p').cut().inode('p').mode).toBe(0o700);
  });

  test('that only name an extended attribute are no different', () => {
    const disk = durable();
    const ino = disk.ino('a');
    disk.disk.setXattr(caller, ino, 'user.k', Buffer.from('v'), 0);
    expect(disk.cut().disk.listXattr(ino)).toEqual([]);
    expect(disk.fsync('a').cut().disk.getXattr(ino, 'user.k')).toEqual(Uint8Array.from(Buffer.from('v')));
  });

  test('at creation come with the name: a file that was never synced is there and empty', () => {
    const disk = durable().write('new', 'data').fsync('');
    expect(disk.cut().inode('new')).toMatchObject({ mode: 0o644, uid: 1000, size: 0 });
  });

  test('times that writes leave go and come with the data', () => {
    const disk = durable();
    const before = disk.inode('a').mtime;
    disk.write('a', 'new');
    const after = disk.inode('a').mtime;
    expect(disk.cut().inode('a').mtime).toEqual(before);
    expect(disk.fdatasync('a').cut().inode('a').mtime).toEqual(after);
    expect(disk.disk.unsyncedFiles).toBe(0);
  });
});

describe('a name', () => {
  test('that was made is lost with its synced file until its directory is synced', () => {
    const disk = durable().write('new', 'data').fsync('new');
    expect(disk.cut().tree()).toEqual(base);
    expect(disk.fsync('').cut().read('new')).toBe('data');
  });

  test('in a directory whose own name is not durable is lost with it', () => {
    const disk = durable().mkdir('d', 'd/e').write('d/e/f', 'data').fsync('d/e/f', 'd/e', 'd');
    expect(disk.cut().tree()).toEqual(base);
    expect(disk.fsync('').cut().tree()).toEqual({ ...base, 'd/': '', 'd/e/': '', 'd/e/f': 'data' });
  });

  test('that was unlinked comes back, with what was durable of the file', () => {
    const disk = durable().write('a', 'new').unlink('a');
    expect(disk.cut().tree()).toEqual(base);
    expect(disk.cut().inode('a').nlink).toBe(1);
    expect(disk.fsync('').cut().exists('a')).toBe(false);
  });

  test('unlinked and made again is the old file until the directory is synced', () => {
    const disk = durable().unlink('a').write('a', 'second').fsync('a');
    expect(disk.cut().read('a')).toBe('A');
    expect(disk.fsync('').cut().read('a')).toBe('second');
  });

  test('made by link(2) is lost until its directory is synced, the file is not', () => {
    const disk = durable().link('a', 'q/hard');
    expect(disk.inode('a').nlink).toBe(2);
    expect(disk.cut().tree()).toEqual(base);
    expect(disk.cut().inode('a').nlink).toBe(1);
    const image = disk.fsync('q').cut();
    expect(image.ino('q/hard')).toBe(image.ino('a'));
    expect(image.inode('a').nlink).toBe(2);
  });

  test('of a removed directory comes back with all that was durable in it', () => {
    const disk = durable().unlink('p/x').rmdir('p');
    expect(disk.cut().tree()).toEqual(base);
    expect(disk.fsync('').cut().tree()).toEqual({ a: 'A', b: 'B', 'q/': '' });
  });

  test('of a removed directory can go for good while that directory itself is synced', () => {
    // What left it went to where it stood, so its own going is durable with its sync.
    const disk = durable().rename('p/x', 'x');
    const ino = disk.ino('p');
    disk.rmdir('p').rename('x', 'p');
    ok(disk.disk.fsyncDirectory(caller, ino));
    expect(disk.disk.inode(ino)).toBeUndefined();
    expect(disk.cut().tree()).toEqual({ a: 'A', b: 'B', p: 'X', 'q/': '' });
    expect(disk.checkpoint().cut().tree()).toEqual(disk.tree());
  });

  test('of symlinks and devices is no different', () => {
    const disk = durable().symlink('s', 'a');
    ok(disk.disk.mknod(caller, 1, 'pipe', 'fifo', 0o600, 0));
    expect(disk.cut().tree()).toEqual(base);
    expect(disk.fsync('').cut().tree()).toMatchObject({ s: '-> a', pipe: '' });
  });
});

describe('rename', () => {
  test('over a file gives the old or the new one, whole', () => {
    const disk = durable().write('tmp', 'new').fsync('tmp').rename('tmp', 'a');
    expect(disk.cut().tree()).toEqual(base);
    expect(disk.fsync('').cut().tree()).toEqual({ ...base, a: 'new' });
  });

  test('of a file that was not synced leaves an empty one', () => {
    expect(durable().write('tmp', 'new').rename('tmp', 'a').fsync('').cut().read('a')).toBe('');
  });

  test('into another directory: sync of the new one may show both names, of one file', () => {
    const image = durable().rename('p/x', 'q/x').fsync('q').cut();
    expect(image.tree()).toEqual({ ...base, 'q/x': 'X' });
    expect(image.inode('p/x')).toMatchObject({ ino: image.ino('q/x'), nlink: 2 });
  });

  test('into another directory: sync of the old one keeps the file at its new name', () => {
    expect(durable().rename('p/x', 'q/x').fsync('p').cut().tree()).toEqual({
      a: 'A',
      b: 'B',
      'p/': '',
      'q/': '',
      'q/x': 'X',
    });
  });

  test('into a directory that is itself new: sync of the old one makes the new one durable too', () => {
    const image = durable().mkdir('n').rename('p/x', 'n/x').fsync('p').cut();
    expect(image.tree()).toMatchObject({ 'n/': '', 'n/x': 'X' });
    expect(image.exists('p/x')).toBe(false);
  });

  test('twice: what counts is where the file is', () => {
    const image = durable().rename('p/x', 'q/x').rename('q/x', 'y').fsync('p').cut();
    expect(image.tree()).toEqual({ a: 'A', b: 'B', 'p/': '', 'q/': '', y: 'X' });
  });

  test('twice, with a sync between: an earlier durable name is enough', () => {
    const image = durable().rename('p/x', 'q/x').fsync('q').rename('q/x', 'y').fsync('p').cut();
    expect(image.tree()).toEqual({ a: 'A', b: 'B', 'p/': '', 'q/': '', 'q/x': 'X' });
  });

  test('away from a name that was made again and moved on itself', () => {
    const image = durable().rename('p/x', 'q/1').write('p/x', '').rename('p/x', 'q/2').fsync('p').cut();
    expect(image.read('q/1')).toBe('X');
  });

  test('of one of two hard links keeps that one', () => {
    const disk = durable().link('p/x', 'a2').fsync('');
    const image = disk.rename('p/x', 'q/moved').rename('a2', 'a3').fsync('p').cut();
    expect(image.tree()).toEqual({ a: 'A', b: 'B', 'p/': '', 'q/': '', 'q/moved': 'X', a2: 'X' });
  });

  test('out of a directory that is then removed', () => {
    const disk = durable().rename('p/x', 'q/x').rmdir('p');
    expect(disk.cut().tree()).toEqual(base);
    expect(disk.fsync('').cut().tree()).toEqual({ a: 'A', b: 'B', 'q/': '', 'q/x': 'X' });
  });

  test('of a directory moves it: it never has two names', () => {
    const disk = durable().rename('p', 'q/p');
    expect(disk.cut().tree()).toEqual(base);
    expect(disk.fsync('q').cut().tree()).toEqual({ a: 'A', b: 'B', 'q/': '', 'q/p/': '', 'q/p/x': 'X' });
  });

  test('of a directory into a new one takes both along', () => {
    const image = durable().mkdir('n').rename('p', 'n/p').fsync('n').cut();
    expect(image.tree()).toEqual({ a: 'A', b: 'B', 'n/': '', 'n/p/': '', 'n/p/x': 'X', 'q/': '' });
  });

  test('of directories into each other', () => {
    const disk = PathDisk.create().mkdir('d', 'd/e').write('d/e/f', 'F').checkpoint();
    disk.rename('d/e', 'e').rename('d', 'e/d');
    const synced = (path: string) => new PathDisk(disk.disk.fork(), []).fsync(path).cut().tree();
    expect(synced('')).toEqual({ 'e/': '', 'e/d/': '', 'e/f': 'F' });
    expect(synced('e')).toEqual({ 'e/': '', 'e/d/': '', 'e/f': 'F' });
    // Of `d` only what left it is known to the disk, not yet that it moved itself.
    expect(synced('e/d')).toEqual({ 'd/': '', 'e/': '', 'e/f': 'F' });
  });

  test('that exchanges two names changes both or none', () => {
    const after = { ...base, a: 'X', 'p/x': 'A' };
    const disk = durable().exchange('a', 'p/x');
    expect(disk.cut().tree()).toEqual(base);
    for (const synced of ['', 'p']) {
      expect(new PathDisk(disk.disk.fork(), []).fsync(synced).cut().tree()).toEqual(after);
    }
  });

  test('there and back changes nothing', () => {
    const disk = durable().rename('a', 'c').rename('c', 'a');
    expect(disk.disk.unsynced()).toEqual([]);
    expect(disk.cut().tree()).toEqual(base);
  });

  test('of two names of one file does nothing', () => {
    const disk = durable().link('a', 'a2').checkpoint();
    const opCount = disk.disk.opCount;
    disk.rename('a', 'a2').exchange('a', 'a2');
    expect(disk.disk.opCount).toBe(opCount);
    expect(disk.tree()).toEqual({ ...base, a2: 'A' });
  });
});

describe('a file without a name', () => {
  test('lives while it is open, and no cut knows it', () => {
    const disk = durable();
    const ino = disk.ino('a');
    disk.disk.remember(ino);
    disk.write('a', 'new').fsync('a').unlink('a').fsync('');
    expect(disk.disk.inode(ino)?.nlink).toBe(0);
    expect(disk.cut().disk.inode(ino)).toBeUndefined();
    expect(disk.cut('keep-all').disk.inode(ino)).toBeUndefined();
    disk.disk.forget(ino, 1);
    expect(disk.disk.inode(ino)).toBeUndefined();
  });

  test('of O_TMPFILE can be given one, which is durable with its directory', () => {
    const disk = durable();
    const { ino } = ok(disk.disk.temporary(caller, disk.ino('q'), 0o600));
    disk.disk.write(caller, ino, 0, Buffer.from('T'));
    expect(disk.cut().disk.stats().files).toBe(disk.disk.stats().files - 1);
    expect(disk.disk.unsynced()).toEqual([]);
    ok(disk.disk.link(caller, ino, disk.ino('q'), 'named'));
    disk.fsync('q/named');
    expect(disk.cut().tree()).toEqual(base);
    expect(disk.fsync('q').cut().tree()).toEqual({ ...base, 'q/named': 'T' });
  });
});

describe('an image', () => {
  test('keep-all is what a kill leaves', () => {
    const disk = durable().write('a', 'new').rename('b', 'c').mkdir('d').unlink('p/x');
    const image = disk.cut('keep-all');
    expect(image.tree()).toEqual(disk.tree());
    expect(image.disk.unsynced()).toEqual([]);
    expect(image.cut().tree()).toEqual(disk.tree());
  });

  test('is a disk of its own', () => {
    const disk = durable().write('a', 'new');
    const image = disk.cut().write('a', 'other').unlink('b');
    expect(disk.tree()).toEqual({ ...base, a: 'new' });
    expect(image.cut().tree()).toEqual(base);
  });
});
