// Runs a command on a disk as users get it, with a disk process of its own: `WRITES DIRECTORY COMMAND...`, in a mount
// namespace that the caller has made. What the disk process has to complain about goes to stderr.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDisk } from '../../../dist/mount/start-disk.js';

process.exitCode = await main(...process.argv.slice(2));

async function main(writes, mountPoint, command, ...args) {
  const workDirectory = mkdtempSync(join(tmpdir(), 'powercut-on-disk-'));
  const owner = { uid: 0, gid: 0 };
  const disk = await startDisk({ mountPoint, workDirectory, profile: 'strict', pins: [], owner, writes });
  try {
    await disk.request('mount');
    const code = await run(command, args, { stdio: 'inherit', cwd: mountPoint });
    await disk.request('unmount');
    return code;
  } finally {
    await disk.close();
    rmSync(workDirectory, { recursive: true, force: true });
  }
}

async function run(command, args, options) {
  const [code] = await once(spawn(command, args, options), 'exit');
  return code ?? 1;
}
