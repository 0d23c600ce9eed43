/**
 * The last resort for a disk that no longer answers: umount(2) with MNT_FORCE aborts its FUSE connection in the kernel, so
 * that every process it holds gets an error and can end; the mount is taken out of the tree, whoever still uses it.
 */
import { spawn } from 'node:child_process';
import { mountAt } from '../mount/mount-table.ts';
import { within } from './deadline.ts';
import { findProgram, searchPath } from './tools.ts';

const timeoutMs = 5_000;

/** Best effort, bounded, never rejects. Does nothing where nothing is mounted; never looks at the mount itself. */
export async function releaseMount(directory: string): Promise<void> {
  if (mountAt(directory) === undefined) return;
  const umount = spawn(
    findProgram('umount', searchPath()) ?? 'umount',
    ['--no-canonicalize', '--force', '--lazy', directory],
    {
      cwd: '/',
      stdio: 'ignore',
      detached: true,
    },
  );
  const ended = new Promise<void>((resolve) => {
    umount.once('exit', () => resolve());
    umount.once('error', () => resolve());
  });
  if ((await within(ended, timeoutMs)) !== 'timeout') return;
  // It hangs in the kernel: leave it to itself.
  umount.kill('SIGKILL');
  umount.unref();
}
