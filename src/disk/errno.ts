/**
 * Errors of the disk are values: a method returns its result or a negative errno, as the kernel does. Numbers are Linux's
 * (asm-generic/errno-base.h and errno.h), the same on x86-64 and arm64.
 */
export const EPERM = -1;
export const ENOENT = -2;
export const EINTR = -4;
export const EIO = -5;
export const E2BIG = -7;
export const EBADF = -9;
export const EAGAIN = -11;
export const ENOMEM = -12;
export const EACCES = -13;
export const EBUSY = -16;
export const EEXIST = -17;
export const EXDEV = -18;
export const ENOTDIR = -20;
export const EISDIR = -21;
export const EINVAL = -22;
export const ENOTTY = -25;
export const EFBIG = -27;
export const ENOSPC = -28;
export const EROFS = -30;
export const EMLINK = -31;
export const ERANGE = -34;
export const ENAMETOOLONG = -36;
export const ENOSYS = -38;
export const ENOTEMPTY = -39;
export const ENODATA = -61;
export const EOPNOTSUPP = -95;

/** A negative errno. */
export type Errno = number;
