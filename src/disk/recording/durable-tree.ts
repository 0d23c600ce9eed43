/** The durable face of a disk as the base of its recorder's log: looked at where somebody asks, nothing of it is copied before. */
import type { Inode } from '../inode.ts';
import { rootIno, type InodeTable } from '../inode-table.ts';
import type { PageMap } from '../page-map.ts';
import { hole, pageSizeBytes, type PageStore } from '../page-store.ts';
import { noEntries, noPages, noXattrs, type Tree, type TreeInode } from '../persistence/tree.ts';
import type { SharedMap } from '../shared-map.ts';
import { LazyMap } from './lazy-map.ts';

/** Valid for as long as the disk does not change. */
export function durableTree(table: InodeTable): Tree {
  return {
    inodes: new DurableInodes(table),
    homeOf(directory) {
      const home = table.get(directory)?.durableLinks[0];
      if (home === undefined) throw new Error(`directory ${directory} has no durable name`);
      return home;
    },
  };
}

class DurableInodes extends LazyMap<number, TreeInode> {
  readonly #table: InodeTable;
  readonly #seen = new Map<number, TreeInode>();

  constructor(table: InodeTable) {
    super();
    this.#table = table;
  }

  /** Whether or not a durable name leads to it. */
  get(ino: number): TreeInode | undefined {
    const seen = this.#seen.get(ino);
    if (seen !== undefined) return seen;
    const inode = this.#table.get(ino);
    if (inode === undefined) return undefined;
    const found = treeInodeOf(inode, this.#table.store);
    this.#seen.set(ino, found);
    return found;
  }

  /** Those that durable names lead to. */
  *keys(): MapIterator<number> {
    const reached = new Set([rootIno]);
    // The set grows while it is walked.
    for (const ino of reached) {
      yield ino;
      for (const child of this.#table.get(ino)!.durable.entries.values()) reached.add(child);
    }
  }
}

function treeInodeOf({ ino, kind, target, durable }: Inode, store: PageStore): TreeInode {
  return {
    ino,
    kind,
    target,
    mode: durable.mode,
    xattrs: durable.xattrs ?? noXattrs,
    entries: kind === 'directory' ? new DurableEntries(durable.entries) : noEntries,
    size: durable.size,
    pages: kind === 'file' ? new DurablePages(durable.pages, store) : noPages,
  };
}

class DurableEntries extends LazyMap<string, number> {
  readonly #entries: SharedMap<number>;

  constructor(entries: SharedMap<number>) {
    super();
    this.#entries = entries;
  }

  get(name: string): number | undefined {
    return this.#entries.get(name);
  }

  override get size(): number {
    return this.#entries.size;
  }

  *keys(): MapIterator<string> {
    yield* this.#entries.keys();
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
