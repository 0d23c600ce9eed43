/** Builds requests as the kernel would, and reads replies as the kernel would, by the header's own offsets. */
import type { Reply } from '../codec/reply.ts';
import { Request } from '../codec/request.ts';
import { header } from './header-layout.ts';

type Struct = keyof typeof header;
/** Fields of 4 bytes are numbers, fields of 8 are bigints. */
export type Fields = Readonly<Record<string, number | bigint>>;

export const sender = { pid: 4711, uid: 1000, gid: 100 };
export const unique = 0xfedc_ba98_7654_3210n;

export function struct(name: Struct, fields: Fields = {}, sizeBytes: number = header[name].sizeof): Buffer {
  const offsets: Readonly<Record<string, number>> = header[name];
  const bytes = Buffer.alloc(sizeBytes);
  for (const [field, value] of Object.entries(fields)) {
    const offset = offsets[field];
    if (offset === undefined) throw new Error(`${name} has no field ${field}`);
    if (typeof value === 'bigint') bytes.writeBigUInt64LE(BigInt.asUintN(64, value), offset);
    else bytes.writeUInt32LE(value >>> 0, offset);
  }
  return bytes;
}

export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'latin1');
}

/** A request as it lies in the session's buffer, behind which an older, longer one shows through. */
export function request(opcode: number, nodeid: bigint | number, ...parts: readonly Uint8Array[]): Request {
  const body = Buffer.concat(parts);
  const len = header.fuse_in_header.sizeof + body.length;
  const message = Buffer.concat([
    struct('fuse_in_header', { len, opcode, unique, nodeid: BigInt(nodeid), ...sender }),
    body,
  ]);
  const result = new Request((len + 64 + 7) & ~7);
  result.bytes.fill(0xa5);
  message.copy(result.bytes);
  result.length = len;
  return result;
}

/** The reply as the kernel receives it. */
export interface ReceivedReply {
  readonly error: number;
  readonly unique: bigint;
  readonly payload: Buffer;
}

export function received(reply: Reply): ReceivedReply {
  const bytes = Buffer.from(reply.bytes.subarray(0, reply.length));
  const { len, error, unique: uniqueOffset, sizeof } = header.fuse_out_header;
  if (bytes.readUInt32LE(len) !== bytes.length) throw new Error('a reply whose length is not what was sent');
  return {
    error: bytes.readInt32LE(error),
    unique: bytes.readBigUInt64LE(uniqueOffset),
    payload: bytes.subarray(sizeof),
  };
}

export function u32(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset);
}
export function u64(bytes: Buffer, offset: number): bigint {
  return bytes.readBigUInt64LE(offset);
}
