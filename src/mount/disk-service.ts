/**
 * What a disk process does for whoever asks: puts the kernel's side (mount, sync, invalidation) and the disk's side (the
 * worker) of each request in order. Never touches the mount in a way that waits for a held request: STATFS is the only call
 * that is answered whatever the gate says.
 */
import { closeSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { DiskOptions, DiskRequests, FreezeTrigger, Frozen } from './control.ts';
import { checkImportDirectory, checkMountPoint, prepareExportDirectory } from './directories.ts';
import { Exclusive } from './exclusive.ts';
import { JsonText } from './json-lines.ts';
import type { MountHelper } from './mount-helper.ts';
import { mountAt } from './mount-table.ts';
import { Refusal } from './refusal.ts';
import type { DiskRequest } from './request-checks.ts';
import { StaleCaches } from './stale-caches.ts';
import { settlesWithin } from './time-limit.ts';
import type { WorkerLink } from './worker-link.ts';

type Reply<Name extends keyof DiskRequests> = DiskRequests[Name]['reply'];

const syncTimeoutMs = 2_000;
/** How often the kernel is asked for what it keeps back while a freeze waits for something un-synced. */
const collectIntervalMs = 100;
/** Files whose truncation is held keep the kernel from handing over the rest. */
const frozenSyncTimeoutMs = 500;
/** Processes that were just killed leave their mount namespaces in milliseconds. */
const releaseTimeoutMs = 1_000;
const sessionEndTimeoutMs = 10_000;

interface Mounted {
  readonly descriptor: number;
  /** Resolves when the kernel has let go of the mount and the descriptor is closed. */
  readonly ended: Promise<void>;
  /** The FUSE connection's number. */
  readonly connection: number;
  gate: 'open' | 'held' | 'failing';
  readonly stale: StaleCaches;
}

export class DiskService {
  readonly #options: DiskOptions;
  readonly #helper: MountHelper;
  readonly #worker: WorkerLink;
  readonly #order = new Exclusive();
  #mounted: Mounted | undefined;
  /** Hears that a mount has ended, whoever ended it. */
  onSessionEnd: () => void = () => undefined;

  constructor(options: DiskOptions, helper: MountHelper, worker: WorkerLink) {
    this.#options = options;
    this.#helper = helper;
    this.#worker = worker;
    worker.onLosing = (inos) => {
      if (this.#mounted?.gate !== 'failing') this.#mounted?.stale.prune(inos);
    };
  }

  /** Makes a worker that blocks in the session read its messages. */
  readonly wake = (): void => {
    if (this.#mounted !== undefined) statfs(this.#options.mountPoint).catch(() => undefined);
  };

  handle(request: DiskRequest): Promise<object> {
    switch (request.name) {
      case 'stats':
        return this.#stats();
      case 'report':
        return this.#report();
      case 'checkpoint':
        return this.#checkpoint();
      case 'freeze':
        return this.#freeze(request.params.trigger);
      case 'thaw':
        return this.#thaw();
      case 'fail':
        return this.#fail();
      case 'keep-image':
        return this.#keepImage();
      case 'trace':
        return this.#worker.call('trace', { needles: request.params.needles });
      default:
        return this.#order.run(() => this.#handleAlone(request));
    }
  }

  /** What must not overlap: what replaces the disk, its mount or its images. */
  #handleAlone(request: DiskRequest): Promise<object> {
    switch (request.name) {
      case 'lose-unsynced':
        return this.#loseUnsynced();
      case 'loss':
        return this.#loss(request.params);
      case 'mount':
        return this.#mount();
      case 'unmount':
      case 'quit':
        return this.#unmount();
      case 'cut':
        return this.#cut(request.params);
      case 'cut-image':
        return this.#worker.call('cut-image', request.params);
      case 'export-image':
        return this.#export(request.params);
      case 'drop-image':
        return this.#worker.call('drop-image', { image: request.params.image });
      case 'import':
        return this.#import(request.params.directory);
      case 'wipe':
        this.#requireUnmounted('wipe');
        return this.#worker.call('wipe', {});
      default:
        throw new Error(`"${request.name}" has no handler`);
    }
  }

  /** Ends the mount whatever its state. Waits at most `patienceMs` for requests at work. */
  async end(patienceMs: number): Promise<void> {
    await settlesWithin(this.#order.idle(), patienceMs);
    if (this.#mounted?.gate === 'held') await settlesWithin(this.#fail(), patienceMs);
    if (this.#mounted !== undefined) await this.#unmount();
    await this.#worker.call('flush-log', {});
  }

  /** Lines of the op log must not wait for the next op. */
  flushLog(): void {
    if (this.#worker.isLogPending) this.#worker.call('flush-log', {}).catch(() => undefined);
  }

  async #stats(): Promise<Reply<'stats'>> {
    const { mounted, rssBytes } = {
      mounted: this.#mounted !== undefined,
      rssBytes: process.memoryUsage.rss(),
    };
    return { mounted, ...(await this.#worker.call('stats', {})), rssBytes };
  }

  /** Mapped pages that only the kernel holds are handed over first. */
  async #report(): Promise<JsonText> {
    const note = await this.#collect();
    const pieces: string[] = [];
    const { text } = await this.#worker.callInSlices('report', note === undefined ? {} : { note }, (piece) =>
      pieces.push(piece),
    );
    return new JsonText(pieces.join('') + text);
  }

  async #checkpoint(): Promise<Reply<'checkpoint'>> {
    const note = await this.#collect();
    const reply = await this.#worker.call('checkpoint', {});
    return note === undefined ? reply : { ...reply, note };
  }

  /** Returns why it is not complete, or undefined. */
  async #collect(): Promise<string | undefined> {
    const mounted = this.#mounted;
    if (mounted === undefined) return undefined;
    const missing = 'changes to mapped memory that only the kernel holds may be missing';
    const takesPages = mounted.gate === 'open' || (mounted.gate === 'held' && this.#isCached);
    if (!takesPages) return `the disk is ${mounted.gate === 'held' ? 'frozen' : 'failing'}: ${missing}`;
    const timeoutMs = mounted.gate === 'held' ? frozenSyncTimeoutMs : syncTimeoutMs;
    if (await this.#helper.sync(timeoutMs)) return undefined;
    return `sync did not come back within ${timeoutMs / 1000} s: ${missing}`;
  }

  async #loseUnsynced(): Promise<Reply<'lose-unsynced'>> {
    await this.#collect();
    const reply = await this.#worker.call('lose-unsynced', {});
    await this.settleLoss();
    return reply;
  }

  /** After a loss: what the kernel caches of the files no longer holds. */
  async settleLoss(): Promise<void> {
    if (this.#mounted?.gate === 'open') await this.#mounted.stale.settle();
  }

  async #loss(params: DiskRequests['loss']['params']): Promise<JsonText> {
    const pieces: string[] = [];
    const { text } = await this.#worker.callInSlices('loss', params, (piece) => pieces.push(piece));
    return new JsonText(pieces.join('') + text);
  }

  async #freeze(trigger: FreezeTrigger): Promise<Frozen> {
    const mounted = this.#requireMounted('freeze');
    const hurry = (name: 'freeze-soon' | 'freeze-overdue', share: number) =>
      trigger.at === 'now'
        ? undefined
        : setTimeout(() => {
            this.#worker.call(name, {}).catch(() => undefined);
          }, trigger.withinMs * share);
    const timers = [hurry('freeze-soon', 0.5), hurry('freeze-overdue', 1)];
    try {
      const freezing = this.#worker.call('freeze', { trigger });
      if (this.#isCached) await this.#collectUntil(freezing);
      const frozen = await freezing;
      mounted.gate = 'held';
      // What was written before is in the kernel still; it is as lost as the rest, but it must be known.
      if (this.#isCached) await this.#collect();
      return frozen;
    } finally {
      for (const timer of timers) clearTimeout(timer);
    }
  }

  /** What never arrives can trigger nothing: a program that does not sync would keep a freeze waiting to its limit. */
  async #collectUntil(frozen: Promise<unknown>): Promise<void> {
    while (!(await settlesWithin(frozen, collectIntervalMs))) {
      await settlesWithin(Promise.race([frozen, this.#helper.sync(syncTimeoutMs)]), syncTimeoutMs);
    }
  }

  async #keepImage(): Promise<JsonText> {
    if (this.#isCached) await this.#collect();
    return new JsonText((await this.#worker.call('keep-image', {})).text);
  }

  get #isCached(): boolean {
    return this.#options.writes === 'cached';
  }

  async #thaw(): Promise<object> {
    const mounted = this.#requireMounted('thaw');
    await this.#worker.call('thaw', {});
    mounted.gate = 'open';
    await mounted.stale.settle();
    return {};
  }

  async #fail(): Promise<object> {
    const mounted = this.#mounted;
    if (mounted === undefined) return {};
    await this.#worker.call('fail', {});
    mounted.gate = 'failing';
    return {};
  }

  async #mount(): Promise<object> {
    const { mountPoint, writes = 'through' } = this.#options;
    this.#requireUnmounted('mount');
    // LazyFS mounts over files, too.
    await checkMountPoint(mountPoint, this.#options.lazyfs === undefined ? 'empty' : 'any');
    const { descriptor } = await this.#helper.mount();
    const connection = Number(mountAt(mountPoint)?.device.split(':')[1]);
    const session = this.#worker.call('serve', { descriptor });
    const mounted: Mounted = {
      descriptor,
      ended: session.then(
        () => this.#ended(mounted),
        () => this.#ended(mounted),
      ),
      connection,
      gate: 'open',
      stale: new StaleCaches({ descriptor, mountPoint, writes, worker: this.#worker }),
    };
    this.#mounted = mounted;
    // The first answer of the session: from here on the mount works.
    await Promise.race([statfs(mountPoint), mounted.ended]);
    if (this.#mounted !== mounted) throw new Refusal(`the kernel ended the mount on ${mountPoint} at once`);
    return {};
  }

  async #ended(mounted: Mounted): Promise<void> {
    await mounted.stale.atWork;
    closeSync(mounted.descriptor);
    if (this.#mounted === mounted) this.#mounted = undefined;
    this.onSessionEnd();
  }

  async #unmount(): Promise<Reply<'unmount'>> {
    const mounted = this.#mounted;
    if (mounted === undefined) return { forced: false };
    if (mounted.gate === 'held')
      throw new Refusal('cannot unmount: the disk is frozen, thaw or fail it first');
    const forced = await this.#release(mounted);
    if (await settlesWithin(mounted.ended, sessionEndTimeoutMs)) return { forced };
    throw new Refusal(`the kernel does not let go of the mount on ${this.#options.mountPoint}`);
  }

  /** True when programs still used it. Afterwards the session ends by itself. */
  async #release(mounted: Mounted): Promise<boolean> {
    if (mounted.gate === 'failing') {
      // Nothing can be saved any more; a plain umount would wait for whoever is still dying.
      await this.#helper.forceUnmount();
      return false;
    }
    if (await this.#helper.unmount()) {
      if (await settlesWithin(mounted.ended, releaseTimeoutMs)) return false;
      // A copy of the mount lives on in another mount namespace.
      await this.#helper.abortConnection(mounted.connection);
      return true;
    }
    await this.#helper.sync(syncTimeoutMs);
    await this.#helper.forceUnmount();
    return true;
  }

  #cut(params: DiskRequests['cut']['params']): Promise<Reply<'cut'>> {
    if (this.#mounted?.gate === 'open')
      throw new Refusal('cannot cut: the disk is mounted, freeze or unmount it first');
    return this.#worker.call('cut', params);
  }

  async #export({
    image,
    directory,
  }: DiskRequests['export-image']['params']): Promise<Reply<'export-image'>> {
    const target = await prepareExportDirectory(directory, this.#options.mountPoint);
    return this.#worker.callInSlices('export-image', { image, directory: target });
  }

  async #import(directory: string): Promise<Reply<'import'>> {
    this.#requireUnmounted('import');
    return this.#worker.callInSlices('import', { directory: await checkImportDirectory(directory) });
  }

  #requireMounted(request: string): Mounted {
    if (this.#mounted === undefined) throw new Refusal(`cannot ${request}: the disk is not mounted`);
    return this.#mounted;
  }

  #requireUnmounted(request: string): void {
    if (this.#mounted !== undefined)
      throw new Refusal(`cannot ${request}: the disk is mounted, unmount it first`);
  }
}
