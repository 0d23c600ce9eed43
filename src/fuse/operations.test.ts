import { describe, expect, test } from 'vitest';
import { EINVAL, EIO, ENOENT } from './codec/errno.ts';
import { opcodes } from './codec/opcodes.ts';
import type { FileSystem } from './filesystem.ts';
import { ask } from './testing/ask.ts';
import { header } from './testing/header-layout.ts';
import { cString, request, struct, u32, u64, unique } from './testing/messages.ts';
import { someAttributes, type Answers } from './testing/recording-filesystem.ts';

const { CREATE, GETATTR, GETXATTR, LISTXATTR, LOOKUP, READ, READLINK } = opcodes;
const big = 2n ** 50n;

/** Opcode, arguments, what the file system says, and the reply's payload. */
type Numbered = [keyof typeof opcodes, Buffer, Answers, Buffer];

describe('what the kernel is told', () => {
  const attributesAt = (payload: Buffer, at: number) => {
    const attr = header.fuse_attr;
    expect(u64(payload, at + attr.ino)).toBe(2n ** 40n + 7n);
    expect(u64(payload, at + attr.size)).toBe(2n ** 33n + 1n);
    expect(u64(payload, at + attr.blocks)).toBe(24n);
    expect(payload.readBigInt64LE(at + attr.atime)).toBe(-2n);
    expect(u64(payload, at + attr.mtime)).toBe(2n ** 33n);
    expect(u64(payload, at + attr.ctime)).toBe(1_700_000_000n);
    const small = [
      'atimensec',
      'mtimensec',
      'ctimensec',
      'mode',
      'nlink',
      'uid',
      'gid',
      'rdev',
      'blksize',
      'flags',
    ] as const;
    expect(small.map((field) => u32(payload, at + attr[field]))).toEqual([
      1, 999_999_999, 3, 0o100644, 2, 4_294_967_294, 100, 0x0103, 4096, 0,
    ]);
  };
  const aYear = 31_536_000n;

  test('a name: inode, attributes, and that both may be believed', () => {
    const {
      payload,
      error,
      unique: answered,
    } = ask(request(LOOKUP, 1, cString('a')), { lookup: () => someAttributes });
    const entry = header.fuse_entry_out;
    expect({ error, answered, bytes: payload.length }).toEqual({
      error: 0,
      answered: unique,
      bytes: entry.sizeof,
    });
    expect(u64(payload, entry.nodeid)).toBe(2n ** 40n + 7n);
    expect(u64(payload, entry.generation)).toBe(0n);
    expect(u64(payload, entry.entry_valid)).toBe(aYear);
    expect(u64(payload, entry.attr_valid)).toBe(aYear);
    attributesAt(payload, entry.attr);
  });

  test('a name that is missing: no error, but an inode of 0 that may be believed', () => {
    const { payload, error } = ask(request(LOOKUP, 1, cString('a')), { lookup: () => ENOENT });
    expect({ error, bytes: payload.length }).toEqual({ error: 0, bytes: header.fuse_entry_out.sizeof });
    expect(u64(payload, header.fuse_entry_out.nodeid)).toBe(0n);
    expect(u64(payload, header.fuse_entry_out.entry_valid)).toBe(aYear);
  });

  test('attributes', () => {
    const { payload } = ask(request(GETATTR, 5, struct('fuse_getattr_in')), {
      getattr: () => someAttributes,
    });
    expect(payload.length).toBe(header.fuse_attr_out.sizeof);
    expect(u64(payload, header.fuse_attr_out.attr_valid)).toBe(aYear);
    attributesAt(payload, header.fuse_attr_out.attr);
  });

  test('a created file: its name, and that it is open', () => {
    const body = Buffer.concat([struct('fuse_create_in', { flags: 1, mode: 0o100644 }), cString('f')]);
    const { payload, mutated } = ask(request(CREATE, 1, body), { create: () => someAttributes });
    const keepCache = 2;
    expect(payload.subarray(header.fuse_entry_out.sizeof)).toEqual(
      struct('fuse_open_out', { fh: 0n, open_flags: keepCache }),
    );
    expect(mutated).toBe(true);
  });

  test('data that was read, exactly as many bytes as there were', () => {
    const read: FileSystem['read'] = (_caller, _ino, offset, target, targetOffset, length) => {
      target.fill(0x42, targetOffset, targetOffset + length - 1);
      return offset === 2 ** 50 ? length - 1 : EIO;
    };
    const { payload, mutated } = ask(request(READ, 5, struct('fuse_read_in', { offset: big, size: 4096 })), {
      read,
    });
    expect(payload).toEqual(Buffer.alloc(4095, 0x42));
    expect(mutated).toBe(false);
  });

  test('that it asked for more than was agreed on, rather than a short count, which would mean the end of the file', () => {
    const { error, calls } = ask(request(READ, 5, struct('fuse_read_in', { size: 1024 * 1024 + 1 })));
    expect({ error, calls }).toEqual({ error: EINVAL, calls: [] });
  });

  test('a symlink, byte for byte', () => {
    expect(ask(request(READLINK, 5), { readlink: () => '../\xff' }).payload).toEqual(
      Buffer.from('../\xff', 'latin1'),
    );
  });

  test('how large an attribute is, the attribute, or that it does not fit', () => {
    const get = (size: number) =>
      ask(request(GETXATTR, 5, struct('fuse_getxattr_in', { size }), cString('user.a')), {
        getXattr: () => Uint8Array.from([1, 2, 3]),
      });
    const ERANGE = -34;
    expect(get(0).payload).toEqual(struct('fuse_getxattr_out', { size: 3 }));
    expect(get(3).payload).toEqual(Buffer.from([1, 2, 3]));
    expect(get(2).error).toBe(ERANGE);
  });

  test('the names of attributes, each with its NUL', () => {
    const list = (size: number) =>
      ask(request(LISTXATTR, 5, struct('fuse_getxattr_in', { size })), {
        listXattr: () => ['user.a', 'trusted.bc'],
      });
    expect(list(0).payload).toEqual(struct('fuse_getxattr_out', { size: 18 }));
    expect(list(18).payload.toString()).toBe('user.a\0trusted.bc\0');
  });

  test('the room on the disk', () => {
    const statistics = {
      blockSize: 4096,
      blocks: 2 ** 33,
      blocksFree: 5,
      files: 6,
      filesFree: 7,
      nameLength: 255,
    };
    const { payload } = ask(request(opcodes.STATFS, 1), { statistics: () => statistics });
    const { blocks: total, blocksFree, files, filesFree, blockSize, nameLength } = statistics;
    const wide = { blocks: BigInt(total), bfree: BigInt(blocksFree), bavail: BigInt(blocksFree) };
    const rest = { files: BigInt(files), ffree: BigInt(filesFree), bsize: blockSize, namelen: nameLength };
    expect(payload).toEqual(struct('fuse_kstatfs', { ...wide, ...rest, frsize: blockSize }));
  });

  test.each([
    ['LSEEK', struct('fuse_lseek_in'), { seek: () => 2 ** 50 }, struct('fuse_lseek_out', { offset: big })],
    [
      'COPY_FILE_RANGE',
      struct('fuse_copy_file_range_in'),
      { copyRange: () => 77 },
      struct('fuse_write_out', { size: 77 }),
    ],
    [
      'COPY_FILE_RANGE_64',
      struct('fuse_copy_file_range_in'),
      { copyRange: () => 2 ** 50 },
      struct('fuse_lseek_out', { offset: big }),
    ],
    ['OPENDIR', struct('fuse_open_in'), { openDirectory: () => 3 }, struct('fuse_open_out', { fh: 3n })],
  ] satisfies readonly Numbered[])('the number that %s is about', (opcode, body, answers, expected) => {
    expect(ask(request(opcodes[opcode], 5, body), answers).payload).toEqual(expected);
  });
});
