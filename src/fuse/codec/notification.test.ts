import { expect, test } from 'vitest';
import { header } from '../testing/header-layout.ts';
import { struct } from '../testing/messages.ts';
import { invalidateInode, pruneInodes } from './notification.ts';

const notifyInvalInode = 2;
const notifyPrune = 9;

test('an inode is invalidated from byte 0 to its end, under no request', () => {
  const len = header.fuse_out_header.sizeof + header.fuse_notify_inval_inode_out.sizeof;
  const expected = Buffer.concat([
    struct('fuse_out_header', { len, error: notifyInvalInode, unique: 0n }),
    struct('fuse_notify_inval_inode_out', { ino: 2n ** 52n, off: 0n, len: 0n }),
  ]);
  expect(invalidateInode(2 ** 52)).toEqual(expected);
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
