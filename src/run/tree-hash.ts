/**
 * A hash of a directory with all that it holds: names, kinds, modes, owners, sizes, bytes, where links lead. Times are left out: they
 * differ between images that no program tells apart. Trees too large to be read for this have none.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { join } from 'node:path';

const mostBytes = 512 * 1024 * 1024;
const pieceBytes = 1024 * 1024;

/** Absent where more than `limitBytes` would have to be read. */
export function hashTree(directory: string, limitBytes = mostBytes): string | undefined {
  const hash = createHash('sha256');
  let left = limitBytes;
  const piece = Buffer.allocUnsafe(pieceBytes);
  const visit = (path: string, name: string): void => {
    const stats = lstatSync(path);
    hash.update(JSON.stringify([name, stats.mode, stats.uid, stats.gid, stats.rdev]));
    if (stats.isSymbolicLink()) hash.update(JSON.stringify(readlinkSync(path)));
    else if (stats.isDirectory()) {
      const names = readdirSync(path).sort();
      hash.update(String(names.length));
      for (const each of names) if (left >= 0) visit(join(path, each), each);
    } else if (stats.isFile()) {
      left -= stats.size;
      hash.update(String(stats.size));
      if (left >= 0) addBytes(hash, path, piece);
    }
  };
  visit(directory, '');
  return left < 0 ? undefined : hash.digest('base64');
}

function addBytes(hash: Hash, path: string, piece: Buffer): void {
  const descriptor = openSync(path, 'r');
  try {
    for (;;) {
      const length = readSync(descriptor, piece, 0, piece.length, null);
      if (length === 0) return;
      hash.update(piece.subarray(0, length));
    }
  } finally {
    closeSync(descriptor);
  }
}
