/**
 * Unix socket paths are limited to 107 bytes (unix(7)), work folders are not. A longer path is reached through an open
 * descriptor of its directory.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const limitBytes = 107;

export interface ShortPath {
  readonly path: string;
  /** To be called when nobody binds or connects any more. */
  release(): void;
}

export function shortSocketPath(path: string): ShortPath {
  if (Buffer.byteLength(path) <= limitBytes) return { path, release: () => undefined };
  const descriptor = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  return {
    path: join(`/proc/self/fd/${descriptor}`, basename(path)),
    release: () => {
      closeSync(descriptor);
    },
  };
}
