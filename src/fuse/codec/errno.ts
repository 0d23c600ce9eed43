/**
 * The errnos that the protocol itself needs, negative, as replies carry them. A file system brings its own; this folder
 * must not know which file system it serves.
 */
export const ENOENT = -2;
export const EIO = -5;
export const EINVAL = -22;
export const ERANGE = -34;
export const ENOSYS = -38;
export const EPROTO = -71;

/** A negative errno. */
export type Errno = number;
