/**
 * The thread that serves the devices: it sits in blocking reads of /dev/fuse and hears messages only when a request wakes it
 * (see Gate.wake). It must never touch the devices' mount itself: it would wait for its own answer.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { serve } from '../fuse/session.ts';
import { clockSince } from '../mount/disk-clock.ts';
import { createPageStore } from '../mount/disk-memory.ts';
import { FreezeGate } from '../mount/freeze-gate.ts';
import { errorCode, messageOf } from '../mount/mount-errors.ts';
import { OpLog } from '../mount/op-log.ts';
import { Refusal } from '../mount/refusal.ts';
import { deviceFiles } from './device-files.ts';
import { DeviceKeeper } from './device-keeper.ts';
import type { DeviceAnswer, DeviceMessage, DeviceRequests, DeviceStart } from './device-requests.ts';
import { deviceNamePrefix, usualSizeBytes } from './file-system-disk.ts';
import { realFileSystem } from './real-file-system.ts';

const { options, port } = workerData as DeviceStart;
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
const gate = new FreezeGate({ drain, progress: () => keeper.progress(), nowMs: clock.monotonicMs });

/** Undefined: the answer comes later. */
type Handler<Name extends keyof DeviceRequests> = (
  params: DeviceRequests[Name]['params'],
  id: number,
) => DeviceRequests[Name]['reply'] | undefined;

const done = (work: () => void) => (): object => {
  work();
  return {};
};

const handlers: { readonly [Name in keyof DeviceRequests]: Handler<Name> } = {
  stats: () => keeper.stats(),
  freeze: ({ trigger }, id) => {
    gate.freeze(trigger, (outcome) => {
      if (outcome instanceof Error) send({ id, refusal: outcome.message });
      else send({ id, ok: outcome });
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

port.on('message', handle);
parentPort?.postMessage('ready');

function drain(): void {
  for (;;) {
    const received = receiveMessageOnPort(port) as { readonly message: DeviceMessage } | undefined;
    if (received === undefined) return;
    handle(received.message);
  }
}

function handle({ id, name, params }: DeviceMessage): void {
  try {
    const handler = handlers[name] as (params: unknown, id: number) => object | undefined;
    const ok = handler(params, id);
    if (ok !== undefined) send({ id, ok });
  } catch (error) {
    // Anything else is a fault of this program: it ends the disk rather than serve a device that cannot be trusted.
    if (!(error instanceof Refusal) && errorCode(error) === undefined) throw error;
    send({ id, refusal: messageOf(error) });
  }
  log?.flush(clock.monotonicMs());
}

function send(answer: DeviceAnswer): void {
  port.postMessage(answer);
}

function warn(warning: string): void {
  send({ warning });
}
