/**
 * INIT, the first request of a mount: which protocol, which limits, which of the kernel's abilities are used. What is
 * asked for, and what is left out on purpose:
 *
 * - No POSIX_LOCKS, no FLOCK_LOCKS: one kernel is the only client, so its own locks are right, and cost no round trip.
 * - No ATOMIC_O_TRUNC: OPEN is not served at all (the kernel stops asking after one ENOSYS), so truncation arrives as
 *   SETATTR, an op of its own.
 * - No AUTO_INVAL_DATA: nobody else changes files; cached pages stay valid until we say otherwise.
 * - HANDLE_KILLPRIV_V2: who writes, truncates or chowns takes set-user-ID, set-group-ID and capabilities away here. The
 *   alternative is a GETXATTR of security.capability before every single write.
 * - WRITEBACK_CACHE only on demand: it is faster by far, but single writes, their order and their authors are lost.
 * - No POSIX_ACL (so modes are masked by the kernel's umask), no SPLICE (there is no descriptor to splice with).
 */
import type { Errno } from './errno.ts';
import { EINVAL, EPROTO } from './errno.ts';
import { initFlags, protocolMajor, protocolMinorNewest, protocolMinorOldest } from './flags.ts';
import { initIn, initOut } from './layout.ts';
import type { Reply } from './reply.ts';
import type { Request } from './request.ts';

/** The most data in a READ or WRITE; more makes the kernel split. */
export const maxDataBytes = 1024 * 1024;
const pageBytes = 4096;
/** A read of /dev/fuse must have room for the largest request: a full WRITE and its headers. */
export const requestBufferBytes = maxDataBytes + pageBytes;
export const replyBufferBytes = maxDataBytes + pageBytes;

/** Background requests (read-ahead, write-back) that the kernel keeps in flight; it throttles at three quarters. */
const maxBackground = 64;

/** Whether writes are passed on at once, or kept by the kernel until a sync, memory pressure or time makes it write. */
export type WriteMode = 'through' | 'cached';

export interface Negotiated {
  readonly minor: number;
  /** Of `initFlags`: what both sides can. */
  readonly flags: number;
}

/** Writes the reply to INIT. An errno ends the mount: the kernel is not one that this code can talk to. */
export function negotiate(request: Request, reply: Reply, writes: WriteMode): Negotiated | Errno {
  if (request.argumentBytes < initIn.sizeBytes) return EINVAL;
  const major = request.u32(initIn.major);
  const kernelMinor = request.u32(initIn.minor);
  if (major !== protocolMajor || kernelMinor < protocolMinorOldest) return EPROTO;

  const minor = Math.min(kernelMinor, protocolMinorNewest);
  const flags = request.u32(initIn.flags) & wantedFlags(writes);
  const at = reply.struct(initOut.sizeBytes);
  reply.put32(at + initOut.major, protocolMajor);
  reply.put32(at + initOut.minor, minor);
  reply.put32(at + initOut.maxReadahead, request.u32(initIn.maxReadahead));
  reply.put32(at + initOut.flags, flags);
  reply.bytes.writeUInt16LE(maxBackground, at + initOut.maxBackground);
  reply.bytes.writeUInt16LE((maxBackground * 3) / 4, at + initOut.congestionThreshold);
  reply.put32(at + initOut.maxWrite, maxDataBytes);
  reply.put32(at + initOut.timeGran, 1);
  reply.bytes.writeUInt16LE(maxDataBytes / pageBytes, at + initOut.maxPages);
  return { minor, flags };
}

function wantedFlags(writes: WriteMode): number {
  const always =
    initFlags.ASYNC_READ |
    initFlags.BIG_WRITES |
    initFlags.DO_READDIRPLUS |
    initFlags.READDIRPLUS_AUTO |
    initFlags.ASYNC_DIO |
    initFlags.PARALLEL_DIROPS |
    initFlags.MAX_PAGES |
    initFlags.CACHE_SYMLINKS |
    initFlags.HANDLE_KILLPRIV_V2;
  return writes === 'cached' ? always | initFlags.WRITEBACK_CACHE : always;
}
