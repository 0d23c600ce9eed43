/**
 * The segment that commits are appended to, and its offset index. A segment is begun by one start of the server and never
 * written to by another, so that whatever a cut tore is at the end of a segment that nobody adds to.
 */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Barriers } from './barriers.ts';
import { clogIn, digits } from './layout.ts';
import type { Disk } from './layout.ts';
import { encodeHeader, encodeRecord, headerBytes } from './record.ts';

export const logSuffix = '.clog.log';
export const indexSuffix = '.clog.ofs';

/** An entry of the index: offset 8 · position of its record 8. One for every so many bytes of the log. */
const indexEntryBytes = 16;
const bytesBetweenEntries = 16 * 1024;

export interface Commit {
  readonly offset: number;
  readonly payload: string;
}

export class Segment {
  readonly #log: FileHandle;
  readonly #index: FileHandle;
  readonly #barriers: Barriers;
  #sizeBytes = headerBytes;
  #indexedBytes = 0;

  /** Where the log ends before the transaction `first`. */
  static async begin({ data, barriers }: Disk, epoch: number, first: number): Promise<Segment> {
    const path = join(clogIn(data), digits(first));
    // One without a commit may be left by an earlier start. A new inode shares no block with it, whatever a cut tears.
    for (const suffix of [logSuffix, indexSuffix]) rmSync(path + suffix, { force: true });
    const log = await open(path + logSuffix, 'wx');
    // No barrier: the header is durable with the first commit, and until then nothing is lost with it.
    await log.appendFile(encodeHeader(epoch));
    const index = await open(path + indexSuffix, 'wx');
    // Defends against: a cut after a commit in this segment was acknowledged, which would take the name of the segment.
    await barriers.path('segment-name', clogIn(data));
    return new Segment(log, index, barriers);
  }

  private constructor(log: FileHandle, index: FileHandle, barriers: Barriers) {
    this.#log = log;
    this.#index = index;
    this.#barriers = barriers;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Makes a batch of commits durable, with one write and one barrier for all of them. */
  async commit(batch: readonly Commit[]): Promise<void> {
    const bytes = Buffer.concat(batch.map(({ offset, payload }) => encodeRecord(offset, payload)));
    await this.#log.appendFile(bytes);
    // Defends against: a cut after the batch was acknowledged, which would take it. The size is covered, the times need not be.
    await this.#barriers.data('commit', this.#log);
    await this.#addToIndex(batch[0]!.offset);
    this.#sizeBytes += bytes.length;
  }

  async close(): Promise<void> {
    await this.#log.close();
    await this.#index.close();
  }

  /** No barrier, by design: an index that is lost or torn is not believed (`startIn`), and the log is read from its beginning. */
  async #addToIndex(offset: number): Promise<void> {
    if (this.#indexedBytes > 0 && this.#sizeBytes - this.#indexedBytes < bytesBetweenEntries) return;
    const entry = Buffer.alloc(indexEntryBytes);
    entry.writeBigUInt64LE(BigInt(offset), 0);
    entry.writeBigUInt64LE(BigInt(this.#sizeBytes), 8);
    await this.#index.appendFile(entry);
    this.#indexedBytes = this.#sizeBytes;
  }
}

/** Where in a segment the record of a transaction lies. */
export interface Entry {
  readonly offset: number;
  readonly position: number;
}

/** What the index says, ascending. A hint, to be checked against the log. */
export function readIndex(data: string, first: number): Entry[] {
  const path = join(clogIn(data), digits(first) + indexSuffix);
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  const entries: Entry[] = [];
  for (let at = 0; at + indexEntryBytes <= bytes.length; at += indexEntryBytes) {
    const [offset, position] = [bytes.readBigUInt64LE(at), bytes.readBigUInt64LE(at + 8)];
    entries.push({ offset: Number(offset), position: Number(position) });
  }
  return entries;
}
