/**
 * `lazyfs`: the disk that LazyFS gives, as measured on its main branch.
 *
 * - lazyfs.names: names and attributes are durable at once.
 * - lazyfs.data: data and size of a file are durable once fsync or fdatasync on it returned. Its page cache may evict pages before
 *   (when it is full), so any version of a page since then may be there.
 */
import { isDataOp, type LoggedOp } from './crash-log.ts';
import { freeFile } from './file-space.ts';
import { FileSpaces } from './file-spaces.ts';
import type { History } from './history.ts';
import type { CrashSpace, Frame, PersistenceProfile, Rule } from './profile.ts';

const names: Rule = {
  id: 'lazyfs.names',
  sentence: 'LazyFS makes names and attributes durable at once',
  source: 'LazyFS, src/lazyfs: metadata calls pass through to the root directory',
};
const data: Rule = {
  id: 'lazyfs.data',
  sentence:
    'LazyFS keeps data and sizes in its cache until fsync or fdatasync of the file, or until it evicts a page',
  source: 'LazyFS, README; measured on its main branch',
};

export const lazyfs: PersistenceProfile = {
  name: 'lazyfs',
  about:
    "LazyFS's disk: file data and sizes are volatile until their fsync, names and attributes are durable at once",
  rules: [names, data],
  promisesByBarriers: false,
  space: lazySpace,
  ruleFor: (op: LoggedOp) => (isDataOp(op) ? data : names),
};

function lazySpace(history: History): CrashSpace {
  const { begun } = history.instant;
  const files = new FileSpaces((file) => freeFile(file, begun, { syncFlushes: true, tailsStay: false }));
  const frame: Frame = {
    entryPosition: () => begun,
    attributePositions: () => [begun],
    file: (file) => files.at(file, begun),
  };
  return {
    history,
    oldest: frame,
    newest: frame,
    frames: (distance) => (distance === 0 ? [frame] : []),
    framesThrough: () => [frame],
    frameCount: 1n,
    frameKeeping: () => frame,
    randomFrame: () => frame,
  };
}
