/** Flag bits and codes of linux/fuse.h that this implementation offers, reads or sets; see the header for the others. */

export const protocolMajor = 7;
/** The newest minor version whose structs and rules were looked at for this code (Linux 6.18). */
export const protocolMinorNewest = 45;
/** Linux 5.4 and later; below that some structs are shorter. */
export const protocolMinorOldest = 31;

export const rootNodeId = 1;

/** INIT: what the kernel can and the server wants. */
export const initFlags = {
  ASYNC_READ: 1 << 0,
  BIG_WRITES: 1 << 5,
  DO_READDIRPLUS: 1 << 13,
  READDIRPLUS_AUTO: 1 << 14,
  ASYNC_DIO: 1 << 15,
  WRITEBACK_CACHE: 1 << 16,
  PARALLEL_DIROPS: 1 << 18,
  MAX_PAGES: 1 << 22,
  CACHE_SYMLINKS: 1 << 23,
  HANDLE_KILLPRIV_V2: 1 << 28,
} as const;

/** SETATTR: which fields count. */
export const setattrValid = {
  MODE: 1 << 0,
  UID: 1 << 1,
  GID: 1 << 2,
  SIZE: 1 << 3,
  ATIME: 1 << 4,
  MTIME: 1 << 5,
  FH: 1 << 6,
  ATIME_NOW: 1 << 7,
  MTIME_NOW: 1 << 8,
  CTIME: 1 << 10,
  KILL_SUIDGID: 1 << 11,
} as const;

export const writeFlags = {
  /** Written back from the page cache: a mapping, or the writeback cache; the header names no process. */
  CACHE: 1 << 0,
  /** The writer lacks CAP_FSETID: set-user-ID and set-group-ID bits must go. */
  KILL_SUIDGID: 1 << 2,
} as const;

export const fsyncFlags = { DATA_ONLY: 1 << 0 } as const;

/** Set in a reply to CREATE, OPEN and OPENDIR. */
export const openReplyFlags = {
  /** Cached pages of an earlier open stay valid. */
  KEEP_CACHE: 1 << 1,
} as const;

/** Notifications, which go to the kernel in a reply header's error field, as positive numbers. */
export const notifyCodes = { INVAL_INODE: 2, PRUNE: 9 } as const;
