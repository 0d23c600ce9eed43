/** What export and import share: paths as bytes, the kinds that plain files cannot stand for. */
import { getSystemErrorName } from 'node:util';
import type { InodeKind } from '../disk/inode.ts';

export interface Transfer {
  /** Names of everything but directories. */
  readonly files: number;
  readonly note?: string;
}

export const specialKinds: ReadonlySet<InodeKind> = new Set(['socket', 'char', 'block']);

/** A path as a binary string, one character a byte, as the disk's names are. */
export function rootedPath(directory: string): string {
  return Buffer.from(directory).toString('latin1');
}

export function bytesOf(binary: string): Buffer {
  return Buffer.from(binary, 'latin1');
}

export function errnoName(errno: number): string {
  return getSystemErrorName(errno);
}
