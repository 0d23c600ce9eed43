/**
 * The thread that serves the devices: it sits in blocking reads of /dev/fuse and hears messages only between requests
 * (see thread-port.ts). It must never touch the devices' mount itself: it would wait for its own answer.
 */
import { workerData } from 'node:worker_threads';
import { serve } from '../fuse/session.ts';
import { clockSince } from '../mount/disk-clock.ts';
import { createPageStore } from '../mount/disk-memory.ts';
import { FreezeGate } from '../mount/freeze-gate.ts';
import { messageOf } from '../mount/mount-errors.ts';
import { OpLog } from '../mount/op-log.ts';
import { ThreadPort, type Handlers } from '../mount/thread-port.ts';
import { deviceFiles } from './device-files.ts';
import { DeviceKeeper } from './device-keeper.ts';
import type { DeviceRequests, DeviceStart, DeviceTold } from './device-requests.ts';
import { deviceNamePrefix, usualSizeBytes } from './file-system-disk.ts';
import { realFileSystem } from './real-file-system.ts';

const start = workerData as DeviceStart;
const { options } = start;
const thread = new ThreadPort<DeviceRequests, DeviceTold>(start);
const clock = clockSince(options.epochMs ?? 0);
const log = options.opLogFile === undefined ? undefined : new OpLog(options.opLogFile, warn);
const { memoryBytes, workDirectory, capacityBytes: sizeBytes = usualSizeBytes } = options;
const keeper = new DeviceKeeper({
  // The size is that of one device; how much all of them take together is for memory and spill to say.
  store: createPageStore({ workDirectory, ...(memoryBytes === undefined ? {} : { memoryBytes }) }, warn),
  sizeBytes: sizeBytes - (sizeBytes % 4096),
  namePrefix: deviceNamePrefix(workDirectory),
  untearable: realFileSystem(options.fileSystem)?.untearable ?? [],
  clock,
  ...(log === undefined ? {} : { log }),
});
const gate = new FreezeGate({
  messages: thread,
  progress: () => keeper.progress(),
  nowMs: clock.monotonicMs,
});

const done = (work: () => void) => (): object => {
  work();
  return {};
};

const handlers: Handlers<DeviceRequests> = {
  stats: () => keeper.stats(),
  freeze: ({ trigger }, id) => {
    gate.freeze(trigger, (outcome) => {
      thread.answer(id, outcome);
    });
    return undefined;
  },
  'freeze-soon': done(() => gate.freezeSoon()),
  'freeze-overdue': done(() => gate.freezeOverdue()),
  thaw: done(() => gate.thaw()),
  fail: done(() => gate.fail()),
  open: done(() => gate.reset()),
  create: () => keeper.create(),
  finish: done(() => keeper.finish()),
  attach: () => keeper.attach(),
  detach: done(() => keeper.detach()),
  expose: ({ image }) => keeper.expose(image),
  conceal: ({ file }) => {
    keeper.conceal(file);
    return {};
  },
  cut: ({ choice }) => keeper.cut(choice),
  'keep-image': () => keeper.keepImage(),
  'drop-image': ({ image }) => {
    keeper.dropImage(image);
    return {};
  },
  wipe: done(() => keeper.wipe()),
  trace: ({ needles }) => keeper.trace(needles),
  'flush-log': () => ({}),
  serve: ({ descriptor }) => {
    serve(descriptor, deviceFiles(keeper), gate, {
      // What programs saw is looked at before the device fails.
      readsWhileHeld: true,
      onError: (error, context) => warn(`${context}: ${messageOf(error)}`),
    });
    return {};
  },
};

thread.listen(handlers, () => log?.flush(clock.monotonicMs()));

function warn(warning: string): void {
  thread.tell({ warning });
}
