/**
 * What differs for a disk whose writes the kernel keeps back (`--writes cached`). While it holds dirty pages the kernel alone
 * knows a file's size and times: it tells the times when it hands the pages over, and believes no size but one that it asked
 * for by a truncation.
 */
import type { AttributeChanges, FileSystem } from '../fuse/filesystem.ts';
import type { DiskHolder } from './filesystem.ts';

/**
 * A truncation to this size asks for the size, and changes nothing: after a loss it makes the kernel take over what is left
 * (the kernel sets its own size to what the answer says). No file of ours can be as large, so it means nothing else.
 */
export const askedSizeBytes = 2 ** 53 - 4096;

export function withCachedWrites(fileSystem: FileSystem, holder: DiskHolder): FileSystem {
  return {
    ...fileSystem,
    setattr(caller, ino, changes) {
      if (changes.size === askedSizeBytes) return fileSystem.getattr(caller, ino);
      const times = timesOfData(changes);
      if (times !== undefined) return holder.current.noteTimes(ino, times);
      return fileSystem.setattr(caller, ino, changes);
    },
  };
}

/**
 * Written times without an access time are what the kernel kept with the pages it handed over. A program that sets the one
 * and omits the other by utimensat(2) looks just the same; its change is then as durable as the data, and no op of its own.
 */
function timesOfData({ mode, uid, gid, size, atime, mtime, ctime }: AttributeChanges) {
  const isMore = mode !== undefined || uid !== undefined || gid !== undefined || size !== undefined;
  if (isMore || atime !== undefined || mtime === undefined || mtime === 'now' || ctime === undefined)
    return undefined;
  return { mtime, ctime };
}
