/**
 * The database: the state in memory, and the one writer that makes it durable. A transaction is performed at once and in
 * order; it is confirmed when the writer, which takes all that wait as one batch, has made its record durable.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
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
import type { Capture, Snapshot } from './snapshot.ts';
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

interface Waiting {
  /** Nothing for a transaction that only read, and waits for what it saw to be durable. */
  readonly commit: Commit | undefined;
  readonly done: () => void;
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
  readonly #writer: Promise<void>;
  #segment: Segment;
  #snapshot: Snapshot | undefined;
  #snapshotting: Promise<void> | undefined;
  /** Of the last transaction that was performed, and of the last one that is durable. */
  #offset: number;
  #durable: number;
  #unconfirmed = 0;
  #queue: Waiting[] = [];
  #wake: (() => void) | undefined;
  #isWriting = false;
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
      const segment = await Segment.begin(disk, { epoch, first: recovered.offset + 1 });
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
    this.#state = opened.recovered.state;
    this.#segment = opened.segment;
    this.#snapshot = opened.recovered.snapshot;
    this.#offset = this.#durable = opened.recovered.offset;
    this.#writer = this.#write().catch(giveUp);
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
    const hasWrites = writes.length > 0;
    const commit = hasWrites ? { offset: ++this.#offset, payload: JSON.stringify(writes) } : undefined;
    const answer = { epoch: this.epoch, offset: this.#offset, results };
    if (!hasWrites && (!isConfirmed || this.#durable === this.#offset)) return answer;
    if (isConfirmed || this.#unconfirmed >= maxUnconfirmed) {
      await new Promise<void>((done) => this.#enqueue({ commit, done }));
    } else {
      this.#unconfirmed++;
      this.#enqueue({ commit, done: () => this.#unconfirmed-- });
    }
    return answer;
  }

  /** Reads everything on the disk again and compares it with the state: what is wrong, a sentence each. */
  async verify(): Promise<string[]> {
    while (this.#isWriting || this.#queue.length > 0 || this.#snapshotting !== undefined) await delay(10);
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
    this.#wake?.();
    await this.#writer;
    await this.#snapshotting;
    await this.#segment.close();
    this.#opened.unlock();
  }

  #enqueue(waiting: Waiting): void {
    this.#queue.push(waiting);
    this.#wake?.();
  }

  /** Group commit: while one batch is made durable, the next one gathers. */
  async #write(): Promise<void> {
    for (;;) {
      if (this.#queue.length === 0) {
        if (this.#isClosing) return;
        await new Promise<void>((wake) => (this.#wake = wake));
        continue;
      }
      const batch = this.#queue;
      this.#queue = [];
      this.#isWriting = true;
      await this.#commit(batch.flatMap(({ commit }) => commit ?? []));
      for (const { done } of batch) done();
      this.#isWriting = false;
    }
  }

  async #commit(commits: readonly Commit[]): Promise<void> {
    const last = commits.at(-1);
    if (last === undefined) return;
    const captured = this.#captureIfDue();
    await this.#segment.commit(commits);
    this.#durable = last.offset;
    const { disk, config, epoch } = this.#opened;
    if (this.#segment.sizeBytes >= config.segment_size_bytes) {
      await this.#segment.close();
      this.#segment = await Segment.begin(disk, { epoch, first: last.offset + 1 });
    }
    // Not before the commits in it are durable, or a cut could leave a snapshot of what never was.
    if (captured !== undefined) this.#snapshotting = this.#takeSnapshot(captured).catch(giveUp);
  }

  /** Nothing waits to be performed, so that the state is what it is after the last transaction of the batch. */
  #captureIfDue(): Capture | undefined {
    const since = this.#offset - (this.#snapshot?.offset ?? 0);
    if (this.#snapshotting !== undefined || since < this.#opened.config.snapshot_interval) return undefined;
    return capture(this.#state, this.#offset);
  }

  /** Two snapshots are kept, and the log from the older one on: if the newer one should be damaged, nothing is lost. */
  async #takeSnapshot(captured: Capture): Promise<void> {
    const { disk } = this.#opened;
    const previous = this.#snapshot;
    this.#snapshot = await writeSnapshot(disk, captured);
    await pruneSnapshots(disk.data, previous === undefined ? [this.#snapshot] : [previous, this.#snapshot]);
    await pruneLog(disk.data, previous?.offset ?? 0);
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
