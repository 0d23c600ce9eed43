/** What must hold inside a disk at any time, and inside an image: checked on the inodes themselves. */
import { expect } from 'vitest';
import type { Disk } from '../disk.ts';
import type { Face, Inode } from '../inode.ts';

/** `lastIno`: the highest inode number ever given. */
export function expectSound(disk: Disk, lastIno: number): void {
  const inodes = inodesOf(disk, lastIno);
  const [volatile, durable] = [namesOf(inodes, 'volatile'), namesOf(inodes, 'durable')];
  for (const inode of inodes) {
    const { ino, links, durableLinks, home } = inode;
    const root = ino === 1 ? ['1/'] : [];
    expect(links.map(placeText).sort(), `links of ${ino}`).toEqual(
      [...(volatile.get(ino) ?? []), ...root].sort(),
    );
    expect(durableLinks.map(placeText).sort(), `durable links of ${ino}`).toEqual(
      [...(durable.get(ino) ?? []), ...root].sort(),
    );
    if (links.length > 0) expect(links.map(placeText)).toContain(placeText(home));
    for (const { left = [] } of links)
      for (const place of left)
        expect(durableLinks.map(placeText), `left by ${ino}`).toContain(placeText(place));
    if (inode.kind === 'directory') expect(durableLinks.length).toBeLessThanOrEqual(1);
    expect([...inode.changedNames].sort(), `changed names of ${ino}`).toEqual(changedNames(inode));
    for (const face of [inode.volatile, inode.durable])
      expect(face.subdirectories, `subdirectories of ${ino}`).toBe(countDirectories(disk, face));
    expectCleanPagesEqual(inode);
  }
}

/** An image has nothing un-synced, and nothing that its names do not reach. */
export function expectSettled(image: Disk, lastIno: number): void {
  expectSound(image, lastIno);
  expect(image.unsynced()).toEqual([]);
  expect(image.loss('lose-all').ops).toEqual([]);
  const names = new Map<number, number>();
  const visit = (ino: number) => {
    const entries = image.entries(ino);
    for (const [, child] of typeof entries === 'number' ? [] : entries) {
      names.set(child, (names.get(child) ?? 0) + 1);
      if (image.inode(child)!.kind === 'directory') visit(child);
    }
  };
  visit(1);
  expect(image.stats().files, 'everything is reached').toBe(names.size + 1);
  for (const inode of inodesOf(image, lastIno)) {
    const { ino, kind, nlink, volatile, durable } = inode;
    if (kind !== 'directory') expect(nlink, `nlink of ${ino}`).toBe(names.get(ino));
    expect({ ...durable, pages: [], entries: [...durable.entries].sort() }).toEqual({
      ...volatile,
      pages: [],
      entries: [...volatile.entries].sort(),
    });
    expect([...inode.pending]).toEqual([]);
  }
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
      expect(volatile.pages.get(page), `page ${page} of ${ino}`).toBe(durable.pages.get(page));
  }
}
