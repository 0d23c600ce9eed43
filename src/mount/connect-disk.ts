/** Finds the disk process behind a mount point, by what the mount table says. */
import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ControlClient } from './control-client.ts';
import type { DiskControl } from './control.ts';
import { errorCode, messageOf, UnavailableError, UsageError } from './mount-errors.ts';
import { controlSocketOf, mountAt, mountTable, type MountEntry } from './mount-table.ts';

/** Rejects with a sentence when there is no powercut disk at `directory`, or when its process is gone. */
export async function connectDisk(directory: string): Promise<DiskControl> {
  const mount = findMount(resolve(directory));
  const socketPath = mount === undefined ? undefined : controlSocketOf(mount);
  if (mount === undefined || socketPath === undefined) {
    throw new UsageError(
      `${directory} is not a powercut disk: mount one there with "powercut mount ${directory}"`,
    );
  }
  const { mountPoint } = mount;
  const client = await connectTo(socketPath, mountPoint);
  return {
    mountPoint,
    request: (name, params) => client.request(name, params),
    ended: client.closed.then(() => `the disk process of ${mountPoint} hung up`),
    close: () => {
      client.close();
      return Promise.resolve();
    },
  };
}

/** By the table first: a frozen or dead mount must not be looked at, only its parent. */
function findMount(directory: string): MountEntry | undefined {
  const table = mountTable();
  const found = mountAt(directory, table);
  if (found !== undefined || directory === '/') return found;
  try {
    return (
      mountAt(join(realpathSync(dirname(directory)), basename(directory)), table) ??
      mountBehindLink(directory, table)
    );
  } catch {
    return undefined;
  }
}

function mountBehindLink(directory: string, table: readonly MountEntry[]): MountEntry | undefined {
  return mountAt(realpathSync(directory), table);
}

async function connectTo(socketPath: string, mountPoint: string): Promise<ControlClient> {
  try {
    return await ControlClient.connect(socketPath);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EACCES' || code === 'EPERM') {
      throw new UnavailableError(
        `the disk on ${mountPoint} belongs to another user: ask as that user or as root`,
        {
          cause: error,
        },
      );
    }
    if (code === 'ENOENT' || code === 'ECONNREFUSED') {
      throw new UnavailableError(
        `the disk process of ${mountPoint} is gone: remove its mount with "umount -l ${mountPoint}"`,
        {
          cause: error,
        },
      );
    }
    throw new UnavailableError(`the disk process of ${mountPoint} cannot be reached: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
