/**
 * The last resort for a disk that no longer answers: its FUSE connection is aborted in the kernel, so that every process
 * it holds gets an error and can end, and its mount is taken away. Never stats the mount: that would hang as well.
 */
import { spawn } from 'node:child_process';
import { within } from './deadline.ts';
import { mounts } from './procfs.ts';

const stepTimeoutMs = 5_000;

/** Best effort, bounded, never rejects. */
export async function releaseMount(directory: string): Promise<void> {
  const mount = mounts().findLast(({ point }) => point === directory);
  if (mount === undefined) return;
  const connection = mount.device.split(':')[1] ?? '';
  if (mount.type.startsWith('fuse') && /^\d+$/.test(connection)) {
    // fusectl is not mounted everywhere; in a mount namespace of its own nothing of it stays.
    const abort = `mount -t fusectl fusectl /sys/fs/fuse/connections && echo 1 > /sys/fs/fuse/connections/${connection}/abort`;
    await step('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', abort]);
  }
  await step('umount', ['--no-canonicalize', '--force', '--lazy', directory]);
}

/** Runs a program, but not for ever: one that hangs in the kernel is left to itself. */
async function step(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { cwd: '/', stdio: 'ignore', detached: true });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  if ((await within(ended, stepTimeoutMs)) !== 'timeout') return;
  child.kill('SIGKILL');
  child.unref();
}
