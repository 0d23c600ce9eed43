/**
 * A disk as the file system that the kernel mounts: the kernel's memory of inodes, directory streams, set-user-ID rules,
 * and nothing else; every change goes through the disk's methods, so that every change is an op.
 */
import type { Disk } from '../disk/disk.ts';
import { EEXIST, EINVAL, ENAMETOOLONG, EOPNOTSUPP } from '../disk/errno.ts';
import type { Inode, InodeKind } from '../disk/inode.ts';
import type { AttributeChanges, Attributes, Caller, Errno, FileSystem } from '../fuse/filesystem.ts';
import { DirectoryStreams } from './directory-streams.ts';

/** The disk behind a mount. Another takes its place at a cut, while nothing is mounted. */
export interface DiskHolder {
  readonly current: Disk;
}

export function diskFileSystem(holder: DiskHolder): FileSystem {
  const streams = new DirectoryStreams();
  return {
    begin() {
      streams.releaseAll();
      holder.current.forgetAll();
    },

    lookup(_caller, parent, name) {
      if (name.length > nameBytesMax) return ENAMETOOLONG;
      return remembered(holder.current, holder.current.lookup(parent, name));
    },
    forget(ino, count) {
      holder.current.forget(ino, count);
    },
    // An inode that is remembered exists; one that is not was made up.
    getattr: (_caller, ino) => holder.current.inode(ino) ?? ESTALE,
    setattr: (caller, ino, changes) => setattr(holder.current, caller, ino, changes),
    readlink(_caller, ino) {
      const inode = holder.current.inode(ino);
      return inode?.kind === 'symlink' ? inode.target : EINVAL;
    },

    mknod(caller, parent, name, mode, rdev) {
      const kind = kindOf(mode);
      if (kind === undefined) return EINVAL;
      return remembered(
        holder.current,
        holder.current.mknod(caller, parent, name, kind, mode & 0o7777, rdev),
      );
    },
    mkdir: (caller, parent, name, mode) =>
      remembered(holder.current, holder.current.mkdir(caller, parent, name, mode)),
    symlink: (caller, parent, name, target) =>
      remembered(holder.current, holder.current.symlink(caller, parent, name, target)),
    link: (caller, ino, parent, name) =>
      remembered(holder.current, holder.current.link(caller, ino, parent, name)),
    create(caller, parent, name, mode, flags) {
      const disk = holder.current;
      const created = disk.create(caller, parent, name, mode);
      const opensExisting = created === EEXIST && (flags & O_EXCL) === 0;
      return remembered(disk, opensExisting ? disk.lookup(parent, name) : created);
    },
    temporary: (caller, parent, mode) =>
      remembered(holder.current, holder.current.temporary(caller, parent, mode)),

    unlink: (caller, parent, name) => holder.current.unlink(caller, parent, name),
    rmdir: (caller, parent, name) => holder.current.rmdir(caller, parent, name),
    rename: (caller, parent, name, newParent, newName, flags) =>
      holder.current.rename(caller, parent, name, newParent, newName, flags),

    read: (_caller, ino, offset, target, targetOffset, length) =>
      holder.current.readInto(ino, offset, target, targetOffset, length),
    write(caller, ino, offset, bytes, killPrivileges) {
      const disk = holder.current;
      dropPrivileges(disk, caller, ino, killPrivileges);
      return disk.write(caller, ino, offset, bytes);
    },
    fsync: (caller, ino, dataOnly) => holder.current.fsync(caller, ino, dataOnly),
    fallocate(caller, ino, mode, offset, length) {
      const disk = holder.current;
      const allocated = disk.allocate(caller, ino, mode, offset, length);
      if (allocated === 0) dropPrivileges(disk, caller, ino, caller.uid !== 0);
      return allocated;
    },
    seek: (_caller, ino, offset, whence) => holder.current.seek(ino, offset, whence),
    copyRange: (caller, ino, offset, toIno, toOffset, length) =>
      copyRange(holder.current, caller, { ino, offset }, { ino: toIno, offset: toOffset }, length),

    openDirectory: () => streams.open(),
    readDirectory: (_caller, ino, handle, offset, entries) =>
      streams.read(holder.current, ino, handle, offset, entries),
    releaseDirectory(handle) {
      streams.release(handle);
    },
    fsyncDirectory: (caller, ino, dataOnly) => holder.current.fsyncDirectory(caller, ino, dataOnly),

    statistics: () => holder.current.statfs(),

    getXattr: (_caller, ino, name) => xattrNameError(name) || holder.current.getXattr(ino, name),
    setXattr: (caller, ino, name, value, flags) =>
      xattrNameError(name) || holder.current.setXattr(caller, ino, name, value, flags),
    listXattr: (caller, ino) => listXattr(holder.current, caller, ino),
    removeXattr: (caller, ino, name) => xattrNameError(name) || holder.current.removeXattr(caller, ino, name),
  };
}

const ESTALE = -116;
/** The kernel's own limit is PATH_MAX; ours is every Linux disk's. */
const nameBytesMax = 255;
/** open(2), as on every Linux architecture that Node supports. */
const O_EXCL = 0o200;

/** A result that carries an inode makes the kernel remember it. */
function remembered(disk: Disk, result: Inode | Errno): Attributes | Errno {
  if (typeof result !== 'number') disk.remember(result.ino);
  return result;
}

const kindByTypeBits: Readonly<Record<number, InodeKind>> = {
  0o100000: 'file',
  0o010000: 'fifo',
  0o140000: 'socket',
  0o020000: 'char',
  0o060000: 'block',
};

function kindOf(mode: number): InodeKind | undefined {
  return kindByTypeBits[mode & 0o170000];
}

const xattrNamespaces = ['user.', 'trusted.', 'security.'];

/**
 * The namespaces of xattr(7); who may have them is the kernel's to decide. Access control lists (system.posix_acl_*) would have
 * to be enforced, not just stored.
 */
function xattrNameError(name: string): Errno | 0 {
  const namespace = xattrNamespaces.find((prefix) => name.startsWith(prefix));
  if (namespace === undefined) return EOPNOTSUPP;
  return name === namespace ? EINVAL : 0;
}

/** That there are trusted attributes only those are told who may read them. */
function listXattr(disk: Disk, caller: Caller, ino: number): readonly string[] {
  const names = disk.listXattr(ino);
  return caller.uid === 0 ? names : names.filter((name) => !name.startsWith('trusted.'));
}

function setattr(disk: Disk, caller: Caller, ino: number, asked: AttributeChanges): Attributes | Errno {
  const inode = disk.inode(ino);
  if (inode === undefined) return ESTALE;
  // Either a chown(2) that names neither owner nor group, which Linux lets drop the bits and move ctime all the same; or what
  // precedes the write of somebody who may not keep the bits. It does not say which, so it cannot be refused to strangers.
  const isEmpty = Object.keys(asked).every((key) => key === 'killPrivileges' || key === 'ctime');
  const changes: AttributeChanges = isEmpty ? { ...asked, uid: inode.uid } : asked;
  const changesOwner = changes.uid !== undefined || changes.gid !== undefined;
  if (inode.kind === 'file' && changes.size !== undefined) {
    dropPrivileges(disk, caller, ino, changes.killPrivileges === true);
  }
  if (!changesOwner || inode.kind === 'directory' || changes.mode !== undefined) {
    return disk.setattr(caller, ino, changes);
  }
  // chown(2) takes the bits away from whoever does it, root included.
  dropCapability(disk, caller, ino);
  const keepsGroup = caller.uid === 0 || caller.gid === inode.gid;
  const mode = withoutSetIds(inode.mode, keepsGroup);
  return disk.setattr(caller, ino, mode === inode.mode ? changes : { ...changes, mode });
}

const capabilityName = 'security.capability';
const setUserId = 0o4000;
const setGroupId = 0o2000;
const groupExecute = 0o010;

/** What Linux does before a write or truncate; the kernel leaves it to us (HANDLE_KILLPRIV_V2). */
function dropPrivileges(disk: Disk, caller: Caller, ino: number, killSetIds: boolean): void {
  dropCapability(disk, caller, ino);
  if (!killSetIds) return;
  const inode = disk.inode(ino);
  if (inode === undefined) return;
  const mode = withoutSetIds(inode.mode, caller.gid === inode.gid);
  if (mode !== inode.mode) disk.setattr(caller, ino, { mode });
}

function dropCapability(disk: Disk, caller: Caller, ino: number): void {
  if (typeof disk.getXattr(ino, capabilityName) !== 'number') disk.removeXattr(caller, ino, capabilityName);
}

/**
 * Without group execution, the set-group-ID bit once meant mandatory locking, and stays for who is in the file's group.
 * Of a caller's groups the kernel names only the first.
 */
function withoutSetIds(mode: number, isInGroup: boolean): number {
  const keepsSetGroupId = (mode & groupExecute) === 0 && isInGroup;
  return mode & ~(setUserId | (keepsSetGroupId ? 0 : setGroupId));
}

/** At most this much at a time: an op should not hold everybody up, and callers of copy_file_range(2) come back. */
const copyBytesMax = 1024 * 1024;

interface Position {
  readonly ino: number;
  readonly offset: number;
}

function copyRange(disk: Disk, caller: Caller, from: Position, to: Position, length: number): number | Errno {
  const buffer = Buffer.allocUnsafe(Math.min(length, copyBytesMax));
  const count = disk.readInto(from.ino, from.offset, buffer, 0, buffer.length);
  if (count <= 0) return count;
  // Unlike a WRITE, this request does not say whether its caller may keep the bits.
  dropPrivileges(disk, caller, to.ino, caller.uid !== 0);
  return disk.write(caller, to.ino, to.offset, buffer.subarray(0, count));
}
