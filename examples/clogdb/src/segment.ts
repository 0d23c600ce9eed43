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
import type { Header } from './record.ts';

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

  /** Where the log ends before `header.first`. */
  static async begin({ data, barriers }: Disk, header: Header): Promise<Segment> {
    const path = join(clogIn(data), digits(header.first));
    // One without a commit may be left by an earlier start. A new inode shares no block with it, whatever a cut tears.
    for (const suffix of [logSuffix, indexSuffix]) rmSync(path + suffix, { force: true });
    const log = await open(path + logSuffix, 'wx');
    // No barrier: the header is durable with the first commit, and until then nothing is lost with it.
    await writeAll(log, encodeHeader(header), 0);
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
    await writeAll(this.#log, bytes, this.#sizeBytes);
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

/** What the index says: positions by offset, ascending. A hint, to be checked against the log. */
export function readIndex(data: string, first: number): { offset: number; position: number }[] {
  const path = join(clogIn(data), digits(first) + indexSuffix);
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  return Array.from({ length: Math.floor(bytes.length / indexEntryBytes) }, (_, entry) => ({
    offset: Number(bytes.readBigUInt64LE(entry * indexEntryBytes)),
    position: Number(bytes.readBigUInt64LE(entry * indexEntryBytes + 8)),
  }));
}

/** write(2) may write less than asked for. */
async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
