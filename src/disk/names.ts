/**
 * Names in the volatile face, as programs make, move and take them: entries of directories and links of inodes, which must
 * agree. Whether a name outlives a cut is decided in durable-names.ts.
 *
 * Directories are left to their op to settle, when all of it is done: half a rename can look as if nothing were un-synced.
 */
import type { Inode } from './inode.ts';
import type { InodeTable } from './inode-table.ts';
import { isSamePlace, nowhere, without, type Link, type Place } from './place.ts';

/** The place must be free. */
export function enterName(table: InodeTable, place: Place, ino: number): void {
  const inode = table.ownLinks(ino);
  setEntry(table, place, inode);
  inode.links = inode.links.length === 0 ? [place] : [...inode.links, place];
  if (inode.links.length === 1) inode.home = place;
  table.settle(inode);
}

export function leaveName(table: InodeTable, place: Place): void {
  const inode = inodeAt(table, place);
  setEntry(table, place, undefined);
  inode.links = without(inode.links, place);
  // The last name stays on as what people call the file while programs have it open.
  if (inode.links.length > 0 && isSamePlace(inode.home, place)) inode.home = inode.links[0]!;
  table.settle(inode);
}

/** `to` must be free. */
export function moveName(table: InodeTable, from: Place, to: Place): void {
  const inode = inodeAt(table, from);
  setEntry(table, from, undefined);
  setEntry(table, to, inode);
  moveLink(table, inode, from, to);
}

export function exchangeNames(table: InodeTable, a: Place, b: Place): void {
  const first = inodeAt(table, a);
  const second = inodeAt(table, b);
  setEntry(table, a, second);
  setEntry(table, b, first);
  moveLink(table, first, a, b);
  moveLink(table, second, b, a);
}

function inodeAt(table: InodeTable, place: Place): Inode {
  return table.ownLinks(table.get(place.parent)!.volatile.entries.get(place.name)!);
}

function setEntry(table: InodeTable, { parent, name }: Place, inode: Inode | undefined): void {
  const directory = table.own(parent);
  const { entries } = directory.volatile;
  const old = entries.get(name);
  if (old !== undefined && table.get(old)!.kind === 'directory') directory.volatile.subdirectories--;
  if (inode?.kind === 'directory') directory.volatile.subdirectories++;
  if (inode === undefined) entries.delete(name);
  else entries.set(name, inode.ino);
  if (directory.durable.entries.get(name) === inode?.ino) directory.changedNames.delete(name);
  else directory.changedNames.add(name);
}

function moveLink(table: InodeTable, inode: Inode, from: Place, to: Place): void {
  const link = inode.links.find((each) => isSamePlace(each, from))!;
  const left = placesLeft(inode, link, to);
  const moved: Link = left.length === 0 ? to : { parent: to.parent, name: to.name, left };
  inode.links =
    inode.links.length === 1 ? [moved] : inode.links.map((each) => (each === link ? moved : each));
  inode.home = moved;
  table.settle(inode);
}

/** The durable names that the link will have left once it is at `to`. */
function placesLeft(inode: Inode, link: Link, to: Place): readonly Place[] {
  if (inode.durableLinks.length === 0) return nowhere;
  const isDurable = inode.durableLinks.some((place) => isSamePlace(place, link));
  const left = link.left ?? nowhere;
  const all = isDurable ? [...left, { parent: link.parent, name: link.name }] : left;
  return without(all, to);
}
