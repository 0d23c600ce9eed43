/**
 * A deliberately naive disk to hold the real one against, written from the rules in prose (the heads of profiles/ and
 * facts of fsync(2) and rename(2)), not from the code: two whole trees, copied whole, nothing shared, nothing kept up to
 * date. This file: the trees, and what is asked of them.
 */
import type { Choice } from '../crash-image.ts';

export const rootIno = 1;
export const pageBytes = 4096;

/** A name in the volatile tree. A rename moves the link, step by step; link(2) makes another. */
export interface Entry {
  readonly ino: number;
  readonly link: number;
  readonly step: number;
}

/** A name in the durable tree, and which links it was the name of, at which step of each. */
export interface DurableEntry {
  readonly ino: number;
  readonly links: ReadonlyMap<number, number>;
}

export interface Node<E> {
  readonly ino: number;
  readonly kind: 'file' | 'directory' | 'symlink';
  mode: number;
  mtime: number;
  ctime: number;
  xattrs: ReadonlyMap<string, string>;
  data: Uint8Array;
  /** Pages that are no holes. */
  allocated: ReadonlySet<number>;
  readonly target: string;
  readonly entries: Map<string, E>;
}

export type Tree<E> = Map<number, Node<E>>;
export type VolatileTree = Tree<Entry>;
export type DurableTree = Tree<DurableEntry>;

/** What of an inode is un-synced, names apart. */
export interface Dirt {
  /** Bytes written, by offset. */
  readonly written: ReadonlySet<number>;
  /** Pages that may differ. */
  readonly pages: ReadonlySet<number>;
  readonly attributes: boolean;
}

export const clean: Dirt = { written: new Set(), pages: new Set(), attributes: false };

export interface Where {
  readonly dir: number;
  readonly name: string;
}

export class Model {
  readonly names: 'volatile' | 'durable';
  readonly attributes: 'volatile' | 'durable';
  volatile: VolatileTree = new Map();
  durable: DurableTree = new Map();
  dirt = new Map<number, Dirt>();
  memories = new Map<number, number>();
  lastIno = rootIno;
  lastLink = 0;

  constructor(rules: { names: 'volatile' | 'durable'; attributes: 'volatile' | 'durable' }, now: number) {
    this.names = rules.names;
    this.attributes = rules.attributes;
    this.volatile.set(rootIno, newNode(rootIno, 'directory', 0o755, now));
    this.durable.set(rootIno, newNode(rootIno, 'directory', 0o755, now));
  }

  copy(): Model {
    const copy = new Model(this, 0);
    copy.volatile = copyTree(this.volatile);
    copy.durable = copyTree(this.durable);
    copy.dirt = new Map(this.dirt);
    copy.memories = new Map(this.memories);
    copy.lastIno = this.lastIno;
    copy.lastLink = this.lastLink;
    return copy;
  }

  /** What a power cut leaves: what durable names lead to; or, as a kill, what names lead to. */
  image(choice: Choice): Model {
    const image = this.copy();
    const found = reachable(choice === 'lose-all' ? this.durable : this.volatile);
    image.volatile = new Map();
    image.durable = new Map();
    for (const ino of found) {
      const node = (choice === 'lose-all' ? this.durable : this.volatile).get(ino)!;
      const volatile = { ...node, entries: new Map<string, Entry>() };
      const durable = { ...node, entries: new Map<string, DurableEntry>() };
      for (const [name, entry] of node.entries) {
        // After a boot every name is a link of its own, whatever it was before.
        const link = ++image.lastLink;
        volatile.entries.set(name, { ino: entry.ino, link, step: 0 });
        durable.entries.set(name, { ino: entry.ino, links: new Map([[link, 0]]) });
      }
      image.volatile.set(ino, volatile);
      image.durable.set(ino, durable);
    }
    image.dirt = new Map();
    image.memories = new Map();
    return image;
  }

  /** Inodes to which anything leads that is not a memory. */
  named(): Set<number> {
    return new Set([rootIno, ...namedIn(this.volatile), ...namedIn(this.durable)]);
  }

  changedNames(dir: number): string[] {
    const now = this.volatile.get(dir)!.entries;
    const kept = this.durable.get(dir)!.entries;
    const names = new Set([...now.keys(), ...kept.keys()]);
    return [...names].filter((name) => now.get(name)?.ino !== kept.get(name)?.ino);
  }

  dirtOf(ino: number): Dirt {
    return this.dirt.get(ino) ?? clean;
  }

  sizeDiffers(ino: number): boolean {
    return this.volatile.get(ino)!.data.length !== this.durable.get(ino)!.data.length;
  }

  isUnsynced(ino: number): boolean {
    const { pages, attributes } = this.dirtOf(ino);
    return pages.size > 0 || attributes || this.sizeDiffers(ino) || this.changedNames(ino).length > 0;
  }

  /** Un-synced inodes that a cut can take something from. */
  unsynced(): number[] {
    const named = this.named();
    return [...this.volatile.keys()].filter((ino) => named.has(ino) && this.isUnsynced(ino));
  }

  wheres(ino: number): Where[] {
    return wheresIn(this.volatile, ino);
  }

  /** Directories have one name; the root is its own parent. */
  parentOf(dir: number): number {
    return this.wheres(dir)[0]?.dir ?? rootIno;
  }

  nlink(ino: number): number {
    const node = this.volatile.get(ino)!;
    const names = this.wheres(ino).length;
    if (node.kind !== 'directory') return names;
    if (ino !== rootIno && names === 0) return 0;
    const children = [...node.entries.values()].map((entry) => this.volatile.get(entry.ino)!);
    return 2 + children.filter(({ kind }) => kind === 'directory').length;
  }

  /** To be called after every op: forgets what nothing leads to, and what the two trees agree on. */
  tidy(): void {
    for (;;) {
      const named = this.named();
      const gone = [...this.volatile.keys()].filter((ino) => !named.has(ino));
      // What a directory durably holds is lost with its last name.
      const emptied = gone.filter((ino) => this.durable.get(ino)!.entries.size > 0);
      for (const ino of emptied) this.durable.get(ino)!.entries.clear();
      const dead = gone.filter((ino) => !this.memories.has(ino));
      for (const ino of dead) for (const map of [this.volatile, this.durable, this.dirt]) map.delete(ino);
      if (emptied.length + dead.length === 0) break;
    }
    for (const [ino, now] of this.volatile) {
      const kept = this.durable.get(ino)!;
      // Times that ops leave by themselves are no loss.
      if (!this.isUnsynced(ino)) Object.assign(kept, { mtime: now.mtime, ctime: now.ctime });
      for (const [name, { ino: child, link, step }] of now.entries) {
        const durable = kept.entries.get(name);
        if (durable?.ino !== child) continue;
        kept.entries.set(name, { ino: child, links: new Map(durable.links).set(link, step) });
      }
    }
  }
}

export function newNode<E>(
  ino: number,
  kind: Node<E>['kind'],
  mode: number,
  now: number,
  target = '',
): Node<E> {
  const data = new Uint8Array(0);
  const times = { mtime: now, ctime: now };
  return {
    ino,
    kind,
    mode,
    ...times,
    xattrs: new Map(),
    data,
    allocated: new Set(),
    target,
    entries: new Map(),
  };
}

export function copyTree<E>(tree: Tree<E>): Tree<E> {
  return new Map([...tree].map(([ino, node]) => [ino, { ...node, entries: new Map(node.entries) }]));
}

export function reachable(tree: Tree<{ readonly ino: number }>): Set<number> {
  const found = new Set([rootIno]);
  for (const ino of found) for (const entry of tree.get(ino)?.entries.values() ?? []) found.add(entry.ino);
  return found;
}

export function namedIn(tree: Tree<{ readonly ino: number }>): Set<number> {
  return new Set([...tree.values()].flatMap((node) => [...node.entries.values()].map(({ ino }) => ino)));
}

export function wheresIn(tree: Tree<{ readonly ino: number }>, ino: number): Where[] {
  return [...tree].flatMap(([dir, { entries }]) =>
    [...entries].filter(([, entry]) => entry.ino === ino).map(([name]) => ({ dir, name })),
  );
}
