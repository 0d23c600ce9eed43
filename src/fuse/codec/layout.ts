/**
 * Where the fields of the protocol's structs lie: byte offsets within each struct, as linux/fuse.h (protocol 7.38 and
 * later) lays them out on 64-bit machines. Only structs that a request or reply of ours uses, only fields that are looked
 * at; `sizeBytes` is the whole struct. Held against the header's own numbers by layout.test.ts.
 */

/** Before each request. */
export const inHeader = {
  len: 0,
  opcode: 4,
  unique: 8,
  nodeid: 16,
  uid: 24,
  gid: 28,
  pid: 32,
  sizeBytes: 40,
} as const;
/** Before each reply and notification. */
export const outHeader = { len: 0, error: 4, unique: 8, sizeBytes: 16 } as const;

export const initIn = { major: 0, minor: 4, maxReadahead: 8, flags: 12, sizeBytes: 16 } as const;
export const initOut = {
  major: 0,
  minor: 4,
  maxReadahead: 8,
  flags: 12,
  maxBackground: 16,
  congestionThreshold: 18,
  maxWrite: 20,
  timeGran: 24,
  maxPages: 28,
  sizeBytes: 64,
} as const;

export const attr = {
  ino: 0,
  size: 8,
  blocks: 16,
  atime: 24,
  mtime: 32,
  ctime: 40,
  atimensec: 48,
  mtimensec: 52,
  ctimensec: 56,
  mode: 60,
  nlink: 64,
  uid: 68,
  gid: 72,
  rdev: 76,
  blksize: 80,
  sizeBytes: 88,
} as const;
export const entryOut = { nodeid: 0, entryValid: 16, attrValid: 24, attr: 40, sizeBytes: 128 } as const;
export const attrOut = { attrValid: 0, attr: 16, sizeBytes: 104 } as const;
export const openOut = { fh: 0, openFlags: 8, sizeBytes: 16 } as const;
export const writeOut = { size: 0, sizeBytes: 8 } as const;
export const getxattrOut = { size: 0, sizeBytes: 8 } as const;
export const lseekOut = { offset: 0, sizeBytes: 8 } as const;
/** fuse_copy_file_range_out, from protocol 7.45. */
export const copyFileRangeOut = { bytesCopied: 0, sizeBytes: 8 } as const;
export const statfsOut = {
  blocks: 0,
  bfree: 8,
  bavail: 16,
  files: 24,
  ffree: 32,
  bsize: 40,
  namelen: 44,
  frsize: 48,
  sizeBytes: 80,
} as const;
/** The name follows at `name`; records are padded to 8 bytes. */
export const dirent = { ino: 0, off: 8, namelen: 16, type: 20, name: 24 } as const;
/** An entryOut, then a dirent. */
export const direntplus = { entryOut: 0, dirent: 128, name: 152 } as const;

export const forgetIn = { nlookup: 0, sizeBytes: 8 } as const;
export const forgetOne = { nodeid: 0, nlookup: 8, sizeBytes: 16 } as const;
/** `count` forgetOnes follow. */
export const batchForgetIn = { count: 0, sizeBytes: 8 } as const;
export const setattrIn = {
  valid: 0,
  size: 16,
  atime: 32,
  mtime: 40,
  ctime: 48,
  atimensec: 56,
  mtimensec: 60,
  ctimensec: 64,
  mode: 68,
  uid: 76,
  gid: 80,
  sizeBytes: 88,
} as const;
export const mknodIn = { mode: 0, rdev: 4, sizeBytes: 16 } as const;
export const mkdirIn = { mode: 0, sizeBytes: 8 } as const;
export const renameIn = { newdir: 0, sizeBytes: 8 } as const;
export const rename2In = { newdir: 0, flags: 8, sizeBytes: 16 } as const;
export const linkIn = { oldnodeid: 0, sizeBytes: 8 } as const;
export const openIn = { flags: 0, sizeBytes: 8 } as const;
export const createIn = { flags: 0, mode: 4, sizeBytes: 16 } as const;
export const releaseIn = { fh: 0, sizeBytes: 24 } as const;
export const readIn = { fh: 0, offset: 8, size: 16, sizeBytes: 40 } as const;
/** The data follows. */
export const writeIn = { offset: 8, size: 16, writeFlags: 20, sizeBytes: 40 } as const;
export const fsyncIn = { fsyncFlags: 8, sizeBytes: 16 } as const;
/** The short form, without the extension that FUSE_SETXATTR_EXT would bring: name and value follow at once. */
export const setxattrIn = { size: 0, flags: 4, sizeBytes: 8 } as const;
export const getxattrIn = { size: 0, sizeBytes: 8 } as const;
export const fallocateIn = { offset: 8, length: 16, mode: 24, sizeBytes: 32 } as const;
export const lseekIn = { offset: 8, whence: 16, sizeBytes: 24 } as const;
export const copyFileRangeIn = { offIn: 8, nodeidOut: 16, offOut: 32, len: 40, sizeBytes: 56 } as const;

export const notifyInvalInodeOut = { ino: 0, off: 8, len: 16, sizeBytes: 24 } as const;
/** `count` inodes follow, of 8 bytes each. Since 7.45. */
export const notifyPruneOut = { count: 0, sizeBytes: 16 } as const;
