/** rename(2) and renameat2(2): one op that moves a name, replaces another, or exchanges two. */
import type { Caller, DiskState } from './disk-state.ts';
import { persistNames } from './durable-names.ts';
import { EEXIST, EINVAL, EISDIR, ENAMETOOLONG, ENOENT, ENOTDIR, ENOTEMPTY, type Errno } from './errno.ts';
import type { Inode } from './inode.ts';
import { rootIno } from './inode-table.ts';
import { findDirectory, maxNameBytes, settleNames, takeName, touchDirectory } from './name-ops.ts';
import { exchangeNames, moveName } from './names.ts';
import type { LoggedOp } from './persistence/crash-log.ts';
import { keepPinned, pinnedPlaces } from './pins.ts';
import type { Place } from './place.ts';

const noReplace = 1;
const exchange = 2;

/** What is to be renamed, and what stands at the new name. */
interface Named {
  readonly inode: Inode;
  readonly other: Inode | undefined;
}

export function rename(state: DiskState, caller: Caller, from: Place, to: Place, flags: number): 0 | Errno {
  const named = find(state, from, to, flags);
  if (typeof named === 'number') return named;
  const { inode, other } = named;
  // Two names of one inode: rename(2) does nothing and says so with success.
  if (other?.ino === inode.ino) return 0;
  const refused = flags === exchange ? 0 : mayReplace(inode, other);
  if (refused !== 0) return refused;

  const pinnedBefore = [...pinnedPlaces(state, from), ...pinnedPlaces(state, to)];
  const [path, toPath] = [state.pathAt(from), state.pathAt(to)];
  if (flags !== exchange && other !== undefined) takeName(state, to);
  if (flags === exchange) exchangeNames(state.table, from, to);
  else moveName(state.table, from, to);
  touchMoved(state, inode.ino);
  if (flags === exchange) touchMoved(state, other!.ino);
  for (const directory of new Set([from.parent, to.parent])) touchDirectory(state, directory);

  const op = state.recordTwoPaths('rename', caller, inode.ino, path, toPath);
  state.recorder?.names(op, loggedRename(inode.ino, from, to, flags, other?.ino));
  settleNames(state, op, [to, from]);
  settlePins(state, from, to, pinnedBefore);
  if (other !== undefined) state.table.reap(other.ino);
  return 0;
}

function loggedRename(ino: number, from: Place, to: Place, flags: number, other?: number): LoggedOp {
  if (flags === exchange) return { kind: 'exchange', ino, from, to, other: other! };
  return { kind: 'rename', ino, from, to, ...(other === undefined ? {} : { replaced: other }) };
}

function find(state: DiskState, from: Place, to: Place, flags: number): Named | Errno {
  const parent = findDirectory(state, from.parent);
  const newParent = findDirectory(state, to.parent);
  if (typeof parent === 'number') return parent;
  if (typeof newParent === 'number') return newParent;
  if (to.name.length > maxNameBytes) return ENAMETOOLONG;
  if (newParent.nlink === 0) return ENOENT;
  const ino = parent.volatile.entries.get(from.name);
  const otherIno = newParent.volatile.entries.get(to.name);
  if (ino === undefined) return ENOENT;
  if (flags !== 0 && flags !== noReplace && flags !== exchange) return EINVAL;
  if (flags === noReplace && otherIno !== undefined) return EEXIST;
  if (flags === exchange && otherIno === undefined) return ENOENT;
  const inode = state.table.get(ino)!;
  const other = otherIno === undefined ? undefined : state.table.get(otherIno)!;
  if (isAtOrAbove(state, inode, to.parent)) return EINVAL;
  if (flags === exchange && isAtOrAbove(state, other!, from.parent)) return EINVAL;
  return { inode, other };
}

function mayReplace(inode: Inode, other: Inode | undefined): 0 | Errno {
  if (other === undefined) return 0;
  if (inode.kind !== 'directory') return other.kind === 'directory' ? EISDIR : 0;
  if (other.kind !== 'directory') return ENOTDIR;
  return other.volatile.entries.size > 0 ? ENOTEMPTY : 0;
}

/** A directory must not come to lie in itself. */
function isAtOrAbove(state: DiskState, inode: Inode, directoryIno: number): boolean {
  if (inode.kind !== 'directory') return false;
  for (let at = directoryIno; at !== inode.ino; at = state.table.get(at)!.parent) {
    if (at === rootIno) return false;
  }
  return true;
}

function touchMoved(state: DiskState, ino: number): void {
  const inode = state.table.own(ino);
  inode.volatile.ctime = state.now();
  state.table.settle(inode);
  state.moved(inode);
}

/** What left a pinned path is durably gone from there, and what came to one is durable with all that it holds. */
function settlePins(state: DiskState, from: Place, to: Place, pinnedBefore: readonly Place[]): void {
  if (state.isPinned === undefined) return;
  const pinnedNow = [...pinnedPlaces(state, from), ...pinnedPlaces(state, to)];
  if (pinnedBefore.length > 0 || pinnedNow.length > 0) persistNames(state.table, [to, from]);
  keepPinned(state, pinnedNow);
}
