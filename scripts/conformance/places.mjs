// Where a suite can run: a directory of this computer, or a fresh disk for each command, mounted in namespaces of its own so
// that nothing is left behind.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const onDisk = fileURLToPath(new URL('../../tests/fuse/support/on-disk.mjs', import.meta.url));
const outputBytesMax = 64 * 1024 * 1024;
const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

export function host(directory) {
  return {
    name: 'host',
    run(command, args, timeoutMs) {
      const cwd = mkdtempSync(join(directory, 'run-'));
      const result = run(command, args, { cwd, timeout: timeoutMs });
      rmSync(cwd, { recursive: true, force: true });
      return result;
    },
  };
}

// `writes` is how the kernel treats them: through or cached.
export function disk(writes) {
  return {
    name: writes,
    run(command, args, timeoutMs) {
      const mountPoint = mkdtempSync(join(tmpdir(), 'powercut-conformance-'));
      const server = [process.execPath, onDisk, writes, mountPoint];
      const result = run('unshare', [...namespaces, ...server, command, ...args], { timeout: timeoutMs });
      rmdirSync(mountPoint);
      return result;
    },
  };
}

function run(command, args, options) {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    killSignal: 'SIGKILL',
    maxBuffer: outputBytesMax,
    ...options,
  });
  if (error !== undefined && error.code !== 'ETIMEDOUT') throw error;
  return { status: status ?? signal ?? 'timeout', output: stdout + stderr };
}
