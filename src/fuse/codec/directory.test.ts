import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { header } from '../testing/header-layout.ts';
import { u32, u64 } from '../testing/messages.ts';
import { someAttributes } from '../testing/recording-filesystem.ts';
import { DirectoryReply } from './directory.ts';
import { Reply } from './reply.ts';

interface Listed {
  readonly name: string;
  readonly ino: bigint;
  readonly type: number;
  readonly next: bigint;
  /** Of fuse_entry_out; undefined in a plain listing. */
  readonly nodeid?: bigint;
}

/** As the kernel parses it (FUSE_DIRENT_SIZE, FUSE_DIRENTPLUS_SIZE). */
function parse(bytes: Buffer, plus: boolean): Listed[] {
  const listed: Listed[] = [];
  const direntOffset = plus ? header.fuse_direntplus.dirent : 0;
  for (let at = 0; at < bytes.length;) {
    const dirent = at + direntOffset;
    const nameBytes = u32(bytes, dirent + header.fuse_dirent.namelen);
    const nameAt = dirent + header.fuse_dirent.name;
    listed.push({
      name: bytes.toString('latin1', nameAt, nameAt + nameBytes),
      ino: u64(bytes, dirent + header.fuse_dirent.ino),
      type: u32(bytes, dirent + header.fuse_dirent.type),
      next: u64(bytes, dirent + header.fuse_dirent.off),
      ...(plus && { nodeid: u64(bytes, at + header.fuse_entry_out.nodeid) }),
    });
    at += Math.ceil((direntOffset + header.fuse_dirent.name + nameBytes) / 8) * 8;
  }
  return listed;
}

const binaryName = fc
  .uint8Array({ minLength: 1, maxLength: 255 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));

describe('a directory reply', () => {
  test('holds each entry that it accepted, whole, and never more bytes than were asked for', () => {
    fc.assert(
      fc.property(
        fc.array(binaryName, { maxLength: 40 }),
        fc.integer({ min: 0, max: 4096 }),
        fc.boolean(),
        (names, sizeBytes, plus) => {
          const reply = new Reply(8192);
          reply.bytes.fill(0xa5);
          const entries = new DirectoryReply(reply, sizeBytes, plus);
          const accepted = names.filter((name, index) =>
            entries.add(name, 100 + index, 8, index + 1, someAttributes),
          );

          expect(reply.payloadBytes).toBeLessThanOrEqual(sizeBytes);
          const listed = parse(reply.bytes.subarray(16, reply.length), plus);
          expect(listed.map(({ name }) => name)).toEqual(accepted);
          if (plus) expect(listed.every(({ nodeid }) => nodeid === BigInt(someAttributes.ino))).toBe(true);
        },
      ),
    );
  });

  test('lists a name without attributes in such a way that the kernel remembers no inode', () => {
    const reply = new Reply(4096);
    const entries = new DirectoryReply(reply, 4096, true);
    entries.add('..', 2 ** 40, 4, 2);
    expect(parse(reply.bytes.subarray(16, reply.length), true)).toEqual([
      { name: '..', ino: 2n ** 40n, type: 4, next: 2n, nodeid: 0n },
    ]);
  });
});
