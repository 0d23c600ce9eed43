/**
 * The database: the state in memory, and the one writer that makes it durable. A transaction is performed at once and in
 * order; it is confirmed when the writer, which takes all that wait as one batch, has made its record durable.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Barriers } from './barriers.ts';
import { die } from './die.ts';
import { clogIn, digits, replaceFile, snapshotsIn } from './layout.ts';
import type { Disk } from './layout.ts';
import { takeLock } from './lock.ts';
import { recover, segmentsIn } from './recovery.ts';
import type { Recovered } from './recovery.ts';
import { Segment, indexSuffix, logSuffix } from './segment.ts';
import type { Commit } from './segment.ts';
import { capture, pruneSnapshots, writeSnapshot } from './snapshot.ts';
import type { Capture } from './snapshot.ts';
import { nextEpoch, readEpoch, readOrWriteConfig, writeEpoch } from './start-files.ts';
import type { Config } from './start-files.ts';
import { execute, isWrite } from './transaction.ts';
import type { Operation, State, Value } from './transaction.ts';

/** At most so many transactions are answered before they are durable; the next one waits as if confirmed. */
export const maxUnconfirmed = 100;

export interface Answer {
  /** Counts the starts of the server. Epoch and offset together are never given twice. */
  readonly epoch: number;
  /** Of the last transaction that this one saw, or its own. */
  readonly offset: number;
  readonly results: readonly Value[];
}

/** A data directory that is recovered, and this process's own. */
interface Opened {
  readonly disk: Disk;
  readonly config: Config;
  readonly recovered: Recovered;
  readonly epoch: number;
  readonly segment: Segment;
  readonly unlock: () => void;
}

export class Database {
  readonly #opened: Opened;
  readonly #state: State;
  #segment: Segment;
  /** Of the last transaction that was performed, of the last one that is durable, and of the newest snapshot. */
  #offset: number;
  #durable: number;
  #snapshot: number;
  /** Performed and not yet being written. */
  #pending: Commit[] = [];
  #writing: Promise<void> | undefined;
  #snapshotting: Promise<void> | undefined;
  #isClosing = false;

  /**
   * Rejects with a sentence when another process has the directory open, or when something is not there that was promised.
   * `config` is for a new directory; an old one has its own.
   */
  static async open(path: string, config: Config, barriers: Barriers): Promise<Database> {
    const data = resolve(path);
    const disk = { data, barriers };
    mkdirSync(data, { recursive: true });
    // Defends against: a cut after the first start, which would take the name of the data directory. At every start, for an
    // earlier one may have died on the way here.
    await barriers.path('data-directory', dirname(data));
    const unlock = takeLock(join(data, 'clogdb.pid'));
    try {
      for (const directory of [clogIn(data), snapshotsIn(data)]) mkdirSync(directory, { recursive: true });
      const ownConfig = await readOrWriteConfig(disk, config);
      // A start that fails here leaves what it found.
      const lastEpoch = readEpoch(disk);
      const recovered = recover(data);
      const epoch = nextEpoch(lastEpoch, recovered);
      await seal(disk, recovered);
      await writeEpoch(disk, epoch);
      const segment = await Segment.begin(disk, epoch, recovered.offset + 1);
      for (const sentence of recovered.damaged) console.error(`passed over a damaged snapshot: ${sentence}`);
      console.error(`epoch ${epoch}: recovered ${recovered.offset} transactions`);
      return new Database({ disk, config: ownConfig, recovered, epoch, segment, unlock });
    } catch (error) {
      unlock();
      throw error;
    }
  }

  private constructor(opened: Opened) {
    this.#opened = opened;
    this.#segment = opened.segment;
    const { state, offset, snapshot } = opened.recovered;
    this.#state = state;
    this.#offset = this.#durable = offset;
    this.#snapshot = snapshot;
  }

  get epoch(): number {
    return this.#opened.epoch;
  }

  /**
   * Performs the operations; throws a Refusal, with nothing changed, where one of them cannot be done. Answers a confirmed
   * transaction when it, and all that it saw, is durable.
   */
  async transact(operations: readonly Operation[], isConfirmed: boolean): Promise<Answer> {
    if (this.#isClosing) throw new Error('the database is closing');
    const results = execute(this.#state, operations);
    const writes = operations.filter(isWrite);
    if (writes.length > 0) this.#pending.push({ offset: ++this.#offset, payload: JSON.stringify(writes) });
    const answer = { epoch: this.epoch, offset: this.#offset, results };
    const durable = this.#untilDurable(answer.offset);
    if (isConfirmed || this.#offset - this.#durable > maxUnconfirmed) await durable;
    return answer;
  }

  /** Reads everything on the disk again and compares it with the state: what is wrong, a sentence each. */
  async verify(): Promise<string[]> {
    await this.#quiet();
    try {
      const { state, offset, tail, damaged } = recover(this.#opened.disk.data);
      const wrong = [...damaged];
      if (offset !== this.#offset) wrong.push(`the log ends with transaction ${offset}, not ${this.#offset}`);
      if (tail !== undefined && tail.tornBytes > 0)
        wrong.push(`${tail.name}: is damaged at byte ${tail.endBytes}`);
      if (!isDeepStrictEqual(state, this.#state)) wrong.push('the log and its snapshots give another state');
      return wrong;
    } catch (error) {
      return [(error as Error).message];
    }
  }

  /** Makes everything durable that was performed, and gives the directory back. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#quiet();
    await this.#segment.close();
    this.#opened.unlock();
  }

  async #quiet(): Promise<void> {
    while (this.#durable < this.#offset || this.#writing !== undefined || this.#snapshotting !== undefined) {
      await this.#untilDurable(this.#offset);
      await Promise.all([this.#writing, this.#snapshotting]);
    }
  }

  /** Group commit: all that gathers while one batch is made durable is the next one, whoever begins it. */
  async #untilDurable(offset: number): Promise<void> {
    while (this.#durable < offset) await (this.#writing ??= this.#writeBatch().catch(giveUp));
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#pending;
    this.#pending = [];
    const captured = this.#captureIfDue();
    await this.#segment.commit(batch);
    this.#durable = batch.at(-1)!.offset;
    const { disk, config, epoch } = this.#opened;
    if (this.#segment.sizeBytes >= config.segment_size_bytes) {
      await this.#segment.close();
      this.#segment = await Segment.begin(disk, epoch, this.#durable + 1);
    }
    // Not before the commits in it are durable, or a cut could leave a snapshot of what never was.
    if (captured !== undefined) this.#snapshotting = this.#takeSnapshot(captured).catch(giveUp);
    this.#writing = undefined;
  }

  /** Nothing waits to be performed, so that the state is what it is after the last transaction of the batch. */
  #captureIfDue(): Capture | undefined {
    const isDue = this.#offset - this.#snapshot >= this.#opened.config.snapshot_interval;
    return isDue && this.#snapshotting === undefined ? capture(this.#state, this.#offset) : undefined;
  }

  /** Two snapshots are kept, and the log from the older one on: if the newer one should be damaged, nothing is lost. */
  async #takeSnapshot(captured: Capture): Promise<void> {
    const { disk } = this.#opened;
    const previous = this.#snapshot;
    await writeSnapshot(disk, captured);
    this.#snapshot = captured.offset;
    await pruneSnapshots(disk.data, [previous, this.#snapshot]);
    await pruneLog(disk.data, previous);
    this.#snapshotting = undefined;
  }
}

/** Removes the segments that end before `offset`. No barrier: one that comes back is passed over, and removed the next time. */
async function pruneLog(data: string, offset: number): Promise<void> {
  const segments = segmentsIn(data);
  const ended = segments.filter((_, index) => (segments[index + 1] ?? Infinity) <= offset + 1);
  for (const first of ended) {
    for (const suffix of [logSuffix, indexSuffix]) {
      await rm(join(clogIn(data), digits(first) + suffix), { force: true });
    }
  }
}

/**
 * Makes durable what the log ended with, before anybody sees it, and cuts off what is torn. A killed server leaves commits in
 * the page cache alone, and pages whose sync had failed look clean there: so they are written anew, not just synced.
 */
async function seal(disk: Disk, { tail }: Recovered): Promise<void> {
  if (tail === undefined) return;
  if (tail.tornBytes > 0)
    console.error(`${tail.name}: cut off ${tail.tornBytes} torn bytes at byte ${tail.endBytes}`);
  const whole = readFileSync(join(disk.data, tail.name)).subarray(0, tail.endBytes);
  // Defends against: a cut after the start, which would leave the segment empty.
  await replaceFile(disk, tail.name, whole, 'recovered-tail');
  // Defends against: a cut while the next segment is begun, which would bring back the torn one beside it.
  await disk.barriers.path('recovered-name', clogIn(disk.data));
}

/** What a failed write or sync left on the disk, nobody knows; a second sync proves nothing. A restart finds out. */
function giveUp(error: unknown): never {
  return die(`cannot go on: ${(error as Error).message}`);
}
