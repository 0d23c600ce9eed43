import { describe, expect, test } from 'vitest';
import { crc32 } from './crc32.ts';
import { decodeHeader, decodeRecord, encodeHeader, encodeRecord, headerBytes } from './record.ts';

test('the checksum is the CRC-32 that everybody has', () => {
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
});

describe('a header', () => {
  const bytes = encodeHeader(1_000_000_000_000);

  test('comes back as it was written', () => {
    expect(bytes.length).toBe(headerBytes);
    expect(decodeHeader(bytes)).toBe(1_000_000_000_000);
  });

  test('is none when a part of it is missing, or NUL', () => {
    for (let length = 0; length < headerBytes; length++) {
      expect(decodeHeader(bytes.subarray(0, length)), `${length} bytes`).toBeUndefined();
    }
    expect(decodeHeader(Buffer.alloc(headerBytes))).toBeUndefined();
  });

  test('is none when a bit of what it says is wrong', () => {
    for (let bit = 0; bit < 20 * 8; bit++)
      expect(decodeHeader(flipped(bytes, bit)), `bit ${bit}`).toBeUndefined();
  });
});

describe('a record', () => {
  const bytes = encodeRecord(17, '[["put","key","välue"]]');

  test('comes back as it was written, wherever it lies', () => {
    const record = decodeRecord(Buffer.concat([Buffer.alloc(5), bytes, Buffer.alloc(5)]), 5);
    expect(record).toMatchObject({ offset: 17, end: 5 + bytes.length });
    expect(record?.payload.toString()).toBe('[["put","key","välue"]]');
  });

  test('is none when its end is missing, or NUL', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeRecord(bytes.subarray(0, length), 0), `${length} bytes`).toBeUndefined();
      const withNuls = Buffer.concat([bytes.subarray(0, length), Buffer.alloc(bytes.length - length)]);
      expect(decodeRecord(withNuls, 0), `${length} bytes and NULs`).toBeUndefined();
    }
  });

  test('is none when a bit of it is wrong', () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      expect(decodeRecord(flipped(bytes, bit), 0), `bit ${bit}`).toBeUndefined();
    }
  });
});

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}
