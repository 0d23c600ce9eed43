/**
 * From a request to its finished reply: checks the message, calls the file system. Pure but for the file system itself;
 * never throws. Whatever comes in, what goes out is a reply with a payload or an errno.
 */
import type { Errno } from './codec/errno.ts';
import { EINVAL, EIO, ENOSYS } from './codec/errno.ts';
import { batchForgetIn, forgetIn, forgetOne } from './codec/layout.ts';
import { opcodeName, opcodes } from './codec/opcodes.ts';
import type { Reply } from './codec/reply.ts';
import type { Request } from './codec/request.ts';
import type { FileSystem } from './filesystem.ts';
import type { Operation } from './operation.ts';
import { operationOf } from './operations.ts';

/** Hears what a file system threw, and where. */
export type OnError = (error: unknown, context: string) => void;

/** True for the requests that the kernel does not wait for; answering one would be an error. */
export function isOneWay(opcode: number): boolean {
  return opcode === opcodes.FORGET || opcode === opcodes.BATCH_FORGET || opcode === opcodes.INTERRUPT;
}

/** Serves a request that wants an answer. Returns true when it was done and may have changed the disk. */
export function answer(fs: FileSystem, request: Request, reply: Reply, onError: OnError): boolean {
  const operation = operationOf(request.opcode);
  reply.clear();
  let error: Errno | 0;
  try {
    error = operation === undefined ? ENOSYS : perform(operation, fs, request, reply);
  } catch (thrown) {
    error = EIO;
    onError(thrown, `${opcodeName(request.opcode)} on inode ${request.nodeId}`);
  }
  reply.finish(request, error);
  return error === 0 && operation!.mutates;
}

function perform(operation: Operation, fs: FileSystem, request: Request, reply: Reply): Errno | 0 {
  if (request.argumentBytes < operation.fixedBytes) return EINVAL;
  if (operation.names === 0) return operation.perform(fs, request, reply, '', '');

  const name = request.string(operation.fixedBytes);
  if (name === undefined) return EINVAL;
  if (operation.names === 1) return operation.perform(fs, request, reply, name, '');

  const name2 = request.string(operation.fixedBytes + name.length + 1);
  if (name2 === undefined) return EINVAL;
  return operation.perform(fs, request, reply, name, name2);
}

/** Serves a request that wants none. INTERRUPT needs nothing: requests are answered in order, none takes long. */
export function hear(fs: FileSystem, request: Request, onError: OnError): void {
  try {
    if (request.opcode === opcodes.FORGET) forget(fs, request);
    else if (request.opcode === opcodes.BATCH_FORGET) forgetMany(fs, request);
  } catch (thrown) {
    onError(thrown, `${opcodeName(request.opcode)} on inode ${request.nodeId}`);
  }
}

function forget(fs: FileSystem, request: Request): void {
  if (request.argumentBytes < forgetIn.sizeBytes) return;
  fs.forget(request.nodeId, request.u64(forgetIn.nlookup));
}

function forgetMany(fs: FileSystem, request: Request): void {
  if (request.argumentBytes < batchForgetIn.sizeBytes) return;
  const whole = Math.floor((request.argumentBytes - batchForgetIn.sizeBytes) / forgetOne.sizeBytes);
  const count = Math.min(request.u32(batchForgetIn.count), whole);
  for (let index = 0; index < count; index++) {
    const at = batchForgetIn.sizeBytes + index * forgetOne.sizeBytes;
    fs.forget(request.u64(at + forgetOne.nodeid), request.u64(at + forgetOne.nlookup));
  }
}
