/** The thread that serves the bench's files: it sits in blocking reads of /dev/fuse and must never touch the mount itself. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { serve } from '../fuse/session.ts';
import { DeviceBench, type BenchAnswer, type BenchCommand } from './device-bench.ts';
import { deviceFiles } from '../device/device-files.ts';

export interface DeviceWorkerStart {
  readonly descriptor: number;
  readonly port: MessagePort;
}

const { descriptor, port } = workerData as DeviceWorkerStart;
const bench = new DeviceBench();
const files = deviceFiles(bench, (bytes) => {
  const answer = perform(bytes);
  if (answer !== undefined) port.postMessage(answer instanceof Error ? { refusal: answer.message } : answer);
});
// There is nothing to read before the mount.
parentPort?.once('message', () => {
  serve(
    descriptor,
    files,
    { isCalled: () => false, state: () => 'open', wake: () => undefined, applied: () => undefined },
    { onError: (error, context) => port.postMessage({ fault: `${context}: ${String(error)}` }) },
  );
});
parentPort?.postMessage('ready');

function perform(bytes: Uint8Array): BenchAnswer | Error | undefined {
  try {
    return bench.command(JSON.parse(Buffer.from(bytes).toString()) as BenchCommand);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
