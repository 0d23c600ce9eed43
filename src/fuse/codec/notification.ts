/**
 * Messages from the server to the kernel that no request asked for: cached attributes and data that no longer hold.
 * The kernel answers ENOENT to the write when it did not know the inode or name, which is as good as done.
 */
import { notifyCodes } from './flags.ts';
import { notifyInvalInodeOut, notifyPruneOut, outHeader } from './layout.ts';

const inoBytes = 8;

/** Attributes and all cached data of an inode. Dirty mapped pages are written to the server first. */
export function invalidateInode(ino: number): Buffer {
  const message = notification(notifyCodes.INVAL_INODE, notifyInvalInodeOut.sizeBytes);
  const body = outHeader.sizeBytes;
  message.writeBigUInt64LE(BigInt(ino), body + notifyInvalInodeOut.ino);
  // From byte 0, and a length of 0: all of it.
  return message;
}

/** Everything about those of these inodes that nobody uses: they are forgotten. A kernel before 7.45 answers EINVAL. */
export function pruneInodes(inos: readonly number[]): Buffer {
  const body = outHeader.sizeBytes;
  const first = body + notifyPruneOut.sizeBytes;
  const message = notification(notifyCodes.PRUNE, notifyPruneOut.sizeBytes + inos.length * inoBytes);
  message.writeUInt32LE(inos.length, body + notifyPruneOut.count);
  for (const [index, ino] of inos.entries()) message.writeBigUInt64LE(BigInt(ino), first + index * inoBytes);
  return message;
}

function notification(code: number, bodyBytes: number): Buffer {
  const message = Buffer.alloc(outHeader.sizeBytes + bodyBytes);
  message.writeUInt32LE(message.length, outHeader.len);
  message.writeInt32LE(code, outHeader.error);
  return message;
}
