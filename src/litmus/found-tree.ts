/** Reads the canonical text of an outcome back into a tree, to be compared with what a profile allows. */
import { pageSizeBytes } from '../disk/page-store.ts';
import type { FoundTree } from '../disk/persistence/membership.ts';
import { noEntries, noPages, noXattrs, treeInode, type TreeInode } from '../disk/persistence/tree.ts';
import { rootIno } from '../disk/persistence/history.ts';
import { parseContents } from './contents.ts';
import { emptyOutcome, type OutcomeOptions } from './outcome.ts';

type Draft = { -readonly [Key in keyof TreeInode]: TreeInode[Key] } & { entries: Map<string, number> };

/** Throws an Error that names the entry that cannot be read. */
export function parseOutcome(outcome: string, options: OutcomeOptions): FoundTree {
  const root = draft(rootIno, 'directory');
  const inodes = new Map<number, Draft>([[rootIno, root]]);
  const byPath = new Map<string, Draft>([['', root]]);
  for (const entry of outcome === emptyOutcome ? [] : outcome.split(' ')) {
    const { path, sign, rest } = splitEntry(entry);
    const cut = path.lastIndexOf('/');
    const directory = byPath.get(cut < 0 ? '' : path.slice(0, cut));
    if (directory === undefined) throw new Error(`${entry}: its directory does not stand before it`);
    const inode = sign === '==' ? byPath.get(rest) : readInode(inodes.size + 1, sign, rest);
    if (inode === undefined) throw new Error(`${entry}: ${rest} does not stand before it`);
    inodes.set(inode.ino, inode);
    byPath.set(path, inode);
    directory.entries.set(path.slice(cut + 1), inode.ino);
  }
  return { inodes, modes: options.modes, xattrs: options.xattrs };
}

function splitEntry(entry: string): { path: string; sign: string; rest: string } {
  const parts = /^([A-Za-z0-9._/-]*?)(->|==|=|\/(?=$|[:{]))(.*)$/.exec(entry);
  if (parts === null) throw new Error(`${entry} is no entry of an outcome`);
  return { path: parts[1]!, sign: parts[2]!, rest: parts[3]! };
}

function readInode(ino: number, sign: string, rest: string): Draft {
  const [, contents = '', mode, xattrs] = /^(.*?)(:[0-7]{4})?(\{.*\})?$/.exec(rest)!;
  const inode = draft(ino, sign === '/' ? 'directory' : sign === '=' ? 'file' : 'symlink');
  if (mode !== undefined) inode.mode = Number.parseInt(mode.slice(1), 8);
  if (xattrs !== undefined) inode.xattrs = readXattrs(xattrs.slice(1, -1));
  if (sign === '->') inode.target = new TextDecoder().decode(parseContents(contents));
  if (sign !== '=') return inode;
  const bytes = parseContents(contents);
  inode.size = bytes.length;
  inode.pages = pagesOf(bytes);
  return inode;
}

function readXattrs(text: string): ReadonlyMap<string, Uint8Array> {
  const pairs = text.match(/[^,=]+=(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? [];
  return new Map(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), parseContents(pair.slice(pair.indexOf('=') + 1))]),
  );
}

function pagesOf(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const pages = new Map<number, Uint8Array>();
  for (let at = 0; at < bytes.length; at += pageSizeBytes) {
    const page = new Uint8Array(pageSizeBytes);
    page.set(bytes.subarray(at, at + pageSizeBytes));
    pages.set(at / pageSizeBytes, page);
  }
  return pages;
}

function draft(ino: number, kind: TreeInode['kind']): Draft {
  return { ...treeInode(ino, kind, 0), xattrs: noXattrs, entries: new Map(noEntries), pages: noPages };
}
