/**
 * The thread that owns the disk. While a mount is served it sits in blocking reads of /dev/fuse and hears messages only
 * between requests (see thread-port.ts). It must never touch the mount itself: it would wait for its own answer.
 */
import { workerData } from 'node:worker_threads';
import picomatch from 'picomatch';
import { profiles } from '../disk/profiles/catalogue.ts';
import { serve } from '../fuse/session.ts';
import { withCachedWrites } from './cached-writes.ts';
import type { DiskOptions } from './control.ts';
import { clockSince, monotonicMs } from './disk-clock.ts';
import { DiskKeeper } from './disk-keeper.ts';
import { createPageStore } from './disk-memory.ts';
import { diskFileSystem } from './filesystem.ts';
import type { FileSystem } from '../fuse/filesystem.ts';
import { FreezeGate } from './freeze-gate.ts';
import { withFaults } from './lazyfs/faulty-filesystem.ts';
import { LazyFsLog } from './lazyfs/log.ts';
import { ServedFaults } from './lazyfs/served-faults.ts';
import { messageOf } from './mount-errors.ts';
import { OpLog } from './op-log.ts';
import { ProcessNames } from './process-names.ts';
import { Refusal } from './refusal.ts';
import { RootedDisk } from './root/rooted-disk.ts';
import { StepKeeper } from './steps.ts';
import { ThreadPort, type Handlers } from './thread-port.ts';
import type { WorkerRequests, WorkerStart, WorkerTold } from './worker-requests.ts';

/** How long the mount may go unserved while a tree is written or read, or a long report is made. */
const sliceMs = 10;

const start = workerData as WorkerStart;
const { options, flags } = start;
const thread = new ThreadPort<WorkerRequests, WorkerTold>(start);
const log =
  options.opLogFile === undefined ? undefined : new OpLog(options.opLogFile, warn, new Int32Array(flags));
const clock = clockSince(options.epochMs ?? 0);
const keeper = createKeeper(options);
const { writes = 'through' } = options;
const plainFileSystem =
  writes === 'cached'
    ? withCachedWrites(diskFileSystem(keeper.served), keeper.served)
    : diskFileSystem(keeper.served);
const faults = options.lazyfs === undefined ? undefined : createFaults(options.lazyfs);
const fileSystem = faults === undefined ? plainFileSystem : faults.around(plainFileSystem);
const gate = new FreezeGate({
  messages: thread,
  progress: () => keeper.progress(),
  nowMs: clock.monotonicMs,
});
const steps = new StepKeeper(sliceMs, monotonicMs);

const handlers: Handlers<WorkerRequests> = {
  stats: () => keeper.stats(),
  report: ({ note }) => steps.begin(keeper.reportInSteps(note)),
  checkpoint: () => keeper.checkpoint(),
  'lose-unsynced': () => keeper.loseUnsynced(tellOfLoss),
  loss: ({ image }) => steps.begin(keeper.lossInSteps(image)),
  stale: ({ atMost }) => keeper.takeStale(atMost),
  freeze: ({ trigger }, id) => {
    gate.freeze(trigger, (outcome) => {
      thread.answer(id, outcome);
    });
    return undefined;
  },
  'freeze-soon': () => {
    gate.freezeSoon();
    return {};
  },
  'freeze-overdue': () => {
    gate.freezeOverdue();
    return {};
  },
  thaw: () => {
    if (keeper.isReplaced) throw new Refusal('cannot thaw: the disk was cut, only fail and unmount are left');
    gate.thaw();
    return {};
  },
  fail: () => {
    gate.fail();
    return {};
  },
  cut: ({ choice }) => keeper.cut(choice),
  'cut-image': ({ profile, choice }) => keeper.cutImage(profile, choice),
  'keep-image': () => ({ text: JSON.stringify(keeper.keepImage()) }),
  'drop-image': ({ image }) => {
    keeper.dropImage(image);
    return {};
  },
  wipe: () => {
    keeper.wipe();
    return {};
  },
  trace: ({ needles }) => keeper.trace(needles),
  'export-image': ({ image, directory }) => steps.begin(keeper.exportImage(image, directory)),
  import: ({ directory }) => steps.begin(keeper.import(directory)),
  continue: ({ number }) => steps.continue(number),
  arm: ({ fault }) => {
    const refusal = faults?.served.arm(fault);
    return refusal === undefined ? {} : { refusal };
  },
  'snapshot-at-faults': (order) => {
    faults?.served.snapshotAtFaults(order);
    return {};
  },
  'flush-log': () => ({}),
  serve: ({ descriptor }) => {
    gate.reset();
    keeper.beginService();
    serve(descriptor, fileSystem, gate, {
      writes,
      onError: (error, context) => warn(`${context}: ${messageOf(error)}`),
    });
    keeper.endService();
    gate.reset();
    return {};
  },
};

thread.listen(handlers, () => {
  keeper.tidy();
  log?.flush(clock.monotonicMs());
});

function createKeeper(options: DiskOptions): DiskKeeper {
  const { profile: name, pins, owner, root } = options;
  const profile = profiles.get(name);
  if (profile === undefined)
    throw new Error(`there is no profile "${name}": ${[...profiles.keys()].join(', ')}`);
  const isPinned = pins.length === 0 ? undefined : picomatch([...pins], { dot: true });
  return new DiskKeeper(
    {
      profile,
      clock,
      owner,
      ...(isPinned === undefined ? {} : { isPinned: (path: string) => isPinned(path) }),
      store: createPageStore(options, warn),
      records: root === undefined,
    },
    new ProcessNames(),
    log,
    root === undefined ? undefined : (all) => new RootedDisk({ ...all, root }),
  );
}

function createFaults(lazyfs: NonNullable<DiskOptions['lazyfs']>) {
  const disk = (): RootedDisk => keeper.served.current as RootedDisk;
  const lose = () => {
    keeper.loseUnsynced(tellOfLoss);
    thread.tell({ lost: true });
    return keeper.lastLoss();
  };
  const { root, logPlaces, logsAllOperations, seed } = lazyfs;
  const lazyLog = new LazyFsLog(logPlaces);
  const served = new ServedFaults({ root, log: lazyLog, seed, disk, report: () => keeper.report(), lose });
  const around = (inner: FileSystem): FileSystem =>
    withFaults(inner, { root, disk, faults: served, log: lazyLog, logsAllOperations });
  return { served, around };
}

/** The kernel can forget them meanwhile. */
function tellOfLoss(losing: readonly number[]): void {
  thread.tell({ losing });
}

function warn(warning: string): void {
  thread.tell({ warning });
}
