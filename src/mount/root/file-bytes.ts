/**
 * The bytes of files that stand in a tree: the tree's, with un-synced pages on top. Pages of the disk hold what is un-synced
 * and the edges of it; everything else is read from the tree each time, whose pages the system caches already.
 */
import * as fs from 'node:fs';
import * as adoption from '../../disk/adoption.ts';
import type { DiskState } from '../../disk/disk-state.ts';
import type { Errno } from '../../disk/errno.ts';
import type { Inode } from '../../disk/inode.ts';
import { pageSizeBytes } from '../../disk/page-store.ts';
import type { OpenFiles } from './open-files.ts';
import { utimeOf } from '../plain-times.ts';
import { errnoOf } from './tree.ts';

const chunkPages = 256;

interface Stretch {
  readonly offset: number;
  readonly length: number;
}

export class FileBytes {
  readonly #state: DiskState;
  readonly #files: OpenFiles;
  readonly #pathOf: (ino: number) => string | undefined;
  /** Where files were cut off below their durable size: what the tree has beyond is gone. */
  readonly #cutAt = new Map<number, number>();
  readonly #page = Buffer.alloc(pageSizeBytes);
  readonly #chunk = Buffer.alloc(chunkPages * pageSizeBytes);

  constructor(state: DiskState, files: OpenFiles, pathOf: (ino: number) => string | undefined) {
    this.#state = state;
    this.#files = files;
    this.#pathOf = pathOf;
  }

  /** Whether the tree has the file, be it without a name by now. */
  isBacked({ ino }: Inode): boolean {
    return this.#files.isHeld(ino) || this.#pathOf(ino) !== undefined;
  }

  read(inode: Inode, offset: number, target: Uint8Array): number | Errno {
    try {
      this.#readTree(inode, offset, target);
    } catch (error) {
      return errnoOf(error);
    }
    if (inode.dirty.pageCount > 0) this.#overlay(inode, offset, target);
    return target.length;
  }

  /** The pages of which a change keeps a part must be there before it is made. */
  fillEdges(ino: number, offset: number, length: number): Errno | 0 {
    const inode = this.#state.table.get(ino);
    if (inode?.kind !== 'file' || length <= 0 || !this.isBacked(inode)) return 0;
    const end = offset + length;
    const edges = new Set<number>();
    if (offset % pageSizeBytes !== 0) edges.add(Math.floor(offset / pageSizeBytes));
    if (end % pageSizeBytes !== 0 && end < inode.volatile.size) edges.add(Math.floor(end / pageSizeBytes));
    try {
      for (const index of edges) this.#fill(inode, index);
      return 0;
    } catch (error) {
      return errnoOf(error);
    }
  }

  /** Whole pages that were punched out of a file: what the tree has there is gone. */
  forgetWhole(ino: number, offset: number, length: number): void {
    const inode = this.#state.table.get(ino)!;
    if (!this.isBacked(inode)) return;
    const end = Math.min(offset + length, this.#validEnd(inode));
    const first = Math.ceil(offset / pageSizeBytes);
    for (
      let index = first;
      (index + 1) * pageSizeBytes <= end || isLast(index, offset + length, end);
      index++
    )
      adoption.forgetPage(this.#state, ino, index);
    this.#state.table.settle(this.#state.table.own(ino));
  }

  /** To be called before a truncation. */
  cutOff(inode: Inode, size: number): Errno | 0 {
    if (!this.isBacked(inode) || size >= inode.volatile.size) return 0;
    try {
      if (size % pageSizeBytes !== 0) this.#fill(inode, Math.floor(size / pageSizeBytes));
    } catch (error) {
      return errnoOf(error);
    }
    if (size < this.#validEnd(inode)) this.#cutAt.set(inode.ino, size);
    return 0;
  }

  /** The tree gets everything un-synced of the file. On an error it has a part, as after a barrier that failed. */
  putOut(inode: Inode): Errno | 0 {
    if (!inode.hasUnsyncedData && !this.#cutAt.has(inode.ino)) return 0;
    try {
      const descriptor = this.#open(inode.ino);
      const { size } = inode.volatile;
      const cutAt = this.#cutAt.get(inode.ino);
      if (cutAt !== undefined) fs.ftruncateSync(descriptor, cutAt);
      if (size !== (cutAt ?? inode.durable.size)) fs.ftruncateSync(descriptor, size);
      for (const stretch of this.#dirtyStretches(inode)) this.#writeVolatile(descriptor, inode, stretch);
      fs.futimesSync(descriptor, utimeOf(inode.volatile.atime), utimeOf(inode.volatile.mtime));
      this.#cutAt.delete(inode.ino);
      this.#noteBlocks(inode.ino, descriptor);
      return 0;
    } catch (error) {
      this.#noteSize(inode.ino);
      return errnoOf(error);
    }
  }

  /** After a barrier: the tree has it all. */
  drop(ino: number): void {
    const inode = this.#state.table.get(ino);
    if (inode?.kind !== 'file' || inode.dirty.pageCount > 0 || inode.volatile.pages.count === 0) return;
    if (this.isBacked(inode)) adoption.dropPages(this.#state, ino);
  }

  /** After a loss: the tree's bytes are the file's again, all of them. */
  revert(ino: number): void {
    this.#cutAt.delete(ino);
    this.drop(ino);
  }

  /** Writes ranges of the volatile face into the tree, whatever a later loss does. */
  persist(inode: Inode, ranges: readonly Stretch[]): Errno | 0 {
    try {
      const descriptor = this.#open(inode.ino);
      for (const range of ranges) this.#writeVolatile(descriptor, inode, range);
      return 0;
    } catch (error) {
      return errnoOf(error);
    } finally {
      this.#noteSize(inode.ino);
    }
  }

  persistBytes(inode: Inode, offset: number, bytes: Uint8Array): Errno | 0 {
    try {
      writeAll(this.#open(inode.ino), bytes, offset);
      return 0;
    } catch (error) {
      return errnoOf(error);
    } finally {
      this.#noteSize(inode.ino);
    }
  }

  unlist(ino: number): void {
    this.#cutAt.delete(ino);
    this.#files.close(ino);
  }

  #open(ino: number): number {
    return this.#files.get(ino, () => this.#pathOf(ino)!);
  }

  /** How far the tree's bytes are the file's. */
  #validEnd(inode: Inode): number {
    return Math.min(this.#cutAt.get(inode.ino) ?? Infinity, inode.durable.size);
  }

  #readTree(inode: Inode, offset: number, target: Uint8Array): void {
    const wanted = Math.max(0, Math.min(target.length, this.#validEnd(inode) - offset));
    let done = 0;
    while (done < wanted) {
      const count = fs.readSync(this.#open(inode.ino), target, done, wanted - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    target.fill(0, done);
  }

  #overlay(inode: Inode, offset: number, target: Uint8Array): void {
    const end = offset + target.length;
    for (let at = offset; at < end;) {
      const index = Math.floor(at / pageSizeBytes);
      const next = Math.min((index + 1) * pageSizeBytes, end);
      if (inode.dirty.has(index))
        adoption.readFace(
          this.#state.table.store,
          inode.volatile,
          at,
          target.subarray(at - offset, next - offset),
        );
      at = next;
    }
  }

  #fill(inode: Inode, index: number): void {
    if (inode.dirty.has(index) || index * pageSizeBytes >= this.#validEnd(inode)) return;
    this.#readTree(inode, index * pageSizeBytes, this.#page);
    adoption.fillPage(this.#state, inode.ino, index, this.#page);
  }

  *#dirtyStretches(inode: Inode): Iterable<Stretch> {
    let run: { offset: number; length: number } | undefined;
    for (const index of [...inode.dirty.pages()].sort((a, b) => a - b)) {
      const offset = index * pageSizeBytes;
      if (run !== undefined && run.offset + run.length === offset) {
        run.length += pageSizeBytes;
        continue;
      }
      if (run !== undefined) yield run;
      run = { offset, length: pageSizeBytes };
    }
    if (run !== undefined) yield run;
  }

  #writeVolatile(descriptor: number, inode: Inode, { offset, length }: Stretch): void {
    const end = Math.min(offset + length, inode.volatile.size);
    for (let at = offset; at < end;) {
      const piece = this.#chunk.subarray(0, Math.min(this.#chunk.length, end - at));
      const read = this.read(inode, at, piece);
      if (read < 0) throw Object.assign(new Error('reading back failed'), { errno: read });
      writeAll(descriptor, piece, at);
      at += piece.length;
    }
  }

  /** The tree grew, or did not grow as far as it should: the durable size is what it is. */
  #noteSize(ino: number): void {
    const inode = this.#state.table.own(ino);
    inode.ownDurable(this.#state.table.store).size = fs.fstatSync(this.#open(ino)).size;
    this.#state.table.settle(inode);
  }

  #noteBlocks(ino: number, descriptor: number): void {
    const { ino: shown, blocks } = fs.fstatSync(descriptor);
    this.#state.table.own(ino).backing = { ino: shown, blocks512: blocks };
  }
}

/** The last page of a file counts as whole where the range goes beyond its end. */
function isLast(index: number, rangeEnd: number, end: number): boolean {
  return index * pageSizeBytes < end && rangeEnd >= (index + 1) * pageSizeBytes;
}

function writeAll(descriptor: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length;)
    done += fs.writeSync(descriptor, bytes, done, bytes.length - done, offset + done);
}
