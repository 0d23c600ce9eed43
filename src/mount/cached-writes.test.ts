import { expect, test } from 'vitest';
import { Disk } from '../disk/disk.ts';
import { profiles } from '../disk/profiles/catalogue.ts';
import { askedSizeBytes, withCachedWrites } from './cached-writes.ts';
import { diskFileSystem } from './filesystem.ts';

const caller = { pid: 1, uid: 0, gid: 0 };

function cachedFile() {
  const clock = { monotonicMs: () => 0, wallMs: () => 0 };
  const disk = new Disk({ profile: profiles.get('strict')!, clock });
  const created = disk.create(caller, Disk.rootIno, 'f', 0o600);
  if (typeof created === 'number') throw new Error(`errno ${created}`);
  disk.write(caller, created.ino, 0, Buffer.from('abc'));
  disk.fsync(caller, created.ino, true);
  disk.fsyncDirectory(caller, Disk.rootIno);
  const holder = { current: disk };
  return { disk, ino: created.ino, fileSystem: withCachedWrites(diskFileSystem(holder), holder) };
}

const times = { mtime: { seconds: 5, nanoseconds: 6 }, ctime: { seconds: 7, nanoseconds: 8 } };

test('times that come with pages are no op and leave nothing un-synced', () => {
  const { disk, ino, fileSystem } = cachedFile();
  const ops = disk.opCount;
  expect(fileSystem.setattr(caller, ino, times)).toMatchObject(times);
  expect(disk.opCount).toBe(ops);
  expect(disk.unsynced()).toEqual([]);
});

test('times that a program sets with an access time are attributes, un-synced until a sync', () => {
  const { disk, ino, fileSystem } = cachedFile();
  fileSystem.setattr(caller, ino, { ...times, atime: { seconds: 1, nanoseconds: 0 } });
  expect(disk.unsynced()).toMatchObject([{ path: 'f', metadata: true }]);
});

test('a truncation to the size that asks is answered with the size, and changes nothing', () => {
  const { disk, ino, fileSystem } = cachedFile();
  expect(fileSystem.setattr(caller, ino, { ...times, size: askedSizeBytes })).toMatchObject({ size: 3 });
  expect(disk.unsynced()).toEqual([]);
});
