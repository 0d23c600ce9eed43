/**
 * Ops on names: create, mkdir, symlink, mknod, link, unlink, rmdir, rename. Each changes the volatile face, is recorded as
 * an op, and becomes durable by the profile's rule. Permissions are the caller's business (the kernel's, on a mount).
 */
import type { Caller, DiskState } from './disk-state.ts';
import {
  EEXIST,
  EINVAL,
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
import { rootIno } from './inode-table.ts';
import { bindVolatile, makeReachable, persistName } from './names.ts';
import type { Op, OpKind } from './op.ts';
import { syncInode } from './barriers.ts';

/** ext4's limit (linux/fs/ext4/ext4.h, EXT4_LINK_MAX). */
const maxLinks = 65_000;
const maxNameBytes = 255;
const setGroupIdBit = 0o2000;

export const renameNoReplace = 1;
export const renameExchange = 2;

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
  kind: InodeKind,
  mode: number,
  rdev = 0,
  target = '',
): Inode | Errno {
  const parent = freeName(state, parentIno, name);
  if (typeof parent === 'number') return parent;
  if (kind === 'directory' && parent.nlink >= maxLinks) return EMLINK;
  const inode = newInode(state, caller, parent, name, kind, mode, rdev, target);
  enter(state, parent.ino, name, inode);
  if (kind === 'directory') state.table.own(parent.ino).nlink++;
  const op = state.record(kindOfOp(kind), caller, inode.ino, state.pathOf(inode));
  settleName(state, op, parent.ino, name, inode);
  return state.table.get(inode.ino)!;
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
  const inode = newInode(state, caller, parent, '#temporary', 'file', mode, 0, '');
  inode.nlink = 0;
  state.record('create', caller, inode.ino, state.pathOf(inode));
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
  const parent = freeName(state, parentIno, name);
  if (typeof parent === 'number') return parent;
  const from = state.pathOf(existing);
  const inode = state.table.own(ino);
  if (inode.nlink === 0) {
    inode.parent = parentIno;
    inode.name = name;
    state.moved(inode);
  }
  inode.nlink++;
  inode.volatile.ctime = state.now();
  enter(state, parentIno, name, inode);
  const op = state.record('link', caller, ino, from, undefined, undefined, state.pathIn(parentIno, name));
  settleName(state, op, parentIno, name, inode);
  return inode;
}

export function unlink(state: DiskState, caller: Caller, parentIno: number, name: string): 0 | Errno {
  const parent = findDirectory(state, parentIno);
  if (typeof parent === 'number') return parent;
  const ino = parent.volatile.entries.get(name);
  if (ino === undefined) return ENOENT;
  if (state.table.get(ino)!.kind === 'directory') return EISDIR;
  const op = state.record('unlink', caller, ino, state.pathIn(parentIno, name));
  leave(state, parentIno, name, ino);
  settleName(state, op, parentIno, name, undefined);
  state.table.reap(ino);
  return 0;
}

export function rmdir(state: DiskState, caller: Caller, parentIno: number, name: string): 0 | Errno {
  const parent = findDirectory(state, parentIno);
  if (typeof parent === 'number') return parent;
  const ino = parent.volatile.entries.get(name);
  if (ino === undefined) return ENOENT;
  const directory = state.table.get(ino)!;
  if (directory.kind !== 'directory') return ENOTDIR;
  if (directory.volatile.entries.size > 0) return ENOTEMPTY;
  const op = state.record('rmdir', caller, ino, state.pathIn(parentIno, name));
  leave(state, parentIno, name, ino);
  settleName(state, op, parentIno, name, undefined);
  state.table.reap(ino);
  return 0;
}

export function rename(
  state: DiskState,
  caller: Caller,
  parentIno: number,
  name: string,
  newParentIno: number,
  newName: string,
  flags: number,
): 0 | Errno {
  const parent = findDirectory(state, parentIno);
  const newParent = findDirectory(state, newParentIno);
  if (typeof parent === 'number') return parent;
  if (typeof newParent === 'number') return newParent;
  if (newName.length > maxNameBytes) return ENAMETOOLONG;
  if (newParent.nlink === 0) return ENOENT;
  const ino = parent.volatile.entries.get(name);
  const oldIno = newParent.volatile.entries.get(newName);
  if (ino === undefined) return ENOENT;
  if (flags !== 0 && flags !== renameNoReplace && flags !== renameExchange) return EINVAL;
  if (flags === renameNoReplace && oldIno !== undefined) return EEXIST;
  if (isInside(state, newParentIno, ino)) return EINVAL;
  if (flags === renameExchange) {
    if (oldIno === undefined) return ENOENT;
    if (isInside(state, parentIno, oldIno)) return EINVAL;
  } else if (oldIno !== undefined) {
    // Two names of one inode: rename(2) does nothing and says so with success.
    if (oldIno === ino) return 0;
    const refused = mayReplace(state.table.get(ino)!, state.table.get(oldIno)!);
    if (refused !== 0) return refused;
  }
  const op = state.record(
    'rename',
    caller,
    ino,
    state.pathIn(parentIno, name),
    undefined,
    undefined,
    state.pathIn(newParentIno, newName),
  );
  move(state, { ino, parentIno, name, newParentIno, newName, oldIno, exchange: flags === renameExchange });
  settleName(state, op, newParentIno, newName, state.table.get(ino));
  const exchanged = flags === renameExchange && oldIno !== undefined ? state.table.get(oldIno) : undefined;
  settleName(state, op, parentIno, name, exchanged);
  if (oldIno !== undefined) state.table.reap(oldIno);
  return 0;
}

interface Move {
  readonly ino: number;
  readonly parentIno: number;
  readonly name: string;
  readonly newParentIno: number;
  readonly newName: string;
  readonly oldIno: number | undefined;
  readonly exchange: boolean;
}

function move(
  state: DiskState,
  { ino, parentIno, name, newParentIno, newName, oldIno, exchange }: Move,
): void {
  const { table } = state;
  const replaced = oldIno === undefined ? undefined : table.own(oldIno);
  if (replaced !== undefined && !exchange) leaveInode(state, newParentIno, replaced);
  bindVolatile(table, table.own(parentIno), name, exchange ? oldIno : undefined, ino);
  bindVolatile(table, table.own(newParentIno), newName, ino, exchange ? oldIno : 0);
  rehome(state, table.own(ino), newParentIno, newName);
  if (exchange && replaced !== undefined) rehome(state, replaced, parentIno, name);
  for (const directory of new Set([parentIno, newParentIno])) touchDirectory(state, directory);
}

function rehome(state: DiskState, inode: Inode, parentIno: number, name: string): void {
  if (inode.kind === 'directory' && inode.parent !== parentIno) {
    state.table.own(inode.parent).nlink--;
    state.table.own(parentIno).nlink++;
  }
  inode.parent = parentIno;
  inode.name = name;
  inode.volatile.ctime = state.now();
  state.moved(inode);
}

function mayReplace(inode: Inode, old: Inode): 0 | Errno {
  if (inode.kind === 'directory') {
    if (old.kind !== 'directory') return ENOTDIR;
    return old.volatile.entries.size > 0 ? ENOTEMPTY : 0;
  }
  return old.kind === 'directory' ? EISDIR : 0;
}

/** True when `ino` is the directory itself or stands above it. */
function isInside(state: DiskState, directoryIno: number, ino: number): boolean {
  for (let at = directoryIno; ; at = state.table.get(at)!.parent) {
    if (at === ino) return true;
    if (at === rootIno) return false;
  }
}

function freeName(state: DiskState, parentIno: number, name: string): Inode | Errno {
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
  name: string,
  kind: InodeKind,
  mode: number,
  rdev: number,
  target: string,
): Inode {
  const now = state.now();
  // inode(7): in a set-group-ID directory new inodes take its group, and new directories the bit too.
  const inherits = (parent.mode & setGroupIdBit) !== 0;
  const permissions = (mode & 0o7777) | (inherits && kind === 'directory' ? setGroupIdBit : 0);
  const gid = inherits ? parent.gid : caller.gid;
  const attributes = { mode: permissions, uid: caller.uid, gid, atime: now, mtime: now, ctime: now };
  const inode = state.table.create(kind, attributes, { parent: parent.ino, name }, rdev, target);
  inode.pinned = parent.pinned || state.isPinned(state.pathOf(inode));
  return inode;
}

function enter(state: DiskState, parentIno: number, name: string, inode: Inode): void {
  bindVolatile(state.table, state.table.own(parentIno), name, inode.ino);
  touchDirectory(state, parentIno);
}

function leave(state: DiskState, parentIno: number, name: string, ino: number): void {
  leaveInode(state, parentIno, state.table.own(ino));
  bindVolatile(state.table, state.table.own(parentIno), name, undefined);
  touchDirectory(state, parentIno);
}

function leaveInode(state: DiskState, parentIno: number, inode: Inode): void {
  if (inode.kind === 'directory') {
    inode.nlink = 0;
    state.table.own(parentIno).nlink--;
  } else {
    inode.nlink--;
  }
  inode.volatile.ctime = state.now();
}

function touchDirectory(state: DiskState, ino: number): void {
  const directory = state.table.own(ino);
  directory.volatile.mtime = directory.volatile.ctime = state.now();
}

/** Notes the op as pending on its directory, and makes the name durable where the profile or a pin says so. */
function settleName(
  state: DiskState,
  op: Op,
  parentIno: number,
  name: string,
  inode: Inode | undefined,
): void {
  const parent = state.table.own(parentIno);
  if (parent.changedNames.has(name)) parent.pending.add(op, name);
  else parent.pending.forgetName(name);
  settleDurable(state, parentIno, name, inode);
}

function settleDurable(state: DiskState, parentIno: number, name: string, inode: Inode | undefined): void {
  const pinned = inode?.pinned === true || state.isPinned(state.pathIn(parentIno, name));
  if (pinned) makeReachable(state.table, parentIno);
  if (pinned || state.profile.names === 'durable') persistName(state.table, parentIno, name);
  if (!pinned || inode === undefined) return;
  const owned = state.table.own(inode.ino);
  owned.pinned = true;
  syncInode(state, owned);
}

function kindOfOp(kind: InodeKind): OpKind {
  if (kind === 'file') return 'create';
  if (kind === 'directory') return 'mkdir';
  return kind === 'symlink' ? 'symlink' : 'mknod';
}
