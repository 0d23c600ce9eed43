import { expect, test } from 'vitest';
import { header } from '../testing/header-layout.ts';
import { cString, struct } from '../testing/messages.ts';
import { invalidateEntry, invalidateInode, pruneInodes } from './notification.ts';

const notifyInvalInode = 2;
const notifyInvalEntry = 3;
const notifyPrune = 9;

test('an inode is invalidated from byte 0 to its end, under no request', () => {
  const len = header.fuse_out_header.sizeof + header.fuse_notify_inval_inode_out.sizeof;
  const expected = Buffer.concat([
    struct('fuse_out_header', { len, error: notifyInvalInode, unique: 0n }),
    struct('fuse_notify_inval_inode_out', { ino: 2n ** 52n, off: 0n, len: 0n }),
  ]);
  expect(invalidateInode(2 ** 52)).toEqual(expected);
});

test('a name is invalidated by its bytes, with a NUL that does not count', () => {
  const name = 'caf\xc3\xa9\xff';
  const len = header.fuse_out_header.sizeof + header.fuse_notify_inval_entry_out.sizeof + name.length + 1;
  const expected = Buffer.concat([
    struct('fuse_out_header', { len, error: notifyInvalEntry, unique: 0n }),
    struct('fuse_notify_inval_entry_out', { parent: 1n, namelen: name.length }),
    cString(name),
  ]);
  expect(invalidateEntry(1, name)).toEqual(expected);
});

test('inodes are pruned by a list, as many as are counted', () => {
  const inos = [2, 2 ** 52];
  const len = header.fuse_out_header.sizeof + header.fuse_notify_prune_out.sizeof + 8 * inos.length;
  const expected = Buffer.concat([
    struct('fuse_out_header', { len, error: notifyPrune, unique: 0n }),
    struct('fuse_notify_prune_out', { count: inos.length }),
    Buffer.from(new BigUint64Array(inos.map(BigInt)).buffer),
  ]);
  expect(pruneInodes(inos)).toEqual(expected);
});
