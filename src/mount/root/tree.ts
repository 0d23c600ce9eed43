/**
 * A directory of plain files that holds a disk's durable face: what stands under a path, and the changes that a disk makes
 * to it. Paths are binary strings, one character a byte. Throws the system's errors, which `errnoOf` turns into errnos.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import type { Found } from '../../disk/adoption.ts';
import { EINVAL, EIO, type Errno } from '../../disk/errno.ts';
import type { Attributes } from '../../disk/face.ts';
import type { Inode, InodeKind } from '../../disk/inode.ts';
import { timestampOf, utimeOf } from '../plain-times.ts';
import { bytesOf } from '../tree-transfer.ts';

export interface Standing extends Found {
  /** Device and inode: equal for all names of one file. */
  readonly key: string;
}

/** Undefined where nothing stands. */
export function look(path: string): Standing | undefined {
  const stat = fs.lstatSync(bytesOf(path), { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? undefined : standing(path, stat);
}

function standing(path: string, stat: fs.BigIntStats): Standing {
  return {
    key: `${stat.dev}:${stat.ino}`,
    kind: kindOf(stat),
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    atime: timestampOf(stat.atimeNs),
    mtime: timestampOf(stat.mtimeNs),
    ctime: timestampOf(stat.ctimeNs),
    size: Number(stat.size),
    rdev: Number(stat.rdev),
    target: stat.isSymbolicLink() ? readTarget(path) : '',
    nlink: stat.isDirectory() ? 2 + countSubdirectories(path, Number(stat.nlink)) : Number(stat.nlink),
    ino: Number(stat.ino),
    blocks512: Number(stat.blocks),
  };
}

function readTarget(path: string): string {
  return fs.readlinkSync(bytesOf(path), { encoding: 'buffer' }).toString('latin1');
}

/** btrfs and others say 1 for every directory. */
function countSubdirectories(path: string, nlink: number): number {
  if (nlink >= 2) return nlink - 2;
  return fs.readdirSync(bytesOf(path), { withFileTypes: true, encoding: 'buffer' }).filter(isDirectory)
    .length;
}

function isDirectory(entry: { isDirectory(): boolean }): boolean {
  return entry.isDirectory();
}

export function namesIn(path: string): string[] {
  return fs.readdirSync(bytesOf(path), { encoding: 'buffer' }).map((name) => name.toString('latin1'));
}

/**
 * Makes what is neither a file nor a directory; `path` is to be text, for the arguments of a program are. Sockets stay out:
 * after a cut nobody would listen behind one.
 */
export function makeSpecial(inode: Inode, path: string): void {
  if (inode.kind === 'symlink') {
    fs.symlinkSync(bytesOf(inode.target), bytesOf(path));
    return;
  }
  const major = ((inode.rdev >>> 8) & 0xfff).toString();
  const minor = ((inode.rdev & 0xff) | ((inode.rdev >>> 12) & 0xfff00)).toString();
  const words = inode.kind === 'fifo' ? ['p'] : [inode.kind === 'char' ? 'c' : 'b', major, minor];
  const { status } = spawnSync('mknod', ['-m', '600', bytesOf(path).toString(), ...words]);
  if (status !== 0) throw Object.assign(new Error(`mknod ${words.join(' ')} failed`), { errno: EIO });
}

/** Mode, owner and times, as a face has them. */
export function putAttributes(inode: Inode, face: Attributes, path: string): void {
  const where = bytesOf(path);
  fs.lchownSync(where, face.uid, face.gid);
  if (inode.kind !== 'symlink') fs.chmodSync(where, face.mode);
  fs.lutimesSync(where, utimeOf(face.atime), utimeOf(face.mtime));
}

/** The errno of a system call's error; anything else is thrown again. */
export function errnoOf(error: unknown): Errno {
  const errno = error instanceof Error && 'errno' in error ? error.errno : undefined;
  if (typeof errno !== 'number') throw error;
  return errno < 0 ? errno : EINVAL;
}

function kindOf(stat: fs.BigIntStats): InodeKind {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isFIFO()) return 'fifo';
  if (stat.isSocket()) return 'socket';
  return stat.isBlockDevice() ? 'block' : 'char';
}
