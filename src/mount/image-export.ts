/**
 * Writes a disk's tree as plain files: owners, modes, times, hard links, symlinks, fifos, extended attributes, holes. Reads
 * the disk, never changes it. Works in small steps, so that whoever runs it can serve requests in between.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import type { Disk } from '../disk/disk.ts';
import { displayName } from '../disk/disk-state.ts';
import type { Inode } from '../disk/inode.ts';
import type { Steps } from './steps.ts';
import { bytesOf, errnoName, rootedPath, specialKinds, type Transfer } from './tree-transfer.ts';
import { messageOf } from './mount-errors.ts';
import { utimeOf } from './plain-times.ts';
import { Refusal } from './refusal.ts';

const chunkSizeBytes = 1024 * 1024;
const seekData = 3;
const seekHole = 4;

/** `directory` must be an existing, empty directory outside the disk. */
export function* exportTree(disk: Disk, directory: string): Steps<Transfer> {
  const exporter = new Exporter(disk);
  const root = disk.inode(1);
  if (root === undefined) throw new Error('a disk has a root');
  try {
    yield* exporter.directory(root, rootedPath(directory));
  } catch (error) {
    throw new Refusal(`cannot write the image to ${directory}: ${messageOf(error)}`, { cause: error });
  }
  exporter.writeXattrs();
  const note = [...exporter.notes].join('; ');
  return note === '' ? { files: exporter.files } : { files: exporter.files, note };
}

class Exporter {
  files = 0;
  readonly notes = new Set<string>();
  readonly #disk: Disk;
  readonly #firstPaths = new Map<number, string>();
  readonly #xattrs: string[] = [];
  readonly #chunk = Buffer.alloc(chunkSizeBytes);

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Fills an existing directory; its own attributes come last, because names made in it change its times. */
  *directory(inode: Inode, path: string): Steps<void> {
    const entries = this.#disk.entries(inode.ino);
    if (typeof entries === 'number')
      throw new Error(`${displayName(path)} on the disk: ${errnoName(entries)}`);
    for (const [name, ino] of entries) {
      const child = this.#disk.inode(ino);
      if (child === undefined) throw new Error(`${displayName(path)}/${displayName(name)} names no inode`);
      yield* this.#entry(child, `${path}/${name}`);
    }
    this.#attributes(inode, path);
  }

  *#entry(inode: Inode, path: string): Steps<void> {
    if (inode.kind === 'directory') {
      fs.mkdirSync(bytesOf(path), 0o700);
      yield* this.directory(inode, path);
      return;
    }
    if (specialKinds.has(inode.kind)) {
      this.notes.add('sockets and device nodes were left out');
      return;
    }
    this.files++;
    const firstPath = this.#firstPaths.get(inode.ino);
    if (firstPath !== undefined) {
      fs.linkSync(bytesOf(firstPath), bytesOf(path));
      return;
    }
    if (inode.nlink > 1) this.#firstPaths.set(inode.ino, path);
    if (inode.kind === 'symlink') fs.symlinkSync(bytesOf(inode.target), bytesOf(path));
    else if (inode.kind === 'fifo') makeFifo(path);
    else yield* this.#content(inode, path);
    this.#attributes(inode, path);
    yield;
  }

  *#content(inode: Inode, path: string): Steps<void> {
    const descriptor = fs.openSync(bytesOf(path), 'wx', 0o600);
    try {
      let end = 0;
      for (;;) {
        const start = this.#disk.seek(inode.ino, end, seekData);
        if (start < 0) break;
        end = this.#disk.seek(inode.ino, start, seekHole);
        for (let offset = start; offset < end; offset += chunkSizeBytes) {
          const length = Math.min(chunkSizeBytes, end - offset);
          this.#disk.readInto(inode.ino, offset, this.#chunk, 0, length);
          writeFully(descriptor, this.#chunk.subarray(0, length), offset);
          yield;
        }
      }
      fs.ftruncateSync(descriptor, inode.size);
    } finally {
      fs.closeSync(descriptor);
    }
  }

  #attributes(inode: Inode, path: string): void {
    const bytes = bytesOf(path);
    try {
      fs.lchownSync(bytes, inode.uid, inode.gid);
    } catch {
      this.notes.add('owners could not be set by this user');
    }
    if (inode.kind !== 'symlink') fs.chmodSync(bytes, inode.mode);
    fs.lutimesSync(bytes, utimeOf(inode.atime), utimeOf(inode.mtime));
    for (const name of this.#disk.listXattr(inode.ino)) {
      const value = this.#disk.getXattr(inode.ino, name);
      if (typeof value !== 'number') this.#xattrs.push(dumpXattr(path, name, value));
    }
  }

  /** All at once, by one program: Node cannot set them, and starting a program from here is dear. */
  writeXattrs(): void {
    if (this.#xattrs.length === 0) return;
    const { error, status, stderr } = spawnSync('setfattr', ['-h', '--restore=-'], {
      input: Buffer.from(this.#xattrs.join('\n'), 'latin1'),
      encoding: 'utf8',
      cwd: '/',
    });
    if (error !== undefined) {
      this.notes.add(
        'extended attributes were left out: setfattr cannot be run (Debian: apt-get install attr)',
      );
    } else if (status !== 0) {
      this.notes.add(`some extended attributes were left out: ${stderr.trim().split('\n')[0] ?? ''}`);
    }
  }
}

function makeFifo(path: string): void {
  // Arguments of spawned programs are UTF-8, paths are bytes: the shell's printf turns octal escapes into them.
  const command = 'mkfifo -m 600 -- "$(printf %b "$1")"';
  const escaped = octalEscaped(path).replaceAll('\\', '\\0');
  const { error, status, stderr } = spawnSync('sh', ['-c', command, 'mkfifo', escaped], {
    encoding: 'utf8',
    cwd: '/',
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(stderr.trim());
}

function writeFully(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    done += fs.writeSync(descriptor, bytes, done, bytes.length - done, position + done);
  }
}

/** One block in the format of getfattr(1): everything but plain characters as octal, the value in base 64. */
function dumpXattr(path: string, name: string, value: Uint8Array): string {
  return `# file: ${octalEscaped(path)}\n${octalEscaped(name)}=0s${Buffer.from(value).toString('base64')}\n`;
}

function octalEscaped(binary: string): string {
  return binary.replace(
    /[^A-Za-z0-9_./-]/g,
    (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
}
