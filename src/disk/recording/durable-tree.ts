/** The durable face of a disk as the base of its recorder's log: looked at where somebody asks, nothing of it is copied before. */
import type { Inode } from '../inode.ts';
import { rootIno, type InodeTable } from '../inode-table.ts';
import type { PageMap } from '../page-map.ts';
import { hole, pageSizeBytes, type PageStore } from '../page-store.ts';
import { noEntries, noPages, noXattrs, type Tree, type TreeInode } from '../persistence/tree.ts';
import { placesOf } from '../persistence/crash-log.ts';
import type { Place } from '../place.ts';
import type { SharedMap } from '../shared-map.ts';
import { LazyMap } from './lazy-map.ts';
import type { Recorded } from './recorded.ts';

/**
 * Valid for as long as the disk does not change. Entries of which the log has an op stand as they were before the first of them: one
 * that moved a name can be half durable, and half of it would be told twice.
 */
export function durableTree(table: InodeTable, log: readonly Recorded[]): Tree {
  const before = entriesBefore(log);
  const homes = homesIn(before);
  return {
    inodes: new DurableInodes(table, before),
    homeOf(directory) {
      const inode = table.get(directory);
      // One that is durably gone, while the log still speaks of what was in it: where it stood is settled, whatever that was.
      const home = homes.get(directory) ?? inode?.durableLinks[0] ?? inode?.home;
      if (home === undefined) throw new Error(`directory ${directory} is not on the disk`);
      return home;
    },
  };
}

function homesIn(before: ReadonlyMap<number, Entries>): ReadonlyMap<number, Place> {
  const homes = new Map<number, Place>();
  for (const [parent, entries] of before) {
    for (const [name, ino] of entries) if (ino !== undefined) homes.set(ino, { parent, name });
  }
  return homes;
}

type Entries = Map<string, number | undefined>;

/** By directory. */
function entriesBefore(log: readonly Recorded[]): ReadonlyMap<number, Entries> {
  const before = new Map<number, Entries>();
  const note = ({ parent, name }: Place, ino: number | undefined) => {
    const entries = before.get(parent) ?? new Map<string, number | undefined>();
    before.set(parent, entries);
    if (!entries.has(name)) entries.set(name, ino);
  };
  for (const { logged } of log) {
    if (logged?.kind === 'unlink' || logged?.kind === 'rmdir') {
      note(logged.place, logged.ino);
    } else if (logged?.kind === 'rename' || logged?.kind === 'exchange') {
      note(logged.from, logged.ino);
      note(logged.to, logged.kind === 'exchange' ? logged.other : logged.replaced);
    } else if (logged !== undefined) {
      for (const place of placesOf(logged)) note(place, undefined);
    }
  }
  return before;
}

class DurableInodes extends LazyMap<number, TreeInode> {
  readonly #table: InodeTable;
  readonly #before: ReadonlyMap<number, Entries>;
  readonly #seen = new Map<number, TreeInode>();

  constructor(table: InodeTable, before: ReadonlyMap<number, Entries>) {
    super();
    this.#table = table;
    this.#before = before;
  }

  /** Whether or not a durable name leads to it. */
  get(ino: number): TreeInode | undefined {
    const seen = this.#seen.get(ino);
    if (seen !== undefined) return seen;
    const inode = this.#table.get(ino);
    if (inode === undefined) return undefined;
    const found = treeInodeOf(inode, this.#table.store, this.#before.get(ino));
    this.#seen.set(ino, found);
    return found;
  }

  /** Those that durable names lead to. */
  *keys(): MapIterator<number> {
    const reached = new Set([rootIno]);
    // The set grows while it is walked.
    for (const ino of reached) {
      yield ino;
      for (const child of this.get(ino)!.entries.values()) reached.add(child);
    }
  }
}

function treeInodeOf(
  { ino, kind, target, durable }: Inode,
  store: PageStore,
  before: Entries = new Map<string, number | undefined>(),
): TreeInode {
  return {
    ino,
    kind,
    target,
    mode: durable.mode,
    xattrs: durable.xattrs ?? noXattrs,
    entries: kind === 'directory' ? new DurableEntries(durable.entries, before) : noEntries,
    size: durable.size,
    pages: kind === 'file' ? new DurablePages(durable.pages, store) : noPages,
  };
}

class DurableEntries extends LazyMap<string, number> {
  readonly #entries: SharedMap<number>;
  readonly #before: Entries;

  constructor(entries: SharedMap<number>, before: Entries) {
    super();
    this.#entries = entries;
    this.#before = before;
  }

  get(name: string): number | undefined {
    return this.#before.has(name) ? this.#before.get(name) : this.#entries.get(name);
  }

  *keys(): MapIterator<string> {
    for (const name of this.#entries.keys()) if (!this.#before.has(name)) yield name;
    for (const [name, ino] of this.#before) if (ino !== undefined) yield name;
  }
}

/** Bytes are read when they are asked for. */
class DurablePages extends LazyMap<number, Uint8Array> {
  readonly #map: PageMap;
  readonly #store: PageStore;

  constructor(map: PageMap, store: PageStore) {
    super();
    this.#map = map;
    this.#store = store;
  }

  override has(index: number): boolean {
    return this.#map.get(index) !== hole;
  }

  get(index: number): Uint8Array | undefined {
    const page = this.#map.get(index);
    if (page === hole) return undefined;
    const bytes = new Uint8Array(pageSizeBytes);
    this.#store.copyOut(page, 0, bytes, 0, pageSizeBytes);
    return bytes;
  }

  *keys(): MapIterator<number> {
    yield* this.#map.indexes();
  }
}
