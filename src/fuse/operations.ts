/**
 * One entry an opcode: how its request must look and which method of the file system serves it. A handler writes the
 * payload of the reply and returns 0, or a negative errno; sizes and names have been checked before it runs.
 */
import { EINVAL, ENOENT, ENOSYS } from './codec/errno.ts';
import { fsyncFlags, openReplyFlags, writeFlags } from './codec/flags.ts';
import { maxDataBytes } from './codec/init.ts';
import * as layout from './codec/layout.ts';
import { opcodes } from './codec/opcodes.ts';
import type { Request } from './codec/request.ts';
import { attributeChanges } from './codec/setattr.ts';
import type { Operation } from './operation.ts';
import {
  attributes,
  copyRange,
  entry,
  mutation,
  number64,
  opened,
  query,
  readDirectory,
  sized,
  written,
} from './operation.ts';

const byOpcode: Readonly<Record<number, Operation>> = {
  // The hot ones read their fields straight from the message: no object is made for a request.
  [opcodes.LOOKUP]: query(0, 1, (fs, request, reply, name) => {
    const found = fs.lookup(request, request.nodeId, name);
    if (found !== ENOENT) return entry(reply, found);
    reply.absentEntry();
    return 0;
  }),
  [opcodes.GETATTR]: query(0, 0, (fs, request, reply) =>
    attributes(reply, fs.getattr(request, request.nodeId)),
  ),
  [opcodes.READ]: query(layout.readIn.sizeBytes, 0, (fs, request, reply) => {
    const length = request.u32(layout.readIn.size);
    // Never asked after INIT's limits. Fewer bytes than asked would mean the end of the file.
    if (length > maxDataBytes) return EINVAL;
    const offset = request.u64(layout.readIn.offset);
    const count = fs.read(request, request.nodeId, offset, reply.bytes, reply.length, length);
    if (count < 0) return count;
    reply.advance(count);
    return 0;
  }),
  [opcodes.WRITE]: mutation(layout.writeIn.sizeBytes, 0, (fs, request, reply) => {
    const bytes = request.data(layout.writeIn.sizeBytes, request.u32(layout.writeIn.size));
    if (bytes === undefined) return EINVAL;
    const killPrivileges = (request.u32(layout.writeIn.writeFlags) & writeFlags.KILL_SUIDGID) !== 0;
    const count = fs.write(
      request,
      request.nodeId,
      request.u64(layout.writeIn.offset),
      bytes,
      killPrivileges,
    );
    return written(reply, count);
  }),
  [opcodes.FSYNC]: mutation(layout.fsyncIn.sizeBytes, 0, (fs, request) =>
    fs.fsync(request, request.nodeId, isDataOnly(request)),
  ),

  [opcodes.OPEN]: query(layout.openIn.sizeBytes, 0, (fs, request, reply) => {
    if (fs.open === undefined) return ENOSYS;
    const error = fs.open(request, request.nodeId, request.u32(layout.openIn.flags));
    if (error === 0) reply.opened(0, openReplyFlags.KEEP_CACHE);
    return error;
  }),
  // Where opens are served, closes come too.
  [opcodes.RELEASE]: query(layout.releaseIn.sizeBytes, 0, (fs) => (fs.open === undefined ? ENOSYS : 0)),

  [opcodes.SETATTR]: mutation(layout.setattrIn.sizeBytes, 0, (fs, request, reply) =>
    attributes(reply, fs.setattr(request, request.nodeId, attributeChanges(request))),
  ),
  [opcodes.READLINK]: query(0, 0, (fs, request, reply) => {
    const target = fs.readlink(request, request.nodeId);
    if (typeof target === 'number') return target;
    reply.binaryString(target);
    return 0;
  }),

  [opcodes.MKNOD]: mutation(layout.mknodIn.sizeBytes, 1, (fs, request, reply, name) => {
    const mode = request.u32(layout.mknodIn.mode);
    return entry(reply, fs.mknod(request, request.nodeId, name, mode, request.u32(layout.mknodIn.rdev)));
  }),
  [opcodes.MKDIR]: mutation(layout.mkdirIn.sizeBytes, 1, (fs, request, reply, name) =>
    entry(reply, fs.mkdir(request, request.nodeId, name, request.u32(layout.mkdirIn.mode) & 0o7777)),
  ),
  [opcodes.SYMLINK]: mutation(0, 2, (fs, request, reply, name, target) =>
    entry(reply, fs.symlink(request, request.nodeId, name, target)),
  ),
  [opcodes.LINK]: mutation(layout.linkIn.sizeBytes, 1, (fs, request, reply, name) =>
    entry(reply, fs.link(request, request.u64(layout.linkIn.oldnodeid), request.nodeId, name)),
  ),
  [opcodes.CREATE]: mutation(layout.createIn.sizeBytes, 1, (fs, request, reply, name) => {
    const mode = request.u32(layout.createIn.mode) & 0o7777;
    return opened(reply, fs.create(request, request.nodeId, name, mode, request.u32(layout.createIn.flags)));
  }),
  // The name that follows is the kernel's placeholder for a file without one.
  [opcodes.TMPFILE]: mutation(layout.createIn.sizeBytes, 0, (fs, request, reply) =>
    opened(reply, fs.temporary(request, request.nodeId, request.u32(layout.createIn.mode) & 0o7777)),
  ),

  [opcodes.UNLINK]: mutation(0, 1, (fs, request, _reply, name) => fs.unlink(request, request.nodeId, name)),
  [opcodes.RMDIR]: mutation(0, 1, (fs, request, _reply, name) => fs.rmdir(request, request.nodeId, name)),
  [opcodes.RENAME]: mutation(layout.renameIn.sizeBytes, 2, (fs, request, _reply, name, newName) =>
    fs.rename(request, request.nodeId, name, request.u64(layout.renameIn.newdir), newName, 0),
  ),
  [opcodes.RENAME2]: mutation(layout.rename2In.sizeBytes, 2, (fs, request, _reply, name, newName) => {
    const flags = request.u32(layout.rename2In.flags);
    return fs.rename(request, request.nodeId, name, request.u64(layout.rename2In.newdir), newName, flags);
  }),

  [opcodes.FALLOCATE]: mutation(layout.fallocateIn.sizeBytes, 0, (fs, request) => {
    const { mode, offset, length } = layout.fallocateIn;
    return fs.fallocate(request, request.nodeId, request.u32(mode), request.u64(offset), request.u64(length));
  }),
  [opcodes.LSEEK]: query(layout.lseekIn.sizeBytes, 0, (fs, request, reply) => {
    const { offset, whence } = layout.lseekIn;
    return number64(reply, fs.seek(request, request.nodeId, request.u64(offset), request.u32(whence)));
  }),
  [opcodes.COPY_FILE_RANGE]: mutation(layout.copyFileRangeIn.sizeBytes, 0, (fs, request, reply) =>
    written(reply, copyRange(fs, request)),
  ),
  [opcodes.COPY_FILE_RANGE_64]: mutation(layout.copyFileRangeIn.sizeBytes, 0, (fs, request, reply) =>
    number64(reply, copyRange(fs, request)),
  ),

  [opcodes.OPENDIR]: query(layout.openIn.sizeBytes, 0, (fs, request, reply) => {
    const handle = fs.openDirectory(request, request.nodeId);
    if (handle < 0) return handle;
    reply.opened(handle, 0);
    return 0;
  }),
  [opcodes.READDIR]: query(layout.readIn.sizeBytes, 0, (fs, request, reply) =>
    readDirectory(fs, request, reply, false),
  ),
  [opcodes.READDIRPLUS]: query(layout.readIn.sizeBytes, 0, (fs, request, reply) =>
    readDirectory(fs, request, reply, true),
  ),
  [opcodes.RELEASEDIR]: query(layout.releaseIn.sizeBytes, 0, (fs, request) => {
    fs.releaseDirectory(request.u64(layout.releaseIn.fh));
    return 0;
  }),
  [opcodes.FSYNCDIR]: mutation(layout.fsyncIn.sizeBytes, 0, (fs, request) =>
    fs.fsyncDirectory(request, request.nodeId, isDataOnly(request)),
  ),

  [opcodes.STATFS]: query(0, 0, (fs, _request, reply) => {
    reply.statistics(fs.statistics());
    return 0;
  }),

  [opcodes.GETXATTR]: query(layout.getxattrIn.sizeBytes, 1, (fs, request, reply, name) => {
    const value = fs.getXattr(request, request.nodeId, name);
    if (typeof value === 'number') return value;
    return sized(request, reply, value.length, () => reply.data(value));
  }),
  [opcodes.LISTXATTR]: query(layout.getxattrIn.sizeBytes, 0, (fs, request, reply) => {
    const names = fs.listXattr(request, request.nodeId);
    if (typeof names === 'number') return names;
    const list = names.map((name) => `${name}\0`).join('');
    return sized(request, reply, list.length, () => reply.binaryString(list));
  }),
  [opcodes.SETXATTR]: mutation(layout.setxattrIn.sizeBytes, 1, (fs, request, _reply, name) => {
    const { size, flags, sizeBytes } = layout.setxattrIn;
    const value = request.data(sizeBytes + name.length + 1, request.u32(size));
    if (value === undefined) return EINVAL;
    return fs.setXattr(request, request.nodeId, name, value, request.u32(flags));
  }),
  [opcodes.REMOVEXATTR]: mutation(0, 1, (fs, request, _reply, name) =>
    fs.removeXattr(request, request.nodeId, name),
  ),

  [opcodes.DESTROY]: query(0, 0, () => 0),
};

// A dense array: looked up once a request.
const operations = Array.from(
  { length: Math.max(...Object.values(opcodes)) + 1 },
  (_, opcode) => byOpcode[opcode],
);

/** Undefined for what is not served: answered ENOSYS, which the kernel remembers where it matters. */
export function operationOf(opcode: number): Operation | undefined {
  return operations[opcode];
}

/** fdatasync(2). */
function isDataOnly(request: Request): boolean {
  return (request.u32(layout.fsyncIn.fsyncFlags) & fsyncFlags.DATA_ONLY) !== 0;
}
