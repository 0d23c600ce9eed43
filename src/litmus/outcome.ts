/**
 * The canonical form of a tree after a crash, one line of text: equal outcomes are equal strings, on a profile and on a real
 * file system. Entries are sorted by path and separated by spaces:
 *
 *     d/  d/s->"target"  f="old"  g==f  h=A*4096:0600{user.k="v"}
 *
 * A directory ends in a slash; a file shows its contents; a further name of the same inode shows `==` and its first name;
 * modes and xattrs are there only where the program sets some (attributesTouched). No times, no inode numbers, no owners.
 */
import { printContents } from './contents.ts';

/** What was found at a path. */
export type Node = {
  /** From the root of the tree, without a leading slash. */
  readonly path: string;
  /** The same number for names of the same inode. */
  readonly ino: number | bigint;
  readonly mode: number;
  /** Of the user namespace, name with `user.`. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
} & (
  | { readonly kind: 'directory' }
  | { readonly kind: 'file'; readonly contents: Uint8Array }
  | { readonly kind: 'symlink'; readonly target: string }
);

export interface OutcomeOptions {
  readonly modes: boolean;
  readonly xattrs: boolean;
}

export const emptyOutcome = '(empty)';

/** The nodes in any order, without the root. */
export function printOutcome(nodes: Iterable<Node>, options: OutcomeOptions): string {
  const sorted = [...nodes].sort((a, b) => (a.path < b.path ? -1 : 1));
  const firstNames = new Map<number | bigint, string>();
  const entries = sorted.map((node) => {
    const first = firstNames.get(node.ino);
    if (first !== undefined) return `${node.path}==${first}`;
    firstNames.set(node.ino, node.path);
    return describe(node) + attributes(node, options);
  });
  return entries.length === 0 ? emptyOutcome : entries.join(' ');
}

function describe(node: Node): string {
  if (node.kind === 'directory') return `${node.path}/`;
  if (node.kind === 'file') return `${node.path}=${printContents(node.contents)}`;
  return `${node.path}->${printContents(new TextEncoder().encode(node.target))}`;
}

function attributes(node: Node, { modes, xattrs }: OutcomeOptions): string {
  // A symlink has neither in any way that matters.
  if (node.kind === 'symlink') return '';
  const mode = modes ? `:${(node.mode & 0o7777).toString(8).padStart(4, '0')}` : '';
  if (!xattrs || node.xattrs.size === 0) return mode;
  const sorted = [...node.xattrs].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${mode}{${sorted.map(([name, value]) => `${name}=${printContents(value)}`).join(',')}}`;
}
