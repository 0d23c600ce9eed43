/**
 * Loads a plain directory into an empty disk: owners, modes, times, hard links, symlinks, fifos, holes. Extended attributes
 * stay behind (Node cannot read them). Reads the directory, never changes it. Works in small steps.
 */
import * as fs from 'node:fs';
import type { Disk } from '../disk/disk.ts';
import { displayName, type Caller } from '../disk/disk-state.ts';
import type { Inode, InodeKind } from '../disk/inode.ts';
import { messageOf } from './mount-errors.ts';
import { timestampOf } from './plain-times.ts';
import { Refusal } from './refusal.ts';
import { soleOwner, soleUser } from './sole-user.ts';
import type { Steps } from './steps.ts';
import { bytesOf, errnoName, rootedPath, type Transfer } from './tree-transfer.ts';

const chunkSizeBytes = 1024 * 1024;
const pageSizeBytes = 4096;
const zeroPage = Buffer.alloc(pageSizeBytes);
const rootIno = 1;

/** Afterwards all of it is durable. */
export function* importTree(disk: Disk, caller: Caller, directory: string): Steps<Transfer> {
  const importer = new Importer(disk, caller);
  try {
    yield* importer.directory(rootedPath(directory), rootIno);
  } catch (error) {
    throw new Refusal(`cannot load ${directory} into the disk: ${messageOf(error)}`, { cause: error });
  }
  disk.checkpoint(caller);
  const { files, leftOut } = importer;
  return leftOut === 0 ? { files } : { files, note: `${leftOut} sockets were left out` };
}

class Importer {
  files = 0;
  leftOut = 0;
  readonly #disk: Disk;
  readonly #caller: Caller;
  /** Disk inodes of files with several names, by device and inode. */
  readonly #linked = new Map<string, number>();
  readonly #chunk = Buffer.alloc(chunkSizeBytes);
  /** Where there is one user only, copies are that user's, as cp makes them. */
  readonly #owner = soleUser() === undefined ? undefined : soleOwner;

  constructor(disk: Disk, caller: Caller) {
    this.#disk = disk;
    this.#caller = caller;
  }

  *directory(path: string, ino: number): Steps<void> {
    for (const bytes of fs.readdirSync(bytesOf(path), { encoding: 'buffer' })) {
      const name = bytes.toString('latin1');
      yield* this.#entry(`${path}/${name}`, ino, name);
    }
    // Last, because names made in it change its times.
    this.#attributes(path, ino, fs.lstatSync(bytesOf(path), { bigint: true }));
  }

  *#entry(path: string, parent: number, name: string): Steps<void> {
    const stat = fs.lstatSync(bytesOf(path), { bigint: true });
    if (stat.isDirectory()) {
      const made = this.#done(this.#disk.mkdir(this.#caller, parent, name, 0o700), path);
      yield* this.directory(path, made.ino);
      return;
    }
    if (stat.isSocket()) {
      this.leftOut++;
      return;
    }
    this.files++;
    const key = `${stat.dev}:${stat.ino}`;
    const known = this.#linked.get(key);
    if (known !== undefined) {
      this.#done(this.#disk.link(this.#caller, known, parent, name), path);
      return;
    }
    const made = this.#make(stat, path, parent, name);
    if (stat.nlink > 1n) this.#linked.set(key, made.ino);
    if (stat.isFile()) yield* this.#content(path, made.ino, stat);
    this.#attributes(path, made.ino, stat);
    yield;
  }

  #make(stat: fs.BigIntStats, path: string, parent: number, name: string): Inode {
    const disk = this.#disk;
    if (stat.isSymbolicLink()) {
      const target = fs.readlinkSync(bytesOf(path), { encoding: 'buffer' }).toString('latin1');
      return this.#done(disk.symlink(this.#caller, parent, name, target), path);
    }
    if (stat.isFile()) return this.#done(disk.create(this.#caller, parent, name, 0o600), path);
    const kind: InodeKind = stat.isFIFO() ? 'fifo' : stat.isBlockDevice() ? 'block' : 'char';
    return this.#done(disk.mknod(this.#caller, parent, name, kind, 0o600, Number(stat.rdev)), path);
  }

  *#content(path: string, ino: number, stat: fs.BigIntStats): Steps<void> {
    const isSparse = stat.blocks * 512n < stat.size;
    const descriptor = fs.openSync(bytesOf(path), fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
    try {
      let offset = 0;
      for (;;) {
        const count = fs.readSync(descriptor, this.#chunk, 0, chunkSizeBytes, offset);
        if (count === 0) break;
        const bytes = this.#chunk.subarray(0, count);
        if (isSparse) this.#writeData(path, ino, offset, bytes);
        else this.#write(path, ino, offset, bytes);
        offset += count;
        yield;
      }
      this.#done(this.#disk.setattr(this.#caller, ino, { size: offset }), path);
    } finally {
      fs.closeSync(descriptor);
    }
  }

  /** Writes runs of pages that are not all zeros; the rest stays a hole. */
  #writeData(path: string, ino: number, offset: number, bytes: Buffer): void {
    let runStart: number | undefined;
    for (let at = 0; at < bytes.length; at += pageSizeBytes) {
      const page = bytes.subarray(at, at + pageSizeBytes);
      const isZero = page.equals(zeroPage.subarray(0, page.length));
      if (!isZero) runStart ??= at;
      else if (runStart !== undefined) {
        this.#write(path, ino, offset + runStart, bytes.subarray(runStart, at));
        runStart = undefined;
      }
    }
    if (runStart !== undefined) this.#write(path, ino, offset + runStart, bytes.subarray(runStart));
  }

  #write(path: string, ino: number, offset: number, bytes: Uint8Array): void {
    const written = this.#disk.write(this.#caller, ino, offset, bytes);
    if (written < 0) throw new Error(`${displayName(path)}: ${errnoName(written)}`);
    if (written < bytes.length) throw new Error(`${displayName(path)}: the disk is full`);
  }

  #attributes(path: string, ino: number, stat: fs.BigIntStats): void {
    // First the owner: a change of owner takes set-user-ID bits away.
    const owner = this.#owner ?? { uid: Number(stat.uid), gid: Number(stat.gid) };
    this.#done(this.#disk.setattr(this.#caller, ino, owner), path);
    const changes = {
      mode: Number(stat.mode) & 0o7777,
      atime: timestampOf(stat.atimeNs),
      mtime: timestampOf(stat.mtimeNs),
    };
    this.#done(this.#disk.setattr(this.#caller, ino, changes), path);
  }

  #done(result: Inode | number, path: string): Inode {
    if (typeof result === 'number') throw new Error(`${displayName(path)}: ${errnoName(result)}`);
    return result;
  }
}
