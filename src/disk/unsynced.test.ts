import { describe, expect, test } from 'vitest';
import { Disk } from './disk.ts';
import { strict } from './profiles/strict.ts';
import { caller, PathDisk } from './testing/path-disk.ts';

const durable = () => PathDisk.create().write('a', 'A').mkdir('p').write('p/x', 'X').checkpoint();

describe('the report of what is un-synced', () => {
  test('is empty after a checkpoint', () => {
    const disk = durable().write('a', 'new').mkdir('q').unlink('p/x').chmod('p', 0o700);
    expect(disk.disk.unsynced().length).toBe(3);
    expect(disk.disk.checkpoint(caller)).toEqual({ sizeBytes: 3 });
    expect(disk.disk.unsynced()).toEqual([]);
    expect([disk.disk.unsyncedBytes, disk.disk.unsyncedFiles]).toEqual([0, 0]);
  });

  test('tells the bytes of a file, the op that wrote them, and since when', () => {
    let ms = 100;
    const clock = { monotonicMs: () => ms, wallMs: () => 0 };
    const disk = new PathDisk(new Disk({ profile: strict, clock }), []);
    disk.create('f');
    disk.checkpoint();
    ms = 200;
    disk.write('f', 'first');
    ms = 250;
    disk.write('f', 'second', 10);
    ms = 300;
    expect(disk.disk.unsynced()).toEqual([
      {
        path: 'f',
        ino: disk.ino('f'),
        kind: 'file',
        sizeBytes: 11,
        ranges: [
          { offset: 0, length: 5 },
          { offset: 10, length: 6 },
        ],
        metadata: true,
        names: [],
        nameUnsynced: false,
        ageMs: 100,
        lastOp: { number: 4, kind: 'write', timeMs: 250, pid: 7, ino: 2, path: 'f', offset: 10, length: 6 },
      },
    ]);
  });

  test('calls bytes that were only cut off metadata', () => {
    expect(durable().truncate('a', 0).disk.unsynced()).toMatchObject([
      {
        path: 'a',
        sizeBytes: 0,
        ranges: [],
        metadata: true,
        lastOp: { kind: 'truncate', offset: 0, length: 0 },
      },
    ]);
  });

  test('tells which names a directory gained, lost and has anew', () => {
    const disk = durable().write('p/new', '').rename('a', 'p/x').fsync('p/new');
    expect(disk.disk.unsynced().map(({ path, kind, names }) => [path, kind, names])).toEqual([
      ['.', 'directory', ['-a']],
      ['p', 'directory', ['+new', '=x']],
    ]);
  });

  test('says of a file whose own name no cut would leave that it is so', () => {
    const disk = durable().mkdir('n').write('n/f', 'data').write('f', 'data').write('p/x', 'data').fsync('n');
    const unnamed = disk.disk.unsynced().filter(({ nameUnsynced }) => nameUnsynced);
    expect(unnamed.map(({ path }) => path)).toEqual(['f', 'n/f']);
  });

  test('calls a file by a name that it has: linked to its final name, then unlinked from the first', () => {
    const disk = durable().write('p/tmp', 'data').link('p/tmp', 'final').unlink('p/tmp');
    expect(disk.disk.unsynced().map(({ path }) => path)).toEqual(['.', 'final']);
    expect(disk.write('final', 'more').ops.at(-1)).toMatchObject({ kind: 'write', path: 'final' });
  });

  test('is the same when it is made in steps of a fork, whatever happens to the disk meanwhile', () => {
    const disk = durable();
    // Not in the order of their names, and more than a step takes.
    for (let index = 0; index < 700; index++) disk.write(`f${(index * 37) % 700}`, 'data');
    const before = disk.disk.unsynced();
    const fork = disk.disk.fork();
    const seen: typeof before = [];
    let count = 0;
    for (const piece of fork.unsyncedInSteps()) {
      seen.push(...(piece ?? []));
      count++;
      disk
        .write(`f${count}`, 'longer data')
        .unlink(`f${count + 100}`)
        .rename(`f${count + 200}`, `p/${count}`);
    }
    const ageless = (files: typeof before) => files.map(({ ageMs: _, ...file }) => file);
    expect(ageless(seen)).toEqual(ageless(before));
    expect(count).toBeGreaterThan(5);
    fork.release();
  });

  test('leaves out what nobody can lose: temporary files and unlinked open ones', () => {
    const disk = durable().write('a', 'new').fsync('').unlink('a').fsync('');
    expect(disk.disk.unsynced()).toEqual([]);
    expect(disk.disk.unsyncedBytes).toBe(0);
  });
});

describe('the loss of a cut', () => {
  test('lists the dropped ops in order, a rename once', () => {
    const disk = durable()
      .write('t', 'new')
      .fsync('t')
      .rename('t', 'p/y')
      .write('p/x', 'lost')
      .chmod('a', 0o600);
    const loss = disk.disk.loss('lose-all');
    expect(loss.ops.map(({ kind, path, toPath }) => [kind, path, toPath])).toEqual([
      ['rename', 't', 'p/y'],
      ['write', 'p/x', undefined],
      ['setattr', 'a', undefined],
    ]);
    expect(loss).toMatchObject({ sizeBytes: 4, opCount: 3, rules: strict.rules });
  });

  test('leaves out a move of a directory that is durable on both sides, though its old name was taken again', () => {
    const disk = durable().mkdir('q').checkpoint().rename('p', 'q/p').write('p', 'x').fsync('q');
    expect(disk.disk.loss('lose-all').ops.map(({ kind, path }) => [kind, path])).toEqual([
      ['create', 'p'],
      ['write', 'p'],
    ]);
  });

  test('is nothing where everything is kept', () => {
    expect(durable().write('a', 'new').disk.loss('keep-all')).toMatchObject({
      sizeBytes: 0,
      files: [],
      ops: [],
      opCount: 0,
    });
  });

  test('counts ops beyond those it lists', () => {
    const disk = durable();
    for (let index = 0; index < 25_000; index++)
      disk.disk.write(caller, disk.ino('a'), (index % 3) * 50, Buffer.from('x'));
    const { ops, opCount } = disk.disk.loss('lose-all');
    expect(opCount).toBe(25_000);
    expect(ops.length).toBe(20_000);
    expect(ops.at(-1)?.number).toBe(disk.disk.opCount);
  });
});

test('a loss can be told of afterwards, from a fork of the disk as it was', () => {
  const disk = durable()
    .write('a', 'longer')
    .write('p/new', 'data')
    .rename('p/x', 'x')
    .unlink('a')
    .write('b', 'b');
  const before = disk.disk.fork({ recorded: true });
  const known = [disk.disk.loss('lose-all', 7), disk.disk.loss('data', 7)];
  disk.disk.loseUnsynced(caller);
  disk.write('b', 'later').unlink('p/new').checkpoint();
  expect([before.loss('lose-all', 7), before.loss('data', 7)]).toEqual(known);
});

describe('losing un-synced data under a living program', () => {
  test('takes data and sizes back; names, attributes and nameless files stay', () => {
    const disk = durable().write('a', 'longer').chmod('a', 0o600).write('new', 'data').mkdir('d');
    const open = disk.ino('new');
    disk.disk.remember(open);
    disk.unlink('new').write('other', 'data');
    const loss = disk.disk.loss('data');
    const { changedInos } = disk.disk.loseUnsynced(caller);
    expect(disk.tree()).toEqual({ a: 'A', 'p/': '', 'p/x': 'X', 'd/': '', other: '' });
    expect(disk.inode('a').mode).toBe(0o600);
    expect(disk.disk.inode(open)?.size).toBe(4);
    expect(changedInos).toEqual([disk.ino('a'), disk.ino('other')]);
    expect(loss.ops.map(({ kind, path }) => [kind, path])).toEqual([
      ['write', 'a'],
      ['write', 'other'],
    ]);
    expect(disk.disk.unsynced().map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([
      ['.', 0],
      ['a', 0],
    ]);
  });
});
