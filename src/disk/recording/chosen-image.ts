/**
 * The crash image of a choice among what a profile allows: a fork of the disk on which each inode that the log speaks of stands as
 * the choice has it, in both faces. What the log does not speak of is alike in both already. It costs what is un-synced.
 */
import { dropUnreachable } from '../crash-image.ts';
import type { DiskState } from '../disk-state.ts';
import { punch, revertData, syncData, truncate, writeBytes } from '../file-data.ts';
import type { Inode } from '../inode.ts';
import type { InodeTable } from '../inode-table.ts';
import { pageSizeBytes } from '../page-store.ts';
import type { FileHistory } from '../persistence/file-history.ts';
import type { EntryCell, History, InodeHistory } from '../persistence/history.ts';
import {
  attributePositionOf,
  cutsOf,
  sizeOf,
  versionOf,
  type ImageChoice,
} from '../persistence/image-choice.ts';
import { pageContent } from '../persistence/page-content.ts';
import { isSamePlace, type Place } from '../place.ts';
import type { Recorded } from './recorded.ts';

/** `state` is a fork that holds what the log speaks of, and belongs to nobody else yet. */
export function settleChoice(
  state: DiskState,
  log: readonly Recorded[],
  history: History,
  choice: ImageChoice,
): void {
  const { table } = state;
  const changed = [...history.inodes.values()].filter(({ ino }) => table.get(ino) !== undefined);
  settleNames(table, [...history.cells()], choice);
  for (const inode of changed) {
    if (inode.file !== undefined) settleFile(table, inode.file, choice);
    settleAttributes(table, log, inode, choice);
  }
  for (const { ino } of changed) clear(table, table.own(ino));
  for (const { ino } of changed) if (table.get(ino) !== undefined) dropUnreachable(table, ino);
  table.holdOnly(new Set());
  if (table.unsyncedCount > 0) throw new Error('a crash image must have nothing un-synced');
}

function settleNames(table: InodeTable, cells: readonly EntryCell[], { frame }: ImageChoice): void {
  const places = new Map<number, Place[]>();
  const placesOf = (ino: number): Place[] => {
    const known = places.get(ino) ?? [];
    places.set(ino, known);
    return known;
  };
  const spoken = new SpokenNames(cells);
  for (const cell of cells) {
    const { place, chain } = cell;
    const chosen = chain.at(frame.entryPosition(cell));
    for (const ino of [chain.base, ...chain.versions.map(({ value }) => value)])
      if (ino !== undefined) placesOf(ino);
    if (chosen !== undefined) placesOf(chosen).push(place);
    setEntry(table, place, chosen);
  }
  for (const [ino, chosen] of places) {
    if (table.get(ino) === undefined) continue;
    const inode = table.own(ino);
    // Of the other names the faces are alike.
    const others = inode.durableLinks.filter((place) => !spoken.has(place));
    const all = [...others, ...chosen].map(({ parent, name }) => ({ parent, name }));
    inode.links = inode.durableLinks = all;
    if (!all.some((link) => isSamePlace(link, inode.home))) inode.home = all[0] ?? inode.home;
  }
}

class SpokenNames {
  readonly #names = new Map<number, Set<string>>();

  constructor(cells: readonly EntryCell[]) {
    for (const { place } of cells) {
      const names = this.#names.get(place.parent);
      if (names === undefined) this.#names.set(place.parent, new Set([place.name]));
      else names.add(place.name);
    }
  }

  has({ parent, name }: Place): boolean {
    return this.#names.get(parent)?.has(name) === true;
  }
}

/** In both faces. Counts of subdirectories are those of the durable one, moved on. */
function setEntry(table: InodeTable, { parent, name }: Place, ino: number | undefined): void {
  if (table.get(parent) === undefined) return;
  const { volatile, durable } = table.own(parent);
  const isDirectory = (each: number | undefined) =>
    each !== undefined && table.get(each)?.kind === 'directory' ? 1 : 0;
  durable.subdirectories += isDirectory(ino) - isDirectory(durable.entries.get(name));
  for (const { entries } of [volatile, durable]) {
    if (ino === undefined) entries.delete(name);
    else entries.set(name, ino);
  }
}

function settleFile(table: InodeTable, file: FileHistory, choice: ImageChoice): void {
  const inode = table.own(file.ino);
  const { store } = table;
  const { mtime, ctime } = inode.volatile;
  revertData(store, inode);
  if (file.events.length + file.sizes.length === 0) return;
  const space = choice.frame.file(file);
  const size = sizeOf(choice, space);
  const cuts = cutsOf(choice, space);
  let isChanged = size.size !== inode.durable.size;
  for (const page of file.changedPages()) {
    const offset = page * pageSizeBytes;
    const length = Math.min(pageSizeBytes, size.size - offset);
    if (length <= 0) continue;
    const version = versionOf(choice, space, page, size);
    if (version === 0 && cuts === 0) continue;
    isChanged = true;
    const bytes = pageContent(file, page, version, cuts);
    punch(store, inode, offset, pageSizeBytes);
    if (bytes !== undefined) writeBytes(store, inode, offset, bytes.subarray(0, length), true);
  }
  truncate(store, inode, size.size);
  syncData(store, inode);
  // Times come with the data.
  if (isChanged) Object.assign(inode.durable, { mtime, ctime });
}

function settleAttributes(
  table: InodeTable,
  log: readonly Recorded[],
  { ino, mode, xattrs }: InodeHistory,
  choice: ImageChoice,
): void {
  const durable = table.own(ino).ownDurable(table.store);
  const position = mode.positionAt(attributePositionOf(choice, ino, mode));
  const kept = position === 0 ? undefined : log[position - 1]?.attributes;
  if (kept !== undefined) Object.assign(durable, kept);
  if (xattrs.size === 0) return;
  const values = new Map(durable.xattrs);
  for (const [name, chain] of xattrs) {
    const value = chain.at(attributePositionOf(choice, ino, chain));
    if (value === undefined) values.delete(name);
    else values.set(name, value);
  }
  durable.xattrs = values.size === 0 ? undefined : values;
}

/** Nothing of it is un-synced any more. */
function clear(table: InodeTable, inode: Inode): void {
  inode.volatile.copyAttributes(inode.durable);
  if (inode.kind === 'directory') inode.volatile.subdirectories = inode.durable.subdirectories;
  inode.attributesChanged = false;
  if (inode.changedNames.size > 0) inode.changedNames.clear();
  inode.clearPending();
  table.settle(inode);
}
