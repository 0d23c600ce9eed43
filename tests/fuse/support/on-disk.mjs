// Runs a command on a disk, without the disk process around it: `WRITES DIRECTORY COMMAND...`, in a mount namespace that the
// caller has made. The main thread mounts and waits, a worker serves. Whatever the file system throws goes to stderr.
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { once } from 'node:events';
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { Disk } from '../../../dist/disk/disk.js';
import { strict } from '../../../dist/disk/profiles/strict.js';
import { serve } from '../../../dist/fuse/session.js';
import { diskFileSystem } from '../../../dist/mount/filesystem.js';

const mountOptions = 'rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions';

if (isMainThread) process.exitCode = await main(...process.argv.slice(2));
else serveDisk(workerData);

async function main(writes, directory, command, ...args) {
  const descriptor = openSync('/dev/fuse', 'r+');
  const mount = ['-i', '-t', 'fuse', '-o', `fd=3,${mountOptions}`, 'powercut-test', directory];
  const mounted = await run('mount', mount, { stdio: ['ignore', 'inherit', 'inherit', descriptor] });
  if (mounted !== 0) return 1;
  const worker = new Worker(new URL(import.meta.url), { workerData: { descriptor, writes } });
  const served = once(worker, 'exit');
  const code = await run(command, args, { stdio: 'inherit', cwd: directory });
  await run('umount', [directory], { stdio: 'inherit' });
  await served;
  return code;
}

async function run(command, args, options) {
  const [code] = await once(spawn(command, args, options), 'exit');
  return code ?? 1;
}

function serveDisk({ descriptor, writes }) {
  const clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
  const current = new Disk({ profile: strict, clock });
  const gate = { state: () => 'open', wake: () => undefined, applied: () => undefined };
  const onError = (error, context) =>
    console.error(`${context}: ${error instanceof Error ? error.stack : error}`);
  serve(descriptor, diskFileSystem({ current }), gate, { writes, onError });
}
