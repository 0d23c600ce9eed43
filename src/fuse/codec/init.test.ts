import { describe, expect, test } from 'vitest';
import { header } from '../testing/header-layout.ts';
import { received, request, struct, u32 } from '../testing/messages.ts';
import { EINVAL, EPROTO } from './errno.ts';
import { initFlags } from './flags.ts';
import { negotiate, requestBufferBytes, type WriteMode } from './init.ts';
import { opcodes } from './opcodes.ts';
import { Reply } from './reply.ts';

const everything = 0xffff_ffff;
const out = header.fuse_init_out;

function init({ minor = 45, flags = everything, writes = 'through' as WriteMode, sizeBytes = 64 } = {}) {
  const body = struct('fuse_init_in', { major: 7, minor, max_readahead: 131_072, flags }).subarray(
    0,
    sizeBytes,
  );
  const message = request(opcodes.INIT, 0, body);
  const reply = new Reply(4096);
  const result = negotiate(message, reply, writes);
  reply.finish(message, typeof result === 'number' ? result : 0);
  return { result, ...received(reply) };
}

describe('INIT', () => {
  test('agrees on the lower minor version', () => {
    expect(u32(init({ minor: 31 }).payload, out.minor)).toBe(31);
    expect(u32(init({ minor: 99 }).payload, out.minor)).toBe(45);
  });

  test('answers with the whole struct and the limits that the buffers are made for', () => {
    const { payload } = init();
    expect(payload.length).toBe(out.sizeof);
    expect(u32(payload, out.major)).toBe(7);
    expect(u32(payload, out.max_readahead)).toBe(131_072);
    expect(u32(payload, out.max_write)).toBe(1024 * 1024);
    expect(payload.readUInt16LE(out.max_pages)).toBe(256);
    // linux/fuse.h: a read of the device must have room for header, fuse_write_in and max_write bytes.
    const largestWrite =
      header.fuse_in_header.sizeof + header.fuse_write_in.sizeof + u32(payload, out.max_write);
    expect(requestBufferBytes).toBeGreaterThanOrEqual(largestWrite);
  });

  test('asks for nothing that the kernel did not offer', () => {
    expect(u32(init({ flags: initFlags.MAX_PAGES }).payload, out.flags)).toBe(initFlags.MAX_PAGES);
  });

  test('asks for the writeback cache only where writes may be cached', () => {
    expect(u32(init().payload, out.flags) & initFlags.WRITEBACK_CACHE).toBe(0);
    expect(u32(init({ writes: 'cached' }).payload, out.flags) & initFlags.WRITEBACK_CACHE).not.toBe(0);
  });

  test('leaves locks to the kernel and truncation to SETATTR', () => {
    const posixLocks = 1 << 1;
    const atomicTruncate = 1 << 3;
    const flockLocks = 1 << 10;
    expect(u32(init().payload, out.flags) & (posixLocks | atomicTruncate | flockLocks)).toBe(0);
  });

  test('refuses kernels older than the structs it knows, and cut-off requests', () => {
    expect(init({ minor: 30 })).toMatchObject({ result: EPROTO, error: EPROTO });
    expect(init({ sizeBytes: 8 })).toMatchObject({ result: EINVAL, error: EINVAL });
  });
});
