/**
 * Inodes by number, in chunks that a table shares with its copies until one of them changes one: a copy costs the chunks,
 * not the inodes. Numbers are dense, and a disk has many inodes of which a cut changes few.
 *
 * Invariant: `holders` of an inode counts the chunks that hold it, and of a chunk the tables.
 */
import type { Inode } from './inode.ts';

const chunkInodes = 128;

interface Chunk {
  readonly inodes: (Inode | undefined)[];
  count: number;
  holders: number;
}

export class SharedTable {
  #chunks = new Map<number, Chunk>();
  #count = 0;
  /** The last chunk stays when it gets empty: the next inodes go there. */
  #newest = 0;

  get count(): number {
    return this.#count;
  }

  get(ino: number): Inode | undefined {
    return this.#chunks.get(Math.floor(ino / chunkInodes))?.inodes[ino % chunkInodes];
  }

  /** Whether this table's copies see what is done to this inode. */
  isShared(inode: Inode): boolean {
    return inode.holders > 1 || this.#chunks.get(Math.floor(inode.ino / chunkInodes))!.holders > 1;
  }

  /** Puts in an inode that this table holds from now on; an old one under its number is let go by `letGo`. */
  set(inode: Inode, letGo: (inode: Inode) => void): void {
    const chunk = this.#ownChunk(Math.floor(inode.ino / chunkInodes));
    const old = chunk.inodes[inode.ino % chunkInodes];
    chunk.inodes[inode.ino % chunkInodes] = inode;
    if (old === undefined) {
      chunk.count++;
      this.#count++;
      this.#advanceTo(Math.floor(inode.ino / chunkInodes));
    } else {
      release(old, letGo);
    }
  }

  delete(inode: Inode, letGo: (inode: Inode) => void): void {
    const chunkIndex = Math.floor(inode.ino / chunkInodes);
    const chunk = this.#ownChunk(chunkIndex);
    chunk.inodes[inode.ino % chunkInodes] = undefined;
    chunk.count--;
    this.#count--;
    if (chunk.count === 0 && chunkIndex !== this.#newest) this.#chunks.delete(chunkIndex);
    release(inode, letGo);
  }

  copy(): SharedTable {
    const copy = new SharedTable();
    for (const chunk of this.#chunks.values()) chunk.holders++;
    copy.#chunks = new Map(this.#chunks);
    copy.#count = this.#count;
    copy.#newest = this.#newest;
    return copy;
  }

  /** Lets everything go. The table is empty afterwards. */
  clear(letGo: (inode: Inode) => void): void {
    for (const chunk of this.#chunks.values()) {
      if (--chunk.holders > 0) continue;
      for (const inode of chunk.inodes) if (inode !== undefined) release(inode, letGo);
    }
    this.#chunks.clear();
    this.#count = 0;
  }

  #advanceTo(chunkIndex: number): void {
    if (chunkIndex <= this.#newest) return;
    const left = this.#chunks.get(this.#newest);
    if (left !== undefined && left.count === 0) {
      left.holders--;
      this.#chunks.delete(this.#newest);
    }
    this.#newest = chunkIndex;
  }

  #ownChunk(chunkIndex: number): Chunk {
    const found = this.#chunks.get(chunkIndex);
    if (found !== undefined && found.holders === 1) return found;
    const inodes = found?.inodes.slice() ?? new Array<Inode | undefined>(chunkInodes).fill(undefined);
    for (const inode of inodes) if (inode !== undefined) inode.holders++;
    if (found !== undefined) found.holders--;
    const chunk = { inodes, count: found?.count ?? 0, holders: 1 };
    this.#chunks.set(chunkIndex, chunk);
    return chunk;
  }
}

function release(inode: Inode, letGo: (inode: Inode) => void): void {
  if (--inode.holders === 0) letGo(inode);
}
