/** The directory that is to hold a disk's durable state, checked before anything is done to it. */
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { errorCode, messageOf, UsageError } from '../mount-errors.ts';

/** Its real path. Throws a sentence when it cannot hold the durable state of a disk that is mounted at `mountPoint`. */
export function rootDirectory(directory: string, mountPoint: string): string {
  const root = realDirectory(directory);
  const mount = tryRealpath(mountPoint);
  if (mount === undefined) return root;
  if (root === mount || root.startsWith(mount + sep) || mount.startsWith(root === sep ? sep : root + sep)) {
    throw new UsageError(
      `the root ${directory} and the mount point ${mountPoint} lie in each other: name directories apart`,
    );
  }
  return root;
}

function realDirectory(directory: string): string {
  try {
    const root = realpathSync(directory);
    if (!statSync(root).isDirectory()) throw new UsageError(`the root ${directory} is not a directory`);
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
    return root;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = errorCode(error);
    if (code === 'ENOENT') throw new UsageError(`the root ${directory} does not exist: create it first`);
    throw new UsageError(`the root ${directory} cannot be used: ${messageOf(error)}`, { cause: error });
  }
}

function tryRealpath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
