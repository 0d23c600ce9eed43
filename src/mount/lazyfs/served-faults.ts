/**
 * Makes faults happen on the thread that serves the mount, at the very call: kills, losses, torn and partial writes. What
 * matches is decided by injections.ts.
 */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { pageSizeBytes } from '../../disk/page-store.ts';
import type { UnsyncedReport } from '../control.ts';
import type { RootedDisk } from '../root/rooted-disk.ts';
import type { Fault, SyncPagesFault } from './faults.ts';
import { Injections, type Action, type Call, type WritePiece } from './injections.ts';
import type { LazyFsLog } from './log.ts';
import { critical, failure, reportLines, warning } from './log-lines.ts';
import { takeSnapshot, type SnapshotOrder } from './snapshot.ts';

export interface FaultSurroundings {
  /** The root directory, as paths of faults begin. */
  readonly root: string;
  readonly log: LazyFsLog;
  readonly seed: number;
  readonly disk: () => RootedDisk;
  readonly report: () => UnsyncedReport;
  /** Drops what is un-synced, and has the kernel told. */
  readonly lose: () => { readonly sizeBytes: number; readonly opCount: number };
}

const self = { pid: process.pid, uid: 0, gid: 0 };

export class ServedFaults {
  readonly injections = new Injections();
  readonly #around: FaultSurroundings;
  readonly #random: ReturnType<typeof xoroshiro128plus>;
  #snapshot: SnapshotOrder | undefined;
  #isDying = false;

  constructor(around: FaultSurroundings) {
    this.#around = around;
    this.#random = xoroshiro128plus(around.seed);
  }

  snapshotAtFaults(order: SnapshotOrder): void {
    this.#snapshot = order;
  }

  /** Undefined, or why it cannot be armed. */
  arm(fault: Fault): string | undefined {
    if (fault.kind === 'sync-pages' && fault.timing === 'now') return this.#syncPages(fault);
    return this.injections.arm(fault);
  }

  /** A fault let its call return; the next one finds LazyFS dead. */
  dieIfDue(): void {
    if (this.#isDying) this.#kill();
  }

  at(timing: 'before' | 'after', call: Call): void {
    for (const action of this.injections.at(timing, call)) this.#act(action);
  }

  wrote(piece: WritePiece): void {
    for (const action of this.injections.wrote(piece)) this.#act(action);
  }

  #act(action: Action): void {
    const { log } = this.#around;
    switch (action.kind) {
      case 'crash':
        this.#triggered(action.call, action.timing);
        this.#crash(action.returns);
        return;
      case 'clear-cache': {
        this.#triggered(action.call, action.timing);
        const { sizeBytes, opCount } = this.#around.lose();
        log.say(warning('[lazyfs.cmds]: cache is cleared.'));
        log.event('fault', { fault: 'clear-cache', path: action.call.path, sizeBytes, opCount });
        return;
      }
      case 'sync-pages': {
        this.#triggered(action.call, action.timing);
        const refused = this.#syncPages(action.fault);
        if (refused !== undefined) log.say(failure(`[lazyfs.faults]: ${refused}`));
        return;
      }
      case 'torn':
        this.#tear(action);
        return;
      case 'missed':
        log.say(warning(`[lazyfs.faults]: ${action.why}`));
    }
  }

  #triggered({ op }: Call, timing: string): void {
    this.#around.log.say(critical(`Triggered fault condition (op=${op},timing=${timing})`));
  }

  #tear({ path, writes, returns }: Extract<Action, { kind: 'torn' }>): void {
    const { log, root } = this.#around;
    const disk = this.#around.disk();
    const ino = this.#inoOf(path);
    for (const { offset, bytes } of writes) {
      log.say(
        warning(
          `[lazyfs.faults]: Write to path ${path}: will persist ${bytes.length} bytes from offset ${offset}`,
        ),
      );
      const refused = ino === undefined ? -2 : disk.persistBytes(ino, offset, bytes);
      if (refused !== 0)
        log.say(failure(`[lazyfs.faults]: ${path} in ${root} did not take it: errno ${-refused}`));
    }
    const persisted = writes.map(({ offset, bytes }) => ({ offset, length: bytes.length }));
    log.event('fault', { fault: 'torn', path, persisted });
    log.say(critical('[lazyfs.faults]: Added crash fault '));
    this.#crash(returns);
  }

  #crash(returns: boolean): void {
    if (returns) this.#isDying = true;
    else this.#kill();
  }

  /** LazyFS's users rely on this: the mount is dead afterwards, and the root directory is what the power cut left. */
  #kill(): never {
    const { log, root } = this.#around;
    const report = this.#around.report();
    log.say(...reportLines(report, root));
    if (this.#snapshot !== undefined) takeSnapshot(root, this.#snapshot);
    log.event('crash', { pid: process.pid, sizeBytes: report.sizeBytes, files: report.files });
    log.say(critical(`Killing LazyFS pid ${process.pid}!`));
    process.kill(process.pid, 'SIGKILL');
    // The signal is for the whole process; nothing must be answered until it comes.
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }

  #syncPages(fault: SyncPagesFault): string | undefined {
    const disk = this.#around.disk();
    const ino = this.#inoOf(fault.file);
    const inode = ino === undefined ? undefined : disk.inode(ino);
    if (ino === undefined || inode === undefined) return `${fault.file} does not exist`;
    const dirty = [...inode.dirty.pages()].sort((a, b) => a - b);
    const pages = this.#choose(dirty, fault.pages);
    const ranges = pages.map((page) => ({ offset: page * pageSizeBytes, length: pageSizeBytes }));
    const refused = disk.persistRanges(ino, ranges);
    if (refused !== 0) return `${fault.file} could not be written: errno ${-refused}`;
    this.#around.log.say(
      warning(
        `[lazyfs.faults]: ${fault.file}: ${pages.length} of ${dirty.length} un-synced pages are durable: ${pages.join(',')}`,
      ),
    );
    this.#around.log.event('fault', {
      fault: 'sync-pages',
      path: fault.file,
      pages,
      unsyncedPages: dirty.length,
    });
    if (!fault.syncsOthers) return undefined;
    for (const other of disk.unsyncedInos()) if (other !== ino) disk.fsync(self, other, false);
    return undefined;
  }

  /** Numbers count from 1, among the pages that are un-synced. */
  #choose(dirty: readonly number[], pages: SyncPagesFault['pages']): readonly number[] {
    const half = Math.ceil(dirty.length / 2);
    switch (pages) {
      case 'all':
        return dirty;
      case 'first':
        return dirty.slice(0, 1);
      case 'last':
        return dirty.slice(-1);
      case 'first-half':
        return dirty.slice(0, half);
      case 'last-half':
        return dirty.slice(half);
      case 'first-and-last':
        return dirty.filter((_, index) => index === 0 || index === dirty.length - 1);
      case 'interleaved':
        return dirty.filter((_, index) => index % 2 === 0);
      case 'random':
        return dirty.filter(() => uniformInt(this.#random, 0, 1) === 1);
      default:
        return pages.flatMap((number) => dirty.slice(number - 1, number));
    }
  }

  #inoOf(path: string): number | undefined {
    const { root } = this.#around;
    if (!path.startsWith(`${root}/`)) return undefined;
    let ino = 1;
    for (const name of Buffer.from(path.slice(root.length + 1))
      .toString('latin1')
      .split('/')) {
      const found = this.#around.disk().lookup(ino, name);
      if (typeof found === 'number') return undefined;
      ino = found.ino;
    }
    return ino;
  }
}
