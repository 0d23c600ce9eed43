/**
 * What the kernel still believes of files that a loss took back, until it forgets it: their pages, sizes and attributes.
 *
 * Two ways. Inodes that nobody uses are pruned, thousands with one call, and whoever opens them asks anew. The kernel does not tell
 * of opens, but it sends FORGETs for what it pruned, so that the disk knows those that are left: each of them is invalidated, and its
 * size asked for again. Invalidation alone leaves the kernel's old i_size to the next append of an open descriptor, which would
 * write behind a hole (seen on 6.18). Must not be waited for while requests are held: pages of a held READ are locked.
 */
import { lstat, statfs, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidateInodes, pruneInodes } from '../fuse/invalidation.ts';
import { inLanes } from '../fuse/lanes.ts';
import type { WriteMode } from '../fuse/session.ts';
import { askedSizeBytes } from './cached-writes.ts';
import { settlesWithin } from './time-limit.ts';
import type { WorkerLink } from './worker-link.ts';
import type { WorkerRequests } from './worker-requests.ts';

/** Whoever freezes the disk meanwhile holds these requests too; then the sizes stay old. */
const askTimeoutMs = 2_000;

/** Linux hands out so many requests before it comes to FORGETs that wait, and then many of those at once (fs/fuse/dev.c). */
const overtakingRequests = 9;
/** Not worth to ask again for. */
const fewInUse = 64;

export class StaleCaches {
  readonly #descriptor: number;
  readonly #mountPoint: string;
  readonly #writes: WriteMode;
  readonly #worker: WorkerLink;
  #isStale = false;
  #atWork: Promise<void> = Promise.resolve();

  constructor(of: {
    readonly descriptor: number;
    readonly mountPoint: string;
    readonly writes: WriteMode;
    readonly worker: WorkerLink;
  }) {
    this.#descriptor = of.descriptor;
    this.#mountPoint = of.mountPoint;
    this.#writes = of.writes;
    this.#worker = of.worker;
  }

  /** Resolves when nothing writes to the descriptor any more: it must not be closed before. */
  get atWork(): Promise<void> {
    return this.#atWork;
  }

  /**
   * These files will be stale in a moment: what nobody uses of them is pruned while the loss is at work. Whoever opens one in between
   * is seen to use it afterwards.
   */
  prune(inos: readonly number[]): void {
    this.#isStale = true;
    void this.#begin(() => pruneInodes(this.#descriptor, inos));
  }

  /** Resolves when programs see the disk as it is. To be called when the loss is over, and while requests are answered. */
  async settle(): Promise<void> {
    if (!this.#isStale) return;
    this.#isStale = false;
    await this.#atWork;
    const { inos, resizedPaths } = await this.#inUse();
    await this.#begin(() => invalidateInodes(this.#descriptor, inos));
    await settlesWithin(this.#askForSizes(resizedPaths), askTimeoutMs);
  }

  /** Requests can overtake the FORGETs of what was pruned: who asks too early is told that everything is in use. */
  async #inUse(): Promise<WorkerRequests['stale']['reply']> {
    for (let round = 0; round < overtakingRequests; round++) {
      await statfs(this.#mountPoint).catch(() => undefined);
      const stale = await this.#worker.call('stale', { atMost: fewInUse });
      if (!stale.areMore) return stale;
    }
    return this.#worker.call('stale', { atMost: Infinity });
  }

  #begin(work: () => Promise<unknown>): Promise<void> {
    // Errors mean that the mount has ended in between: its caches are gone anyway.
    this.#atWork = this.#atWork.then(work).then(undefined, () => undefined) as Promise<void>;
    return this.#atWork;
  }

  #askForSizes(paths: readonly string[]): Promise<void> {
    const ask = this.#writes === 'cached' ? (path: string) => truncate(path, askedSizeBytes) : lstat;
    return inLanes(paths, (path) => ask(join(this.#mountPoint, path)).catch(() => undefined));
  }
}
