/** What must hold inside a disk at any time, and inside an image: checked on the inodes themselves. */
import type { Disk } from '../disk.ts';
import type { Face } from '../face.ts';
import type { Inode } from '../inode.ts';
import { expectEqual } from './same.ts';

/** `lastIno`: the highest inode number ever given. */
export function expectSound(disk: Disk, lastIno: number): void {
  const inodes = inodesOf(disk, lastIno);
  const [volatile, durable] = [namesOf(inodes, 'volatile'), namesOf(inodes, 'durable')];
  for (const inode of inodes) {
    const { ino, kind, home } = inode;
    const root = ino === 1 ? ['1/'] : [];
    const links = inode.links.map(placeText);
    const durableLinks = inode.durableLinks.map(placeText);
    const left = inode.links.flatMap((link) => link.left ?? []).map(placeText);
    expectEqual(links.sort(), [...(volatile.get(ino) ?? []), ...root].sort(), `links of ${ino}`);
    expectEqual(
      durableLinks.sort(),
      [...(durable.get(ino) ?? []), ...root].sort(),
      `durable links of ${ino}`,
    );
    expectEqual(links.length === 0 || links.includes(placeText(home)), true, `home of ${ino}`);
    expectEqual(
      left.filter((place) => !durableLinks.includes(place)),
      [],
      `names that ${ino} left`,
    );
    expectEqual(kind === 'directory' && durableLinks.length > 1, false, `durable names of directory ${ino}`);
    expectEqual([...inode.changedNames].sort(), changedNames(inode), `changed names of ${ino}`);
    for (const face of [inode.volatile, inode.durable])
      expectEqual(face.subdirectories, countDirectories(disk, face), `subdirectories of ${ino}`);
    expectCleanPagesEqual(inode);
  }
}

/** An image has nothing un-synced, and nothing that its names do not reach. */
export function expectSettled(image: Disk, lastIno: number): void {
  expectSound(image, lastIno);
  expectEqual(image.unsynced(), [], 'un-synced in the image');
  const names = new Map<number, number>();
  const visit = (ino: number) => {
    const entries = image.entries(ino);
    for (const [, child] of typeof entries === 'number' ? [] : entries) {
      names.set(child, (names.get(child) ?? 0) + 1);
      if (image.inode(child)!.kind === 'directory') visit(child);
    }
  };
  visit(1);
  expectEqual(image.stats().files, names.size + 1, 'files, and files that names reach');
  for (const inode of inodesOf(image, lastIno)) {
    const { ino, kind, nlink, volatile, durable } = inode;
    if (kind !== 'directory') expectEqual(nlink, names.get(ino), `nlink of ${ino}`);
    expectEqual(shownOf(durable), shownOf(volatile), `faces of ${ino}`);
    expectEqual([...inode.pending], [], `pending ops of ${ino}`);
  }
}

/** Pages are compared by expectSound: none may be dirty. */
function shownOf(face: Face): unknown {
  const { mode, uid, gid, atime, mtime, ctime, size, xattrs, subdirectories } = face;
  const entries = [...face.entries].sort();
  return { mode, uid, gid, atime, mtime, ctime, size, xattrs: [...(xattrs ?? [])], subdirectories, entries };
}

function inodesOf(disk: Disk, lastIno: number): Inode[] {
  return Array.from({ length: lastIno }, (_, index) => disk.inode(index + 1)).filter(
    (inode) => inode !== undefined,
  );
}

function placeText({ parent, name }: { parent: number; name: string }): string {
  return `${parent}/${name}`;
}

function namesOf(inodes: readonly Inode[], face: 'volatile' | 'durable'): Map<number, string[]> {
  const names = new Map<number, string[]>();
  for (const inode of inodes) {
    for (const [name, ino] of inode[face].entries)
      names.set(ino, [...(names.get(ino) ?? []), placeText({ parent: inode.ino, name })]);
  }
  return names;
}

function changedNames({ volatile, durable }: Inode): string[] {
  const names = new Set([...volatile.entries.keys(), ...durable.entries.keys()]);
  return [...names].filter((name) => volatile.entries.get(name) !== durable.entries.get(name)).sort();
}

function countDirectories(disk: Disk, face: Face): number {
  return [...face.entries.values()].filter((ino) => disk.inode(ino)?.kind === 'directory').length;
}

function expectCleanPagesEqual({ ino, dirty, volatile, durable }: Inode): void {
  const dirtyPages = new Set(dirty.pages());
  const pages = new Set([...volatile.pages.indexes(), ...durable.pages.indexes()]);
  for (const page of pages) {
    if (!dirtyPages.has(page))
      expectEqual(volatile.pages.get(page), durable.pages.get(page), `page ${page} of ${ino}`);
  }
}
