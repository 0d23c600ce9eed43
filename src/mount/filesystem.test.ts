import { beforeEach, describe, expect, test } from 'vitest';
import { Disk } from '../disk/disk.ts';
import { EEXIST, EINVAL, ENAMETOOLONG, ENODATA, ENOENT, EOPNOTSUPP } from '../disk/errno.ts';
import type { Op } from '../disk/op.ts';
import { strict } from '../disk/profiles/strict.ts';
import type { Attributes, DirectoryEntries, FileSystem } from '../fuse/filesystem.ts';
import { diskFileSystem } from './filesystem.ts';

const root = { pid: 1, uid: 0, gid: 0 };
const user = { pid: 2, uid: 1000, gid: 1000 };
const regular = 0o100000;
const writeOnly = 1;
const exclusive = 0o200;
const exclusiveFlags = writeOnly | exclusive;

let ops: Op[];
let holder: { current: Disk };
let fs: FileSystem;

beforeEach(() => {
  ops = [];
  const clock = { monotonicMs: () => 1, wallMs: () => 1_000 };
  holder = { current: new Disk({ profile: strict, clock, onOp: (op) => ops.push(op) }) };
  fs = diskFileSystem(holder);
});

function ok<Result>(result: Result | number): Exclude<Result, number> {
  if (typeof result === 'number' && result < 0) throw new Error(`errno ${result}`);
  return result as Exclude<Result, number>;
}

const create = (name: string, mode = 0o644): Attributes => ok(fs.create(root, 1, name, mode, writeOnly));
const write = (ino: number, text: string, killPrivileges = false) =>
  fs.write(user, ino, 0, Buffer.from(text), killPrivileges);
const read = (ino: number) => {
  const target = Buffer.alloc(100);
  return target.toString('utf8', 0, Number(fs.read(root, ino, 0, target, 0, 100)));
};
const modeOf = (ino: number) => ok<Attributes>(fs.getattr(root, ino)).typeAndMode & 0o7777;

/** Collects entries, `room` at a time at most. */
function collector(withAttributes: boolean, room = Infinity) {
  const listed: { name: string; ino: number; type: number; next: number; attributes: boolean }[] = [];
  const entries: DirectoryEntries = {
    withAttributes,
    add(name, ino, type, next, attributes) {
      if (listed.length >= room) return false;
      listed.push({ name, ino, type, next, attributes: attributes !== undefined });
      return true;
    },
  };
  return { listed, entries };
}

describe('what the kernel remembers', () => {
  test('an unlinked file lives until it is forgotten as often as it was told', () => {
    const { ino } = create('a');
    ok(fs.lookup(root, 1, 'a'));
    write(ino, 'still here');
    fs.unlink(root, 1, 'a');
    fs.forget(ino, 1);
    expect(read(ino)).toBe('still here');
    fs.forget(ino, 1);
    expect(fs.getattr(root, ino)).toBeLessThan(0);
  });

  test('a file without a name lives as long, and can be given one', () => {
    const { ino } = ok<Attributes>(fs.temporary(root, 1, 0o600));
    expect(ok<Attributes>(fs.link(root, ino, 1, 'named')).nlink).toBe(1);
    fs.forget(ino, 2);
    expect(ok<Attributes>(fs.lookup(root, 1, 'named')).ino).toBe(ino);
  });

  test('is nothing when a mount begins', () => {
    const { ino } = create('a');
    fs.unlink(root, 1, 'a');
    fs.begin();
    expect(fs.getattr(root, ino)).toBeLessThan(0);
  });

  test('is asked of whichever disk is there now', () => {
    create('a');
    holder.current = holder.current.crashImage('lose-all');
    expect(fs.lookup(root, 1, 'a')).toBe(ENOENT);
  });
});

test('a name that is too long is not just missing', () => {
  expect(fs.lookup(root, 1, 'n'.repeat(255))).toBe(ENOENT);
  expect(fs.lookup(root, 1, 'n'.repeat(256))).toBe(ENAMETOOLONG);
});

describe('create', () => {
  test('opens what is there, unless it must not', () => {
    const { ino } = create('a');
    expect(ok<Attributes>(fs.create(user, 1, 'a', 0o600, writeOnly)).ino).toBe(ino);
    expect(fs.create(user, 1, 'a', 0o600, exclusiveFlags)).toBe(EEXIST);
  });

  test('makes every kind of node, and refuses what is none', () => {
    const kinds = [regular, 0o010000, 0o140000, 0o020000, 0o060000];
    const made = kinds.map((kind) => ok<Attributes>(fs.mknod(user, 1, `n${kind}`, kind | 0o640, 0x0103)));
    expect(made.map(({ typeAndMode }) => typeAndMode)).toEqual(kinds.map((kind) => kind | 0o640));
    expect(fs.mknod(user, 1, 'none', 0o640, 0)).toBe(EINVAL);
  });

  test('is an op by who asked', () => {
    ok(fs.mkdir(user, 1, 'd', 0o755));
    expect(ops).toMatchObject([{ kind: 'mkdir', pid: user.pid, path: 'd' }]);
  });
});

describe('an open directory', () => {
  test('lists itself, its parent and its names, with types', () => {
    const directory = ok<Attributes>(fs.mkdir(root, 1, 'd', 0o755));
    ok(fs.symlink(root, directory.ino, 'link', 'target'));
    const handle = Number(fs.openDirectory(root, directory.ino));
    const { listed, entries } = collector(false);
    fs.readDirectory(root, directory.ino, handle, 0, entries);
    expect(listed.map(({ name, type }) => [name, type])).toEqual([
      ['.', 4],
      ['..', 4],
      ['link', 10],
    ]);
    expect(listed[1]?.ino).toBe(1);
  });

  test('shows each name once and none twice while it is emptied and filled, and a fresh view from its beginning', () => {
    for (let index = 0; index < 10; index++) create(`old${index}`);
    const handle = Number(fs.openDirectory(root, 1));
    const seen: string[] = [];
    for (let offset = 0; ;) {
      const { listed, entries } = collector(false, 3);
      fs.readDirectory(root, 1, handle, offset, entries);
      if (listed.length === 0) break;
      offset = listed.at(-1)!.next;
      for (const { name } of listed.filter((entry) => entry.name.startsWith('old'))) {
        seen.push(name);
        fs.unlink(root, 1, name);
        create(`new-${name}`);
      }
    }
    expect(seen).toEqual(Array.from({ length: 10 }, (_, index) => `old${index}`));

    const { listed, entries } = collector(false);
    fs.readDirectory(root, 1, handle, 0, entries);
    expect(listed.slice(2).every(({ name }) => name.startsWith('new-old'))).toBe(true);
  });

  test('makes the kernel remember what it gives attributes of, and only that', () => {
    const { ino } = create('a');
    create('replaced');
    fs.forget(ino, 1);
    const handle = Number(fs.openDirectory(root, 1));
    const first = collector(true, 2);
    fs.readDirectory(root, 1, handle, 0, first.entries);
    fs.rename(root, 1, 'a', 1, 'replaced', 0);

    const rest = collector(true);
    fs.readDirectory(root, 1, handle, 2, rest.entries);
    // `a` is gone by now and `replaced` is the file that was `a`.
    expect(rest.listed).toEqual([
      { name: 'a', ino, type: 0, next: 3, attributes: false },
      { name: 'replaced', ino, type: 8, next: 4, attributes: true },
    ]);
    fs.unlink(root, 1, 'replaced');
    expect(fs.getattr(root, ino)).not.toBeTypeOf('number');
    fs.forget(ino, 1);
    expect(fs.getattr(root, ino)).toBeTypeOf('number');
  });
});

describe('set-user-ID and set-group-ID bits, and file capabilities', () => {
  const capability = 'security.capability';

  test('go when the kernel says so at a write or a truncation', () => {
    const { ino } = create('a', 0o6755);
    write(ino, 'x', true);
    expect(modeOf(ino)).toBe(0o755);
    fs.setattr(root, ino, { mode: 0o6755 });
    fs.setattr(root, ino, { size: 0, killPrivileges: true });
    expect(modeOf(ino)).toBe(0o755);
  });

  test('go when the owner changes, whoever changes it, but not from directories', () => {
    const { ino } = create('a', 0o6755);
    const directory = ok<Attributes>(fs.mkdir(root, 1, 'd', 0o2755));
    fs.setattr(root, ino, { uid: 5 });
    fs.setattr(root, directory.ino, { gid: 5 });
    expect(modeOf(ino)).toBe(0o755);
    expect(modeOf(directory.ino)).toBe(0o2755);
  });

  test('set-group-ID without group execution stays for root and who is in the group', () => {
    const { ino } = create('a', 0o2644);
    fs.setattr(root, ino, { uid: 5 });
    expect(modeOf(ino)).toBe(0o2644);
    fs.write({ pid: 3, uid: 1000, gid: 0 }, ino, 0, Buffer.from('x'), true);
    expect(modeOf(ino)).toBe(0o2644);
    write(ino, 'x', true);
    expect(modeOf(ino)).toBe(0o644);
  });

  test('go when others than root allocate, or copy a range', () => {
    const { ino } = create('a', 0o6755);
    fs.fallocate(root, ino, 0, 0, 10);
    expect(modeOf(ino)).toBe(0o6755);
    fs.fallocate(user, ino, 0, 0, 10);
    expect(modeOf(ino)).toBe(0o755);
    fs.setattr(root, ino, { mode: 0o6755 });
    fs.copyRange(user, ino, 0, ino, 5, 5);
    expect(modeOf(ino)).toBe(0o755);
  });

  test('go when a change of owner names neither owner nor group, which is one of ctime alone', () => {
    const { ino } = create('a', 0o6755);
    const before = ops.length;
    fs.setattr(user, ino, {});
    expect(ops.slice(before).map((op) => op.kind)).toEqual(['setattr']);
    expect(modeOf(ino)).toBe(0o755);
  });

  test('capabilities go at every write, truncation and change of owner', () => {
    const { ino } = create('a', 0o755);
    const changes = [
      () => fs.write(root, ino, 0, Buffer.from('x'), false),
      () => fs.setattr(root, ino, { size: 0 }),
      () => fs.setattr(root, ino, { gid: 7 }),
    ];
    for (const change of changes) {
      fs.setXattr(root, ino, capability, Buffer.from([1]), 0);
      change();
      expect(fs.getXattr(root, ino, capability)).toBe(ENODATA);
    }
  });
});

describe('extended attributes', () => {
  test("are the disk's, but for access control lists, which it does not enforce", () => {
    const { ino } = create('a');
    const value = Uint8Array.from([0, 1, 255]);
    for (const name of ['user.a', 'trusted.b', 'security.c'])
      expect(fs.setXattr(root, ino, name, value, 0)).toBe(0);
    expect(fs.listXattr(root, ino)).toEqual(['user.a', 'trusted.b', 'security.c']);
    expect(fs.listXattr(user, ino)).toEqual(['user.a', 'security.c']);
    expect(fs.getXattr(root, ino, 'user.a')).toEqual(value);
    expect(fs.removeXattr(root, ino, 'user.a')).toBe(0);

    const list = 'system.posix_acl_access';
    expect(fs.setXattr(root, ino, list, value, 0)).toBe(EOPNOTSUPP);
    expect(fs.getXattr(root, ino, list)).toBe(EOPNOTSUPP);
    expect(fs.removeXattr(root, ino, list)).toBe(EOPNOTSUPP);
    expect(fs.setXattr(root, ino, 'nowhere.a', value, 0)).toBe(EOPNOTSUPP);
    expect(fs.setXattr(root, ino, 'user.', value, 0)).toBe(EINVAL);
  });
});

describe('copying a range', () => {
  test('copies what there is, in pieces of a mebibyte', () => {
    const from = create('from').ino;
    const to = create('to').ino;
    const megabyte = 1024 * 1024;
    fs.write(root, from, 0, Buffer.alloc(megabyte + 5, 'x'), false);
    expect(fs.copyRange(root, from, 0, to, 10, 2 ** 40)).toBe(megabyte);
    expect(fs.copyRange(root, from, megabyte, to, 10 + megabyte, 2 ** 40)).toBe(5);
    expect(fs.copyRange(root, from, megabyte + 5, to, 0, 2 ** 40)).toBe(0);
    expect(ok<Attributes>(fs.getattr(root, to)).size).toBe(megabyte + 15);
  });
});
