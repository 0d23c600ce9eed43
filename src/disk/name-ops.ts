/**
 * Ops that make and take names: create, mkdir, symlink, mknod, link, unlink, rmdir. Each changes the volatile face, is
 * recorded as an op, and becomes durable by the profile's rule. Permissions are the caller's business (the kernel's, on a
 * mount).
 */
import type { Caller, DiskState } from './disk-state.ts';
import { persistNames } from './durable-names.ts';
import {
  EEXIST,
  EISDIR,
  EMLINK,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  type Errno,
} from './errno.ts';
import type { Inode, InodeKind } from './inode.ts';
import { enterName, leaveName } from './names.ts';
import type { Op } from './op.ts';
import { isPinnedPlace, keepPinned } from './pins.ts';
import type { Place } from './place.ts';

/** ext4's limit (linux/fs/ext4/ext4.h, EXT4_LINK_MAX). */
const maxLinks = 65_000;
export const maxNameBytes = 255;
const setGroupIdBit = 0o2000;

export interface NewNode {
  readonly kind: InodeKind;
  readonly mode: number;
  readonly rdev?: number;
  readonly target?: string;
}

export function findDirectory(state: DiskState, ino: number): Inode | Errno {
  const directory = state.table.get(ino);
  if (directory === undefined) return ENOENT;
  return directory.kind === 'directory' ? directory : ENOTDIR;
}

/** Makes an inode of any kind under a new name. */
export function makeNode(
  state: DiskState,
  caller: Caller,
  parentIno: number,
  name: string,
  node: NewNode,
): Inode | Errno {
  const parent = findFreeName(state, parentIno, name);
  if (typeof parent === 'number') return parent;
  if (node.kind === 'directory' && parent.nlink >= maxLinks) return EMLINK;
  const place = { parent: parentIno, name };
  const inode = newInode(state, caller, parent, place, node);
  enterName(state.table, place, inode.ino);
  touchDirectory(state, parentIno);
  const kind = opKindOf(node.kind);
  const op = state.record(kind, caller, inode.ino, state.pathOf(inode));
  const { ino, kind: inodeKind, mode, target } = inode;
  if (kind === 'create') state.recorder?.made(op, place, mode);
  else state.recorder?.names(op, { kind, ino, inodeKind, mode, place, target });
  settleNames(state, op, [place]);
  return inode;
}

/** O_TMPFILE: an inode without a name, which link can give one later. */
export function makeTemporary(
  state: DiskState,
  caller: Caller,
  parentIno: number,
  mode: number,
): Inode | Errno {
  const parent = findDirectory(state, parentIno);
  if (typeof parent === 'number') return parent;
  if (parent.nlink === 0) return ENOENT;
  const place = { parent: parentIno, name: '#temporary' };
  const inode = newInode(state, caller, parent, place, { kind: 'file', mode });
  const op = state.record('create', caller, inode.ino, state.pathOf(inode));
  state.recorder?.names(op, { kind: 'create', ino: inode.ino, inodeKind: 'file', mode: inode.mode });
  return inode;
}

export function link(
  state: DiskState,
  caller: Caller,
  ino: number,
  parentIno: number,
  name: string,
): Inode | Errno {
  const existing = state.table.get(ino);
  if (existing === undefined) return ENOENT;
  if (existing.kind === 'directory') return EPERM;
  if (existing.nlink >= maxLinks) return EMLINK;
  const parent = findFreeName(state, parentIno, name);
  if (typeof parent === 'number') return parent;
  const place = { parent: parentIno, name };
  const fromPath = state.pathOf(existing);
  const inode = state.table.own(ino);
  inode.volatile.ctime = state.now();
  enterName(state.table, place, ino);
  state.moved(inode);
  touchDirectory(state, parentIno);
  const op = state.recordTwoPaths('link', caller, ino, fromPath, state.pathAt(place));
  state.recorder?.names(op, { kind: 'link', ino, place });
  settleNames(state, op, [place]);
  return inode;
}

export function unlink(state: DiskState, caller: Caller, parentIno: number, name: string): 0 | Errno {
  const inode = findNamed(state, parentIno, name);
  if (typeof inode === 'number') return inode;
  if (inode.kind === 'directory') return EISDIR;
  remove(state, caller, 'unlink', { parent: parentIno, name }, inode.ino);
  return 0;
}

export function rmdir(state: DiskState, caller: Caller, parentIno: number, name: string): 0 | Errno {
  const directory = findNamed(state, parentIno, name);
  if (typeof directory === 'number') return directory;
  if (directory.kind !== 'directory') return ENOTDIR;
  if (directory.volatile.entries.size > 0) return ENOTEMPTY;
  remove(state, caller, 'rmdir', { parent: parentIno, name }, directory.ino);
  return 0;
}

function remove(state: DiskState, caller: Caller, kind: 'unlink' | 'rmdir', place: Place, ino: number): void {
  const path = state.pathAt(place);
  takeName(state, place);
  touchDirectory(state, place.parent);
  const op = state.record(kind, caller, ino, path);
  state.recorder?.names(op, { kind, ino, place });
  settleNames(state, op, [place]);
  state.table.reap(ino);
}

/** Takes a name away from its inode, which lives on while anything keeps it. */
export function takeName(state: DiskState, place: Place): void {
  const inode = state.table.own(state.table.get(place.parent)!.volatile.entries.get(place.name)!);
  inode.volatile.ctime = state.now();
  leaveName(state.table, place);
  // A nameless file keeps the path that people know it by.
  if (inode.links.length > 0) state.moved(inode);
}

export function touchDirectory(state: DiskState, ino: number): void {
  const directory = state.table.own(ino);
  directory.volatile.mtime = directory.volatile.ctime = state.now();
  state.table.settle(directory);
}

/** Notes the op as pending on the names it changed, and makes them durable where the profile or a pin says so. */
export function settleNames(state: DiskState, op: Op, places: readonly Place[]): void {
  for (const { parent, name } of places) {
    const directory = state.table.own(parent);
    if (directory.changedNames.has(name)) directory.noteOnName(op, name);
    else directory.forgetPendingName(name);
  }
  if (state.profile.names === 'durable') persistNames(state.table, places);
  if (state.isPinned === undefined) return;
  keepPinned(
    state,
    places.filter((place) => isPinnedPlace(state, place)),
  );
}

function findNamed(state: DiskState, parentIno: number, name: string): Inode | Errno {
  const parent = findDirectory(state, parentIno);
  if (typeof parent === 'number') return parent;
  const ino = parent.volatile.entries.get(name);
  return ino === undefined ? ENOENT : state.table.get(ino)!;
}

/** The directory, if it can take a new entry of this name. */
function findFreeName(state: DiskState, parentIno: number, name: string): Inode | Errno {
  const parent = findDirectory(state, parentIno);
  if (typeof parent === 'number') return parent;
  if (name.length > maxNameBytes) return ENAMETOOLONG;
  // A directory that was removed takes no new names, although programs may still stand in it.
  if (parent.nlink === 0) return ENOENT;
  return parent.volatile.entries.has(name) ? EEXIST : parent;
}

function newInode(
  state: DiskState,
  caller: Caller,
  parent: Inode,
  place: Place,
  { kind, mode, rdev = 0, target = '' }: NewNode,
): Inode {
  const now = state.now();
  // inode(7): in a set-group-ID directory new inodes take its group, and new directories the bit too.
  const inherits = (parent.mode & setGroupIdBit) !== 0;
  const permissions = (mode & 0o7777) | (inherits && kind === 'directory' ? setGroupIdBit : 0);
  const gid = inherits ? parent.gid : caller.gid;
  const attributes = { mode: permissions, uid: caller.uid, gid, atime: now, mtime: now, ctime: now };
  return state.table.create(kind, attributes, place, rdev, target);
}

function opKindOf(kind: InodeKind): 'create' | 'mkdir' | 'symlink' | 'mknod' {
  if (kind === 'file') return 'create';
  if (kind === 'directory') return 'mkdir';
  return kind === 'symlink' ? 'symlink' : 'mknod';
}
