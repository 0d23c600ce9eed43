import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EINVAL, EIO, ENOENT, ENOSYS } from './codec/errno.ts';
import { opcodes } from './codec/opcodes.ts';
import type { Request } from './codec/request.ts';
import { hear, isOneWay } from './dispatch.ts';
import { ask } from './testing/ask.ts';
import { cString, request, sender, struct, unique } from './testing/messages.ts';
import { recordingFileSystem, someAttributes, type Call } from './testing/recording-filesystem.ts';

const { LINK, LOOKUP, SETATTR, SETXATTR, WRITE } = opcodes;
const big = 2n ** 50n;
const offsets = { offset: big, length: 2n ** 41n };
const copyArguments = { off_in: big, nodeid_out: 9n, off_out: 5n, len: 2n ** 40n };

/** Opcode, arguments as the kernel sends them, and the call that they must become (after the caller). */
const understood: readonly [keyof typeof opcodes, Buffer, string, readonly unknown[]][] = [
  ['LOOKUP', cString('caf\xc3\xa9'), 'lookup', [5, 'caf\xc3\xa9']],
  ['GETATTR', struct('fuse_getattr_in'), 'getattr', [5]],
  ['READLINK', Buffer.alloc(0), 'readlink', [5]],
  [
    'MKNOD',
    Buffer.concat([struct('fuse_mknod_in', { mode: 0o020644, rdev: 0x0103 }), cString('tty')]),
    'mknod',
    [5, 'tty', 0o020644, 0x0103],
  ],
  [
    'MKDIR',
    Buffer.concat([struct('fuse_mkdir_in', { mode: 0o041777 }), cString('d')]),
    'mkdir',
    [5, 'd', 0o1777],
  ],
  ['SYMLINK', Buffer.concat([cString('name'), cString('target')]), 'symlink', [5, 'name', 'target']],
  [
    'LINK',
    Buffer.concat([struct('fuse_link_in', { oldnodeid: big }), cString('l')]),
    'link',
    [2 ** 50, 5, 'l'],
  ],
  [
    'CREATE',
    Buffer.concat([struct('fuse_create_in', { flags: 0o301, mode: 0o100640 }), cString('f')]),
    'create',
    [5, 'f', 0o640, 0o301],
  ],
  [
    'TMPFILE',
    Buffer.concat([struct('fuse_create_in', { flags: 2, mode: 0o100600 }), cString('/')]),
    'temporary',
    [5, 0o600],
  ],
  ['UNLINK', cString('gone'), 'unlink', [5, 'gone']],
  ['RMDIR', cString('gone'), 'rmdir', [5, 'gone']],
  [
    'RENAME',
    Buffer.concat([struct('fuse_rename_in', { newdir: 7n }), cString('a'), cString('bc')]),
    'rename',
    [5, 'a', 7, 'bc', 0],
  ],
  [
    'RENAME2',
    Buffer.concat([struct('fuse_rename2_in', { newdir: 7n, flags: 2 }), cString('a'), cString('bc')]),
    'rename',
    [5, 'a', 7, 'bc', 2],
  ],
  ['FSYNC', struct('fuse_fsync_in', { fsync_flags: 0 }), 'fsync', [5, false]],
  ['FSYNC', struct('fuse_fsync_in', { fsync_flags: 1 }), 'fsync', [5, true]],
  ['FSYNCDIR', struct('fuse_fsync_in', { fsync_flags: 0 }), 'fsyncDirectory', [5, false]],
  ['FSYNCDIR', struct('fuse_fsync_in', { fsync_flags: 1 }), 'fsyncDirectory', [5, true]],
  ['FALLOCATE', struct('fuse_fallocate_in', { ...offsets, mode: 3 }), 'fallocate', [5, 3, 2 ** 50, 2 ** 41]],
  ['LSEEK', struct('fuse_lseek_in', { offset: big, whence: 4 }), 'seek', [5, 2 ** 50, 4]],
  [
    'COPY_FILE_RANGE',
    struct('fuse_copy_file_range_in', copyArguments),
    'copyRange',
    [5, 2 ** 50, 9, 5, 2 ** 40],
  ],
  [
    'COPY_FILE_RANGE_64',
    struct('fuse_copy_file_range_in', copyArguments),
    'copyRange',
    [5, 2 ** 50, 9, 5, 2 ** 40],
  ],
  ['OPENDIR', struct('fuse_open_in'), 'openDirectory', [5]],
  [
    'GETXATTR',
    Buffer.concat([struct('fuse_getxattr_in', { size: 9 }), cString('user.a')]),
    'getXattr',
    [5, 'user.a'],
  ],
  ['LISTXATTR', struct('fuse_getxattr_in', { size: 9 }), 'listXattr', [5]],
  ['REMOVEXATTR', cString('user.a'), 'removeXattr', [5, 'user.a']],
];

describe('a request becomes one call', () => {
  test.each(understood)('%s', (opcode, body, method, args) => {
    // What a method returns matters elsewhere; an errno suits every one of them.
    const refuse = () => ENOENT;
    const { calls } = ask(request(opcodes[opcode], 5, body), { [method]: refuse });
    expect(calls).toEqual([{ method, args: [sender, ...args] }] satisfies Call[]);
  });

  test('WRITE, with any bytes at any offset', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 5000 }),
        fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }),
        fc.boolean(),
        (bytes, offset, kill) => {
          const args = { offset, size: bytes.length, write_flags: kill ? 0b110 : 0b010 };
          const message = request(WRITE, 5, struct('fuse_write_in', args), bytes);
          const { calls, payload, mutated } = ask(message, { write: () => bytes.length });
          expect(calls).toEqual([{ method: 'write', args: [sender, 5, Number(offset), bytes, kill] }]);
          expect(payload).toEqual(struct('fuse_write_out', { size: bytes.length }));
          expect(mutated).toBe(true);
        },
      ),
    );
  });

  test('SETATTR, with exactly the attributes that its mask names', () => {
    const fields = { uid: 1, gid: 2, size: 2n ** 40n, atime: -3n, atimensec: 4, mtime: 5n, mtimensec: 6 };
    const setattr = (valid: number) =>
      ask(
        request(
          SETATTR,
          5,
          struct('fuse_setattr_in', { valid, ...fields, ctime: 7n, ctimensec: 8, mode: 0o104755 }),
        ),
        {
          setattr: () => someAttributes,
        },
      ).calls[0]?.args[2];

    expect(setattr(0)).toEqual({});
    expect(setattr(0b0000_0000_0001)).toEqual({ mode: 0o4755 });
    expect(setattr(0b0000_0000_0110)).toEqual({ uid: 1, gid: 2 });
    expect(setattr(0b1000_0000_1000)).toEqual({ size: 2 ** 40, killPrivileges: true });
    expect(setattr(0b0000_0011_0000)).toEqual({
      atime: { seconds: -3, nanoseconds: 4 },
      mtime: { seconds: 5, nanoseconds: 6 },
    });
    expect(setattr(0b0001_1011_0000)).toEqual({ atime: 'now', mtime: 'now' });
    expect(setattr(0b0100_0000_0000)).toEqual({ ctime: { seconds: 7, nanoseconds: 8 } });
  });

  test('SETXATTR, with a value that may hold anything, NULs included', () => {
    const value = Uint8Array.from([0, 1, 0, 255]);
    const body = [struct('fuse_setxattr_in', { size: 4, flags: 1 }, 8), cString('user.a'), value];
    const { calls } = ask(request(SETXATTR, 5, ...body));
    expect(calls).toEqual([{ method: 'setXattr', args: [sender, 5, 'user.a', value, 1] }]);
  });
});

describe('errors', () => {
  test('an errno is sent alone', () => {
    const { error, payload, mutated } = ask(request(opcodes.UNLINK, 1, cString('a')), {
      unlink: () => ENOENT,
    });
    expect({ error, bytes: payload.length, mutated }).toEqual({ error: ENOENT, bytes: 0, mutated: false });
  });

  test('what a file system throws is EIO to the program and a report to us', () => {
    const { error, errors } = ask(request(LOOKUP, 7, cString('a')), {
      lookup: () => {
        throw new Error('a fault');
      },
    });
    expect({ error, errors }).toEqual({ error: EIO, errors: ['LOOKUP on inode 7'] });
  });

  test.each([0, 14, 18, 25, 31, 34, 50, 52, 54, 4096, 0xffff_ffff])('opcode %i is not served', (opcode) => {
    expect(ask(request(opcode, 1, Buffer.alloc(64)))).toMatchObject({ error: ENOSYS, calls: [] });
  });

  test('opens and closes are served for a file system that wants to hear of opens', () => {
    const open = ask(request(14, 7, struct('fuse_open_in', { flags: 1 })), { open: () => 0 });
    expect(open).toMatchObject({ error: 0, calls: [{ method: 'open', args: [{}, 7, 1] }] });
    expect(ask(request(18, 7, Buffer.alloc(24)), { open: () => 0 })).toMatchObject({ error: 0, calls: [] });
  });

  test('a cut-off request is EINVAL and reaches no file system', () => {
    const link = Buffer.concat([struct('fuse_link_in', { oldnodeid: 1n }), cString('abc')]);
    for (let bytes = 0; bytes < link.length; bytes++) {
      expect(ask(request(LINK, 5, link.subarray(0, bytes)))).toMatchObject({ error: EINVAL, calls: [] });
    }
    const write = Buffer.concat([struct('fuse_write_in', { size: 4 }), Buffer.from('abc')]);
    expect(ask(request(WRITE, 5, write))).toMatchObject({ error: EINVAL, calls: [] });
    const setxattr = [struct('fuse_setxattr_in', { size: 2 }, 8), cString('user.a'), Buffer.from('x')];
    expect(ask(request(SETXATTR, 5, ...setxattr))).toMatchObject({ error: EINVAL, calls: [] });
  });

  test('no bytes whatever make it throw or answer with anything but a reply', () => {
    const answered = Object.values(opcodes).filter((opcode) => !isOneWay(opcode));
    fc.assert(
      fc.property(fc.constantFrom(...answered), fc.uint8Array({ maxLength: 200 }), (opcode, body) => {
        const { error, unique: repeated } = ask(request(opcode, 5, body), {
          lookup: () => someAttributes,
          readlink: () => 'target',
          getXattr: () => new Uint8Array(10),
          listXattr: () => ['user.a'],
          statistics: () => ({
            blockSize: 1,
            blocks: 1,
            blocksFree: 1,
            files: 1,
            filesFree: 1,
            nameLength: 1,
          }),
          getattr: () => someAttributes,
          setattr: () => someAttributes,
          mknod: () => someAttributes,
          mkdir: () => someAttributes,
          symlink: () => someAttributes,
          link: () => someAttributes,
          create: () => someAttributes,
          temporary: () => someAttributes,
        });
        expect(error).toBeLessThanOrEqual(0);
        expect(error).not.toBe(EIO);
        expect(repeated).toBe(unique);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('what the kernel forgets', () => {
  const heard = (message: Request) => {
    const { fileSystem, calls } = recordingFileSystem();
    hear(fileSystem, message, () => undefined);
    return calls;
  };
  const one = (nodeid: bigint, nlookup: bigint) => struct('fuse_forget_one', { nodeid, nlookup });

  test('one inode', () => {
    expect(heard(request(opcodes.FORGET, 5, struct('fuse_forget_in', { nlookup: 3n })))).toEqual([
      { method: 'forget', args: [5, 3] },
    ]);
  });

  test('many inodes, but no more than were sent', () => {
    const header = struct('fuse_batch_forget_in', { count: 1_000_000 });
    expect(heard(request(opcodes.BATCH_FORGET, 0, header, one(7n, 1n), one(8n, 2n)))).toEqual([
      { method: 'forget', args: [7, 1] },
      { method: 'forget', args: [8, 2] },
    ]);
  });

  test('nothing, when the message is cut off or is an INTERRUPT', () => {
    expect(heard(request(opcodes.FORGET, 5))).toEqual([]);
    expect(heard(request(opcodes.BATCH_FORGET, 0))).toEqual([]);
    expect(heard(request(opcodes.INTERRUPT, 0, struct('fuse_interrupt_in')))).toEqual([]);
  });
});
