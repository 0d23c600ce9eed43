/**
 * What a segment of the commit log is made of: a header, and one record a transaction. Both carry a checksum, so that what a
 * cut tore is told from what was written. All numbers are little-endian.
 *
 *     header  magic 8 · epoch 8 · CRC-32 of these 4 · zero 4
 *     record  CRC-32 of the rest 4 · length of the payload 4 · offset 8 · payload
 */
import { crc32 } from './crc32.ts';

export interface Record {
  readonly offset: number;
  readonly payload: Buffer;
  /** Where it ends in the segment. */
  readonly end: number;
}

export const headerBytes = 24;
const recordHeadBytes = 16;
const maxPayloadBytes = 1024 * 1024;
/** The last byte is the version of the format. */
const magic = Buffer.from('clogdb\0\x01', 'latin1');

/** `epoch`: the start of the server that writes the segment. */
export function encodeHeader(epoch: number): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  magic.copy(bytes);
  bytes.writeBigUInt64LE(BigInt(epoch), 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 16)), 16);
  return bytes;
}

/** The epoch; `undefined` for anything that was not written as a header as a whole. */
export function decodeHeader(segment: Buffer): number | undefined {
  if (segment.length < headerBytes || !segment.subarray(0, magic.length).equals(magic)) return undefined;
  if (segment.readUInt32LE(16) !== crc32(segment.subarray(0, 16))) return undefined;
  return Number(segment.readBigUInt64LE(8));
}

export function encodeRecord(offset: number, payload: string): Buffer {
  const length = Buffer.byteLength(payload);
  if (length > maxPayloadBytes)
    throw new Error(`a transaction of ${length} bytes is longer than ${maxPayloadBytes}`);
  const bytes = Buffer.allocUnsafe(recordHeadBytes + length);
  bytes.writeUInt32LE(length, 4);
  bytes.writeBigUInt64LE(BigInt(offset), 8);
  bytes.write(payload, recordHeadBytes);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  return bytes;
}

/** The record at `position`; `undefined` where there is none that was written as a whole. */
export function decodeRecord(segment: Buffer, position: number): Record | undefined {
  if (position + recordHeadBytes > segment.length) return undefined;
  const length = segment.readUInt32LE(position + 4);
  const end = position + recordHeadBytes + length;
  if (length > maxPayloadBytes || end > segment.length) return undefined;
  if (segment.readUInt32LE(position) !== crc32(segment.subarray(position + 4, end))) return undefined;
  const offset = Number(segment.readBigUInt64LE(position + 8));
  return { offset, payload: segment.subarray(position + recordHeadBytes, end), end };
}
