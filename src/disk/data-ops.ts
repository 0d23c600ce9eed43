/** Ops on one inode's bytes and attributes: write, truncate, allocate, setattr, xattrs. */
import { syncInode } from './barriers.ts';
import type { Caller, DiskState } from './disk-state.ts';
import {
  E2BIG,
  EEXIST,
  EFBIG,
  EINVAL,
  EISDIR,
  ENODATA,
  ENOENT,
  ENOSPC,
  EOPNOTSUPP,
  ERANGE,
  type Errno,
} from './errno.ts';
import { maxFileSizeBytes, punch, truncate, writeBytes } from './file-data.ts';
import type { Timestamp } from './face.ts';
import type { Inode } from './inode.ts';
import type { Op, OpKind } from './op.ts';
import { hole, pageSizeBytes } from './page-store.ts';
import type { LoggedOp } from './persistence/crash-log.ts';
import { isPinnedInode } from './pins.ts';

export interface AttributeChanges {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  readonly atime?: Timestamp | 'now';
  readonly mtime?: Timestamp | 'now';
  readonly ctime?: Timestamp;
}

export function write(
  state: DiskState,
  caller: Caller,
  ino: number,
  offset: number,
  bytes: Uint8Array,
): number | Errno {
  const file = ownFile(state, ino);
  if (typeof file === 'number') return file;
  const isInPlace = state.recorder !== undefined && isAllocated(file, offset, bytes.length);
  const written = writeBytes(state.table.store, file, offset, bytes);
  if (written <= 0) return written;
  const op = recordData(state, file, 'write', caller, offset, written);
  const kept = written < bytes.length ? bytes.subarray(0, written) : bytes;
  state.recorder?.write(op, file, kept, isInPlace);
  settleData(state, file, op);
  return written;
}

export function setattr(
  state: DiskState,
  caller: Caller,
  ino: number,
  changes: AttributeChanges,
): Inode | Errno {
  if (state.table.get(ino) === undefined) return ENOENT;
  const inode = state.table.own(ino);
  if (changes.size !== undefined) {
    const result = resize(state, caller, inode, changes.size);
    if (result !== 0) return result;
  }
  if (changesAttributes(changes)) changeAttributes(state, caller, state.table.own(ino), changes);
  return inode;
}

type AttributeOp = Extract<LoggedOp, { readonly kind: 'setattr' | 'xattr' }>;

export interface DataTimes {
  readonly mtime: Timestamp;
  readonly ctime: Timestamp;
}

export function noteTimes(state: DiskState, ino: number, { mtime, ctime }: DataTimes): Inode | Errno {
  if (state.table.get(ino) === undefined) return ENOENT;
  const inode = state.table.own(ino);
  inode.volatile.mtime = mtime;
  inode.volatile.ctime = ctime;
  state.table.settle(inode);
  return inode;
}

/** fallocate(2) modes. */
const keepSize = 0x01;
const punchHole = 0x02;
const zeroRange = 0x10;
const unshareRange = 0x40;

export function allocate(
  state: DiskState,
  caller: Caller,
  ino: number,
  mode: number,
  offset: number,
  length: number,
): 0 | Errno {
  const file = ownFile(state, ino);
  if (typeof file === 'number') return file;
  if (length <= 0 || offset < 0) return EINVAL;
  if ((mode & ~(keepSize | punchHole | zeroRange | unshareRange)) !== 0) return EOPNOTSUPP;
  if ((mode & punchHole) !== 0 && (mode & keepSize) === 0) return EOPNOTSUPP;
  if (offset + length > maxFileSizeBytes) return EFBIG;
  if ((mode & punchHole) === 0 && !hasRoomFor(state, file, offset, length)) return ENOSPC;
  const zeroes = (mode & (punchHole | zeroRange)) !== 0;
  const isInPlace = state.recorder !== undefined && !hasWholePage(file, offset, length);
  if (zeroes) punch(state.table.store, file, offset, length);
  if ((mode & keepSize) === 0) file.volatile.size = Math.max(file.volatile.size, offset + length);
  const op = recordData(state, file, zeroes ? 'punch' : 'allocate', caller, offset, length);
  if (zeroes) state.recorder?.resize(op, { kind: 'punch', ino, offset, length }, isInPlace);
  const keepsSize = (mode & keepSize) !== 0;
  if (!zeroes || !keepsSize)
    state.recorder?.resize(op, { kind: 'allocate', ino, offset, length, keepSize: keepsSize });
  settleData(state, file, op);
  return 0;
}

const xattrCreate = 1;
const xattrReplace = 2;
/** XATTR_SIZE_MAX of linux/limits.h; ext4 keeps far less. */
const maxXattrBytes = 65_536;

export function setXattr(
  state: DiskState,
  caller: Caller,
  ino: number,
  name: string,
  value: Uint8Array,
  flags: number,
): 0 | Errno {
  const existing = state.table.get(ino);
  if (existing === undefined) return ENOENT;
  if (name.length > 255) return ERANGE;
  if (value.length > maxXattrBytes) return E2BIG;
  const has = existing.volatile.xattrs?.has(name) === true;
  if ((flags & xattrCreate) !== 0 && has) return EEXIST;
  if ((flags & xattrReplace) !== 0 && !has) return ENODATA;
  const xattrs = new Map(existing.volatile.xattrs);
  // A copy, which slice() of a Buffer is not: the value lies in a request that the next one overwrites.
  xattrs.set(name, Uint8Array.from(value));
  replaceXattrs(state, caller, xattrs, { kind: 'xattr', ino, name, value: xattrs.get(name)! });
  return 0;
}

export function removeXattr(state: DiskState, caller: Caller, ino: number, name: string): 0 | Errno {
  const existing = state.table.get(ino);
  if (existing === undefined) return ENOENT;
  const xattrs = new Map(existing.volatile.xattrs);
  if (!xattrs.delete(name)) return ENODATA;
  replaceXattrs(state, caller, xattrs, { kind: 'xattr', ino, name });
  return 0;
}

function replaceXattrs(
  state: DiskState,
  caller: Caller,
  xattrs: Map<string, Uint8Array>,
  change: AttributeOp,
): void {
  const inode = state.table.own(change.ino);
  inode.volatile.xattrs = xattrs.size === 0 ? undefined : xattrs;
  inode.volatile.ctime = state.now();
  noteAttributes(state, caller, inode, change);
}

function resize(state: DiskState, caller: Caller, inode: Inode, size: number): 0 | Errno {
  if (inode.kind === 'directory') return EISDIR;
  if (inode.kind !== 'file') return EINVAL;
  const result = truncate(state.table.store, inode, size);
  if (result !== 0) return result;
  const op = recordData(state, inode, 'truncate', caller, size, 0);
  state.recorder?.resize(op, { kind: 'truncate', ino: inode.ino, size });
  settleData(state, inode, op);
  return 0;
}

/** truncate(2) itself stamps mtime, and the kernel spells it out: that is no change of attributes. */
function changesAttributes({ mode, uid, gid, size, atime, mtime }: AttributeChanges): boolean {
  const setsMtime = mtime !== undefined && (mtime !== 'now' || size === undefined);
  return mode !== undefined || uid !== undefined || gid !== undefined || atime !== undefined || setsMtime;
}

function changeAttributes(state: DiskState, caller: Caller, inode: Inode, changes: AttributeChanges): void {
  const now = state.now();
  const face = inode.volatile;
  if (changes.mode !== undefined) face.mode = changes.mode & 0o7777;
  if (changes.uid !== undefined) face.uid = changes.uid;
  if (changes.gid !== undefined) face.gid = changes.gid;
  if (changes.atime !== undefined) face.atime = changes.atime === 'now' ? now : changes.atime;
  if (changes.mtime !== undefined) face.mtime = changes.mtime === 'now' ? now : changes.mtime;
  face.ctime = changes.ctime ?? now;
  noteAttributes(state, caller, inode, { kind: 'setattr', ino: inode.ino, mode: face.mode });
}

/** Nothing is set aside by fallocate(2); what could not be written afterwards is refused all the same. */
function hasRoomFor(state: DiskState, { volatile }: Inode, offset: number, length: number): boolean {
  const { store } = state.table;
  const first = Math.floor(offset / pageSizeBytes);
  const end = Math.ceil((offset + length) / pageSizeBytes);
  if ((end - first) * pageSizeBytes <= store.freeBytes) return true;
  let missing = end - first;
  for (const _ of volatile.pages.indexes(first, end)) missing--;
  return store.makesRoomFor(missing * pageSizeBytes);
}

/** True where every page of the range has a block and the size covers it, so that a write changes no metadata. */
function isAllocated({ volatile }: Inode, offset: number, length: number): boolean {
  if (offset + length > volatile.size) return false;
  const last = Math.floor((offset + length - 1) / pageSizeBytes);
  for (let index = Math.floor(offset / pageSizeBytes); index <= last; index++)
    if (volatile.pages.get(index) === hole) return false;
  return true;
}

/** True where some page with a block lies in the range as a whole. */
function hasWholePage({ volatile }: Inode, offset: number, length: number): boolean {
  const first = Math.ceil(offset / pageSizeBytes);
  const next = volatile.pages.nextData(first);
  return next !== undefined && next < Math.floor((offset + length) / pageSizeBytes);
}

/** Stamps the times and numbers a data op. */
function recordData(
  state: DiskState,
  inode: Inode,
  kind: OpKind,
  caller: Caller,
  offset: number,
  length: number,
): Op {
  inode.volatile.mtime = inode.volatile.ctime = state.now();
  state.table.settle(inode);
  return state.recordData(kind, caller, inode.ino, state.pathOf(inode), { offset, length });
}

/** The op is pending; a pinned file is synced on the spot. */
function settleData(state: DiskState, inode: Inode, op: Op): void {
  if (isPinnedInode(state, inode)) syncInode(state, inode);
  else if (inode.hasUnsyncedData) inode.note(op);
  else inode.forgetPendingData();
}

function noteAttributes(state: DiskState, caller: Caller, inode: Inode, change: AttributeOp): void {
  const isDurable = state.profile.attributes === 'durable' || isPinnedInode(state, inode);
  if (isDurable) inode.ownDurable(state.table.store).copyAttributes(inode.volatile);
  else inode.attributesChanged = true;
  state.table.settle(inode);
  const op = state.record(change.kind, caller, inode.ino, state.pathOf(inode));
  state.recorder?.attributes(op, change, inode.volatile);
  if (isDurable) state.recorder?.attributesSettled(inode.ino);
  else inode.note(op);
}

function ownFile(state: DiskState, ino: number): Inode | Errno {
  const inode = state.table.get(ino);
  if (inode === undefined) return ENOENT;
  if (inode.kind === 'directory') return EISDIR;
  return inode.kind === 'file' ? state.table.own(ino) : EINVAL;
}
