/** Directories named on the command line: looked at before anything is started, so that no data of the user's is touched. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from './errors.ts';

/** It exists and is a directory; gives its absolute path. */
export function requireDirectory(directory: string, what: string): string {
  if (!existsSync(directory)) throw new UsageError(`${what}: there is no \`${directory}\``);
  if (!statSync(directory).isDirectory())
    throw new UsageError(`${what}: \`${directory}\` is not a directory`);
  return resolve(directory);
}

/** It is an empty directory or not there yet. */
export function requireEmptyOrAbsent(directory: string, what: string): string {
  return existsSync(directory) ? requireEmpty(directory, what) : resolve(directory);
}

export function requireEmpty(directory: string, what: string): string {
  const path = requireDirectory(directory, what);
  if (readdirSync(path).length > 0) {
    throw new UsageError(`${what}: \`${directory}\` is not empty; name an empty directory`);
  }
  return path;
}

/** It is a directory or can become one. */
export function requireDirectoryOrAbsent(directory: string, what: string): string {
  return existsSync(directory) ? requireDirectory(directory, what) : resolve(directory);
}
