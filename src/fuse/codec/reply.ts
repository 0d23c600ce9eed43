/**
 * A reply under construction in one preallocated buffer, which the session reuses for every request: replies are made
 * without garbage, and READ data goes straight from the disk's pages into the buffer that the kernel copies from. Each
 * method writes at `length` and moves it on; what would not fit is the caller's mistake and asserted.
 */
import type { Attributes, Statistics } from './attributes.ts';
import type { Errno } from './errno.ts';
import {
  attr,
  attrOut,
  entryOut,
  getxattrOut,
  lseekOut,
  openOut,
  outHeader,
  statfsOut,
  writeOut,
} from './layout.ts';
import type { Request } from './request.ts';
import { write64 } from './words.ts';

/**
 * How long the kernel may believe a name or attributes. All changes come through the kernel itself, or are followed by
 * a notification or a new mount; so: for as long as it likes (a year).
 */
export const cacheSeconds = 365 * 24 * 3600;

const blockSizeBytes = 4096;

export class Reply {
  readonly bytes: Buffer;
  readonly #words: Uint32Array;
  /** Bytes of the message so far, header included. */
  length: number = outHeader.sizeBytes;

  /** @param capacityBytes a multiple of 8 */
  constructor(capacityBytes: number) {
    const memory = new ArrayBuffer(capacityBytes);
    this.bytes = Buffer.from(memory);
    this.#words = new Uint32Array(memory);
  }

  get payloadBytes(): number {
    return this.length - outHeader.sizeBytes;
  }
  /** What may still be written. */
  get roomBytes(): number {
    return this.bytes.length - this.length;
  }

  clear(): void {
    this.length = outHeader.sizeBytes;
  }

  /** Puts the header before what was written; an error is sent alone. */
  finish(request: Request, error: Errno | 0): void {
    if (error !== 0) this.clear();
    this.#put32(outHeader.len, this.length);
    this.#put32(outHeader.error, error);
    this.#put32(outHeader.unique, request.uniqueLow);
    this.#put32(outHeader.unique + 4, request.uniqueHigh);
  }

  /** fuse_entry_out: a name's inode, which the kernel may now remember, with its attributes. */
  entry(attributes: Attributes): void {
    const at = this.#claim(entryOut.sizeBytes);
    write64(this.#words, at + entryOut.nodeid, attributes.ino);
    write64(this.#words, at + entryOut.entryValid, cacheSeconds);
    write64(this.#words, at + entryOut.attrValid, cacheSeconds);
    this.#attributesAt(at + entryOut.attr, attributes);
  }

  /** fuse_entry_out without an inode: the name does not exist, and the kernel may remember that. */
  absentEntry(): void {
    const at = this.#claim(entryOut.sizeBytes);
    write64(this.#words, at + entryOut.entryValid, cacheSeconds);
  }

  /** fuse_attr_out */
  attributes(attributes: Attributes): void {
    const at = this.#claim(attrOut.sizeBytes);
    write64(this.#words, at + attrOut.attrValid, cacheSeconds);
    this.#attributesAt(at + attrOut.attr, attributes);
  }

  /** fuse_open_out */
  opened(handle: number, flags: number): void {
    const at = this.#claim(openOut.sizeBytes);
    write64(this.#words, at + openOut.fh, handle);
    this.#put32(at + openOut.openFlags, flags);
  }

  /** fuse_write_out */
  written(sizeBytes: number): void {
    this.#put32(this.#claim(writeOut.sizeBytes) + writeOut.size, sizeBytes);
  }

  /** fuse_getxattr_out: how large the value or the list is. */
  valueSize(sizeBytes: number): void {
    this.#put32(this.#claim(getxattrOut.sizeBytes) + getxattrOut.size, sizeBytes);
  }

  /** fuse_lseek_out and fuse_copy_file_range_out: a lone 64-bit number. */
  number64(value: number): void {
    write64(this.#words, this.#claim(lseekOut.sizeBytes) + lseekOut.offset, value);
  }

  /** fuse_statfs_out */
  statistics(statistics: Statistics): void {
    const at = this.#claim(statfsOut.sizeBytes);
    write64(this.#words, at + statfsOut.blocks, statistics.blocks);
    write64(this.#words, at + statfsOut.bfree, statistics.blocksFree);
    write64(this.#words, at + statfsOut.bavail, statistics.blocksFree);
    write64(this.#words, at + statfsOut.files, statistics.files);
    write64(this.#words, at + statfsOut.ffree, statistics.filesFree);
    this.#put32(at + statfsOut.bsize, statistics.blockSize);
    this.#put32(at + statfsOut.namelen, statistics.nameLength);
    this.#put32(at + statfsOut.frsize, statistics.blockSize);
  }

  /** Text of one byte a character. */
  binaryString(text: string): void {
    const at = this.#claimBytes(text.length);
    this.bytes.write(text, at, 'latin1');
  }

  data(value: Uint8Array): void {
    this.bytes.set(value, this.#claimBytes(value.length));
  }

  /** Counts bytes that were put into `bytes` at `length` by someone else: READ's data. */
  advance(count: number): void {
    this.#claimBytes(count);
  }

  /** A zeroed struct to be filled by its own encoder; `offset` is from the message's start. */
  struct(sizeBytes: number): number {
    return this.#claim(sizeBytes);
  }
  put32(offset: number, value: number): void {
    this.#put32(offset, value);
  }
  put64(offset: number, value: number): void {
    write64(this.#words, offset, value);
  }

  #attributesAt(at: number, attributes: Attributes): void {
    write64(this.#words, at + attr.ino, attributes.shownIno ?? attributes.ino);
    write64(this.#words, at + attr.size, attributes.size);
    write64(this.#words, at + attr.blocks, attributes.blocks512);
    write64(this.#words, at + attr.atime, attributes.atime.seconds);
    write64(this.#words, at + attr.mtime, attributes.mtime.seconds);
    write64(this.#words, at + attr.ctime, attributes.ctime.seconds);
    this.#put32(at + attr.atimensec, attributes.atime.nanoseconds);
    this.#put32(at + attr.mtimensec, attributes.mtime.nanoseconds);
    this.#put32(at + attr.ctimensec, attributes.ctime.nanoseconds);
    this.#put32(at + attr.mode, attributes.typeAndMode);
    this.#put32(at + attr.nlink, attributes.nlink);
    this.#put32(at + attr.uid, attributes.uid);
    this.#put32(at + attr.gid, attributes.gid);
    this.#put32(at + attr.rdev, attributes.rdev);
    this.#put32(at + attr.blksize, blockSizeBytes);
  }

  #put32(offset: number, value: number): void {
    this.#words[offset >>> 2] = value;
  }

  /** Room for a struct, zeroed: the buffer holds the last reply, and padding must not tell of it. */
  #claim(sizeBytes: number): number {
    const at = this.#claimBytes(sizeBytes);
    if (at % 8 !== 0) throw new Error(`a struct at byte ${at} of a reply is not aligned`);
    this.#words.fill(0, at >>> 2, (at + sizeBytes) >>> 2);
    return at;
  }

  #claimBytes(count: number): number {
    const at = this.length;
    if (at + count > this.bytes.length)
      throw new Error(`a reply of ${at + count} bytes does not fit its buffer`);
    this.length = at + count;
    return at;
  }
}
