/**
 * Names in the durable face: how they become durable, by the rules of fsync(2) and rename(2). The one place that knows
 * when a name outlives a cut.
 *
 * To make a name durable as it is now can oblige others to become durable with it, lest a cut shows what no order of the
 * program's ops explains:
 *
 * 1. A rename carried the old inode away from under this name: rename(2) is atomic, so where the inode went is durable no
 *    later than its leaving; and if the old place could be found after a cut, so can be the new one.
 * 2. A directory was removed from under this name: it was empty by then, so what it durably holds had gone where it went.
 * 3. A directory was moved here: it has but one name, so the new one must be found if the old one could, and the way to it
 *    must not lead through the old one: the way as it is now becomes durable.
 *
 * These are found first, on the durable face as it is; then all of them become durable at once.
 */
import type { Errno } from './errno.ts';
import type { Inode } from './inode.ts';
import { rootIno, type InodeTable } from './inode-table.ts';
import { isSamePlace, nowhere, type Place } from './place.ts';

/** fsync of a directory: all its names, and its attributes; fdatasync leaves those behind. */
export function syncDirectory(table: InodeTable, ino: number, dataOnly = false): Errno | 0 {
  const names = [...table.get(ino)!.changedNames];
  const refused = persistNames(
    table,
    names.map((name) => ({ parent: ino, name })),
  );
  // A directory that was removed may have lost its last durable name on the way.
  if (refused !== 0 || table.get(ino) === undefined || dataOnly) return refused;
  const directory = table.own(ino);
  directory.durable.copyAttributes(directory.volatile);
  directory.attributesChanged = false;
  directory.clearPending();
  table.settle(directory);
  return 0;
}

/** Makes these names durable as they are now, and those that they oblige: all of them, or none if the mirror refuses. */
export function persistNames(table: InodeTable, places: readonly Place[]): Errno | 0 {
  const unbound = new Set<number>();
  const chosen = withObligations(table, places);
  const refused = table.mirrorNames?.(chosen) ?? 0;
  if (refused !== 0) return refused;
  for (const place of chosen) {
    bind(table, place, unbound);
    table.recorder?.nameSettled(place);
  }
  for (const ino of unbound) table.reap(ino);
  return 0;
}

/** The places of a directory and of those above it, which a path leads through. */
export function placesOnPath(table: InodeTable, directoryIno: number): Place[] {
  const places: Place[] = [];
  for (let ino = directoryIno; ino !== rootIno;) {
    const { home } = table.get(ino)!;
    places.push(home);
    ino = home.parent;
  }
  return places;
}

function placesUntilReachable(table: InodeTable, directoryIno: number): Place[] {
  const path = placesOnPath(table, directoryIno);
  const end = path.findIndex(({ parent }) => isDurablyReachable(table, parent));
  return isDurablyReachable(table, directoryIno) ? [] : path.slice(0, end + 1);
}

/** True when a cut would leave a way from the root to this directory. */
export function isDurablyReachable(table: InodeTable, directoryIno: number): boolean {
  let ino = directoryIno;
  // Directories that no cut can reach may durably stand in a ring; then the way never ends.
  for (let steps = 0; steps <= table.count; steps++) {
    if (ino === rootIno) return true;
    const home = table.get(ino)?.durableLinks[0];
    if (home === undefined) return false;
    ino = home.parent;
  }
  return false;
}

/** The places of which the two faces differ, of these and of all that they oblige. */
function withObligations(table: InodeTable, places: readonly Place[]): Place[] {
  const chosen: Place[] = [];
  const seen = new Map<number, Set<string>>();
  const add = (place: Place) => {
    if (table.get(place.parent)?.changedNames.has(place.name) !== true) return;
    const names = seen.get(place.parent) ?? new Set();
    if (names.has(place.name)) return;
    seen.set(place.parent, names.add(place.name));
    chosen.push(place);
  };
  places.forEach(add);
  // `chosen` grows while it is walked.
  for (const place of chosen) obligationsOf(table, place).forEach(add);
  return chosen;
}

function obligationsOf(table: InodeTable, place: Place): readonly Place[] {
  const directory = table.get(place.parent)!;
  const oldIno = directory.durable.entries.get(place.name);
  const newIno = directory.volatile.entries.get(place.name);
  const old = oldIno === undefined ? undefined : table.get(oldIno)!;
  const child = newIno === undefined ? undefined : table.get(newIno)!;
  const obliged: Place[] = [];
  if (old !== undefined) {
    obliged.push(...placesOfCarriedAway(table, place, old));
    if (old.links.length === 0) for (const name of old.changedNames) obliged.push({ parent: old.ino, name });
  }
  if (child?.kind === 'directory' && isDurablyReachable(table, child.ino)) {
    obliged.push(...placesOnPath(table, place.parent));
  }
  return obliged;
}

/** Where the links went that left this durable name of the inode, unless a later durable name of theirs holds them. */
function placesOfCarriedAway(table: InodeTable, place: Place, inode: Inode): Place[] {
  const isFound = isDurablyReachable(table, place.parent);
  const places: Place[] = [];
  for (const link of inode.links) {
    const left = link.left ?? nowhere;
    const at = left.findIndex((each) => isSamePlace(each, place));
    if (at < 0) continue;
    const holds = (later: Place) => !isFound || isDurablyReachable(table, later.parent);
    if (left.slice(at + 1).some(holds)) continue;
    places.push(link);
    // What a cut can find it can find afterwards: the way need not be the present one. (Rule 3 wants it of directories.)
    if (isFound) places.push(...placesUntilReachable(table, link.parent));
  }
  return places;
}

/** Gives the durable face the name as the volatile face has it. */
function bind(table: InodeTable, place: Place, unbound: Set<number>): void {
  const directory = table.own(place.parent);
  const { entries } = directory.durable;
  const oldIno = entries.get(place.name);
  const newIno = directory.volatile.entries.get(place.name);
  if (oldIno !== undefined && oldIno !== newIno) {
    unbind(table, directory, place.name, oldIno);
    unbound.add(oldIno);
  }
  if (newIno !== undefined && oldIno !== newIno) {
    const child = table.ownLinks(newIno);
    if (child.kind === 'directory') {
      leaveOldHome(table, child);
      directory.durable.subdirectories++;
    }
    entries.set(place.name, newIno);
    // Of a link only where it is: what it left is the volatile face's memory.
    child.durableLinks = [...child.durableLinks, { parent: place.parent, name: place.name }];
    table.settle(child);
  }
  directory.changedNames.delete(place.name);
  directory.forgetPendingName(place.name);
  directory.durable.copyTimes(directory.volatile);
  table.settle(directory);
}

function unbind(table: InodeTable, directory: Inode, name: string, ino: number): void {
  const inode = table.ownLinks(ino);
  directory.durable.entries.delete(name);
  if (inode.kind === 'directory') directory.durable.subdirectories--;
  inode.loseDurableLink({ parent: directory.ino, name });
}

/** A directory has one durable name: gaining the new one is losing the old one. */
function leaveOldHome(table: InodeTable, child: Inode): void {
  const home = child.durableLinks[0];
  if (home === undefined) return;
  const parent = table.own(home.parent);
  unbind(table, parent, home.name, child.ino);
  if (parent.volatile.entries.has(home.name)) {
    parent.changedNames.add(home.name);
    parent.forgetPendingNameUntil(home.name, child.ino);
  } else {
    parent.changedNames.delete(home.name);
    parent.forgetPendingName(home.name);
  }
  table.settle(parent);
}
