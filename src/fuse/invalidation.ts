/**
 * Telling the kernel that what it caches of a file no longer holds.
 *
 * Never from the thread that serves the mount: the kernel takes page locks that a READ of ours may be holding until it is
 * answered, and hands dirty mapped pages over as WRITEs, before it returns. So these are asynchronous writes, on Node's
 * thread pool, and the gate must be open.
 */
import { write } from 'node:fs';
import * as messages from './codec/notification.ts';
import { inLanes } from './lanes.ts';

/** Attributes and cached data of these inodes. Resolves when the kernel has dropped them. */
export async function invalidateInodes(fd: number, inos: Iterable<number>): Promise<void> {
  await inLanes(inos, (ino) => notify(fd, messages.invalidateInode(ino)));
}

/**
 * Makes the kernel forget those of these inodes that nobody uses. It sends FORGETs for them; they may be overtaken by requests, but
 * not by many. Does nothing on kernels that cannot do it (before 6.18): there everything stays.
 */
export async function pruneInodes(fd: number, inos: readonly number[]): Promise<void> {
  if (inos.length === 0) return;
  await notify(fd, messages.pruneInodes(inos)).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  });
}

function notify(fd: number, message: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    write(fd, message, 0, message.length, null, (error) => {
      // ENOENT: the kernel knew nothing of it.
      if (error === null || error.code === 'ENOENT') resolve();
      else reject(error);
    });
  });
}
