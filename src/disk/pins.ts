/**
 * Pins: paths at and below which everything is durable at every instant, so that a known defect does not hide the next.
 * What is pinned follows from paths alone; names that lead there are durable too, or nothing below could be.
 */
import { syncInode } from './barriers.ts';
import type { DiskState } from './disk-state.ts';
import { persistNames, placesOnPath, syncDirectory } from './durable-names.ts';
import type { Inode } from './inode.ts';
import { rootIno } from './inode-table.ts';
import type { Place } from './place.ts';

export function isPinnedInode(state: DiskState, inode: Inode): boolean {
  if (state.isPinned === undefined) return false;
  if (inode.ino === rootIno) return state.isPinned('');
  return inode.links.some((link) => isPinnedPlace(state, link));
}

/** Whether the path of the place, or one above it, is pinned. */
export function isPinnedPlace(state: DiskState, place: Place): boolean {
  if (state.isPinned === undefined) return false;
  if (state.isPinned('')) return true;
  for (let at = place; ;) {
    if (state.isPinned(state.pathAt(at))) return true;
    if (at.parent === rootIno) return false;
    at = state.table.get(at.parent)!.home;
  }
}

/** Pinned places at or below the place: the topmost ones. */
export function pinnedPlaces(state: DiskState, place: Place): Place[] {
  if (state.isPinned === undefined) return [];
  if (isPinnedPlace(state, place)) return [place];
  const ino = state.table.get(place.parent)?.volatile.entries.get(place.name);
  const inode = ino === undefined ? undefined : state.table.get(ino);
  if (inode?.kind !== 'directory') return [];
  // Names that are gone but durable count: at a pinned path they must be gone for good.
  const names = new Set([...inode.volatile.entries.keys(), ...inode.changedNames]);
  return [...names].flatMap((name) => pinnedPlaces(state, { parent: inode.ino, name }));
}

/** Makes the pinned places durable, with all that they hold and the names that lead to them. */
export function keepPinned(state: DiskState, places: readonly Place[]): void {
  for (const place of places) {
    persistNames(state.table, [...placesOnPath(state.table, place.parent), place]);
    const ino = state.table.get(place.parent)!.volatile.entries.get(place.name);
    if (ino !== undefined) syncBelow(state, ino);
  }
}

function syncBelow(state: DiskState, ino: number): void {
  const { kind, volatile } = state.table.get(ino)!;
  if (kind !== 'directory') {
    syncInode(state, state.table.own(ino));
    return;
  }
  syncDirectory(state.table, ino);
  for (const child of volatile.entries.values()) syncBelow(state, child);
}
