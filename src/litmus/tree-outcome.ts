/** The outcome that a tree is, in canonical form. */
import { pageSizeBytes } from '../disk/page-store.ts';
import { rootIno } from '../disk/persistence/history.ts';
import { pathsByInode, type Tree } from '../disk/persistence/tree.ts';
import { printOutcome, type Node, type OutcomeOptions } from './outcome.ts';

/** By default with all that outcomes can show. */
export function outcomeOf(tree: Tree, options: OutcomeOptions = { modes: true, xattrs: true }): string {
  const nodes: Node[] = [];
  for (const [ino, paths] of pathsByInode(tree, rootIno)) {
    if (ino === rootIno) continue;
    const { kind, mode, xattrs, target, size, pages } = tree.inodes.get(ino)!;
    for (const path of paths) {
      const common = { path, ino, mode, xattrs };
      if (kind === 'directory') nodes.push({ ...common, kind });
      else if (kind === 'symlink') nodes.push({ ...common, kind, target });
      else nodes.push({ ...common, kind: 'file', contents: contentsOf(size, pages) });
    }
  }
  return printOutcome(nodes, options);
}

function contentsOf(size: number, pages: ReadonlyMap<number, Uint8Array>): Uint8Array {
  const contents = new Uint8Array(size);
  for (const [page, bytes] of pages) {
    const from = page * pageSizeBytes;
    if (from < size) contents.set(bytes.subarray(0, Math.min(pageSizeBytes, size - from)), from);
  }
  return contents;
}
