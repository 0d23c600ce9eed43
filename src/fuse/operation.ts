/**
 * What an operation is, and the few shapes that most replies have. An operation turns one request into one call of the file
 * system and its result into a reply; it never sends anything.
 */
import type { Attributes } from './codec/attributes.ts';
import { DirectoryReply } from './codec/directory.ts';
import type { Errno } from './codec/errno.ts';
import { ERANGE } from './codec/errno.ts';
import { openReplyFlags } from './codec/flags.ts';
import { copyFileRangeIn, getxattrIn, readIn } from './codec/layout.ts';
import type { Reply } from './codec/reply.ts';
import type { Request } from './codec/request.ts';
import type { FileSystem } from './filesystem.ts';

/** Writes the reply's payload and returns 0, or a negative errno. `name2` is '' where there is but one name. */
type Perform = (fs: FileSystem, request: Request, reply: Reply, name: string, name2: string) => Errno | 0;

export interface Operation {
  /** Size of the fixed arguments; names and data follow them. */
  readonly fixedBytes: number;
  /** How many NUL-terminated names follow the fixed arguments. */
  readonly names: 0 | 1 | 2;
  /** True when it may change the disk: its data, its names, or what of them is durable. */
  readonly mutates: boolean;
  readonly perform: Perform;
}

export function query(fixedBytes: number, names: Operation['names'], perform: Perform): Operation {
  return { fixedBytes, names, mutates: false, perform };
}

export function mutation(fixedBytes: number, names: Operation['names'], perform: Perform): Operation {
  return { fixedBytes, names, mutates: true, perform };
}

export function entry(reply: Reply, result: Attributes | Errno): Errno | 0 {
  if (typeof result === 'number') return result;
  reply.entry(result);
  return 0;
}

/** An entry, opened at once. No handle: a file needs none. */
export function opened(reply: Reply, result: Attributes | Errno): Errno | 0 {
  if (typeof result === 'number') return result;
  reply.entry(result);
  reply.opened(0, openReplyFlags.KEEP_CACHE);
  return 0;
}

export function attributes(reply: Reply, result: Attributes | Errno): Errno | 0 {
  if (typeof result === 'number') return result;
  reply.attributes(result);
  return 0;
}

export function written(reply: Reply, result: number | Errno): Errno | 0 {
  if (result < 0) return result;
  reply.written(result);
  return 0;
}

export function number64(reply: Reply, result: number | Errno): Errno | 0 {
  if (result < 0) return result;
  reply.number64(result);
  return 0;
}

/** Extended attributes are asked for twice: how large (size 0), then with a buffer of that size. */
export function sized(request: Request, reply: Reply, sizeBytes: number, put: () => void): Errno | 0 {
  const room = request.u32(getxattrIn.size);
  if (room === 0) reply.valueSize(sizeBytes);
  else if (sizeBytes > room) return ERANGE;
  else put();
  return 0;
}

export function readDirectory(
  fs: FileSystem,
  request: Request,
  reply: Reply,
  withAttributes: boolean,
): Errno | 0 {
  const entries = new DirectoryReply(reply, request.u32(readIn.size), withAttributes);
  return fs.readDirectory(
    request,
    request.nodeId,
    request.u64(readIn.fh),
    request.u64(readIn.offset),
    entries,
  );
}

export function copyRange(fs: FileSystem, request: Request): number | Errno {
  return fs.copyRange(
    request,
    request.nodeId,
    request.u64(copyFileRangeIn.offIn),
    request.u64(copyFileRangeIn.nodeidOut),
    request.u64(copyFileRangeIn.offOut),
    request.u64(copyFileRangeIn.len),
  );
}
