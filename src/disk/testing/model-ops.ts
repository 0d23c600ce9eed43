/** The naive disk: ops on names and attributes, and barriers. They return 0 or an inode number, or a negative errno. */
import { EEXIST, EINVAL, EISDIR, ENODATA, ENOENT, ENOTDIR, ENOTEMPTY, EPERM } from '../errno.ts';
import { clean, newNode, rootIno, type Entry, type Model, type Node, type Where } from './model.ts';
import { persist } from './model-durable-names.ts';

type Kind = Node<Entry>['kind'];

export function make(model: Model, where: Where, kind: Kind, mode: number, now: number): number {
  const refused = refuseNew(model, where);
  if (refused !== 0) return refused;
  const ino = addNode(model, kind, mode, now);
  enter(model, where, { ino, link: ++model.lastLink, step: 0 }, now);
  settle(model, [where]);
  return ino;
}

/** O_TMPFILE, remembered by whoever has it open. */
export function makeTemporary(model: Model, dir: number, mode: number, now: number): number {
  if (model.volatile.get(dir)?.kind !== 'directory') return ENOTDIR;
  if (model.nlink(dir) === 0) return ENOENT;
  const ino = addNode(model, 'file', mode, now);
  model.memories.set(ino, 1);
  return ino;
}

export function link(model: Model, ino: number, where: Where, now: number): number {
  const node = model.volatile.get(ino);
  if (node === undefined) return ENOENT;
  if (node.kind === 'directory') return EPERM;
  const refused = refuseNew(model, where);
  if (refused !== 0) return refused;
  node.ctime = now;
  enter(model, where, { ino, link: ++model.lastLink, step: 0 }, now);
  settle(model, [where]);
  return ino;
}

export function remove(model: Model, where: Where, isRmdir: boolean, now: number): number {
  const dir = model.volatile.get(where.dir);
  if (dir?.kind !== 'directory') return ENOTDIR;
  const entry = dir.entries.get(where.name);
  if (entry === undefined) return ENOENT;
  const node = model.volatile.get(entry.ino)!;
  if (!isRmdir && node.kind === 'directory') return EISDIR;
  if (isRmdir && node.kind !== 'directory') return ENOTDIR;
  if (node.entries.size > 0) return ENOTEMPTY;
  leave(model, where, now);
  settle(model, [where]);
  return 0;
}

export function rename(model: Model, from: Where, to: Where, flags: number, now: number): number {
  const [dir, toDir] = [model.volatile.get(from.dir), model.volatile.get(to.dir)];
  if (dir?.kind !== 'directory' || toDir?.kind !== 'directory') return ENOTDIR;
  const [entry, other] = [dir.entries.get(from.name), toDir.entries.get(to.name)];
  if (model.nlink(to.dir) === 0 || entry === undefined) return ENOENT;
  if (flags > 2) return EINVAL;
  if (flags === 1 && other !== undefined) return EEXIST;
  if (flags === 2 && other === undefined) return ENOENT;
  if (above(model, to.dir).includes(entry.ino)) return EINVAL;
  if (flags === 2 && above(model, from.dir).includes(other!.ino)) return EINVAL;
  if (other?.ino === entry.ino) return 0;
  if (flags !== 2 && other !== undefined) {
    const [source, target] = [model.volatile.get(entry.ino)!, model.volatile.get(other.ino)!];
    if (source.kind === 'directory' && target.kind !== 'directory') return ENOTDIR;
    if (source.kind !== 'directory' && target.kind === 'directory') return EISDIR;
    if (target.entries.size > 0) return ENOTEMPTY;
  }
  if (flags !== 2 && other !== undefined) leave(model, to, now);
  leave(model, from, now);
  enter(model, to, { ...entry, step: entry.step + 1 }, now);
  if (flags === 2) enter(model, from, { ...other!, step: other!.step + 1 }, now);
  for (const ino of flags === 2 ? [entry.ino, other!.ino] : [entry.ino]) model.volatile.get(ino)!.ctime = now;
  settle(model, [from, to]);
  return 0;
}

export function changeAttributes(
  model: Model,
  ino: number,
  now: number,
  change: (node: Node<Entry>) => number,
): number {
  const node = model.volatile.get(ino)!;
  const result = change(node);
  if (result < 0) return result;
  node.ctime = now;
  if (model.attributes === 'durable') copyAttributes(model, ino);
  else model.dirt.set(ino, { ...model.dirtOf(ino), attributes: true });
  return 0;
}

export function setXattr(
  model: Model,
  ino: number,
  name: string,
  value: string | undefined,
  now: number,
): number {
  if (value === undefined && !model.volatile.get(ino)!.xattrs.has(name)) return ENODATA;
  return changeAttributes(model, ino, now, (node) => {
    const xattrs = new Map(node.xattrs);
    if (value === undefined) xattrs.delete(name);
    else xattrs.set(name, value);
    node.xattrs = xattrs;
    return 0;
  });
}

export function fsync(model: Model, ino: number, dataOnly: boolean): number {
  const node = model.volatile.get(ino)!;
  if (node.kind === 'directory') {
    persist(
      model,
      model.changedNames(ino).map((name) => ({ dir: ino, name })),
    );
    if (!dataOnly) copyAttributes(model, ino);
    return 0;
  }
  const durable = model.durable.get(ino)!;
  Object.assign(durable, { data: node.data.slice(), allocated: node.allocated });
  model.dirt.set(ino, { ...clean, attributes: model.dirtOf(ino).attributes });
  if (!dataOnly) copyAttributes(model, ino);
  return 0;
}

export function checkpoint(model: Model): void {
  for (const ino of model.unsynced()) if (model.volatile.has(ino)) fsync(model, ino, false);
  // What has no name now may be given one.
  for (const [ino, { kind }] of model.volatile) if (kind !== 'directory') fsync(model, ino, false);
}

/** Data and sizes of files go back, of those that have names. Returns which. */
export function loseUnsynced(model: Model, now: number): number[] {
  const lost = model.unsynced().filter((ino) => model.dirtOf(ino).pages.size > 0 || model.sizeDiffers(ino));
  for (const ino of lost) {
    const { data, allocated } = model.durable.get(ino)!;
    Object.assign(model.volatile.get(ino)!, { data: data.slice(), allocated, mtime: now, ctime: now });
    model.dirt.set(ino, { ...clean, attributes: model.dirtOf(ino).attributes });
  }
  return lost;
}

function addNode(model: Model, kind: Kind, mode: number, now: number): number {
  const ino = ++model.lastIno;
  const target = kind === 'symlink' ? 'target' : '';
  model.volatile.set(ino, newNode(ino, kind, mode, now, target));
  model.durable.set(ino, newNode(ino, kind, mode, now, target));
  return ino;
}

function refuseNew(model: Model, { dir, name }: Where): number {
  const node = model.volatile.get(dir);
  if (node?.kind !== 'directory') return ENOTDIR;
  if (model.nlink(dir) === 0) return ENOENT;
  return node.entries.has(name) ? EEXIST : 0;
}

function enter(model: Model, { dir, name }: Where, entry: Entry, now: number): void {
  const node = model.volatile.get(dir)!;
  node.entries.set(name, entry);
  Object.assign(node, { mtime: now, ctime: now });
}

function leave(model: Model, { dir, name }: Where, now: number): void {
  const node = model.volatile.get(dir)!;
  model.volatile.get(node.entries.get(name)!.ino)!.ctime = now;
  node.entries.delete(name);
  Object.assign(node, { mtime: now, ctime: now });
}

function settle(model: Model, wheres: readonly Where[]): void {
  if (model.names === 'durable') persist(model, wheres);
}

function above(model: Model, dir: number): number[] {
  return dir === rootIno ? [rootIno] : [dir, ...above(model, model.parentOf(dir))];
}

function copyAttributes(model: Model, ino: number): void {
  const { mode, mtime, ctime, xattrs } = model.volatile.get(ino)!;
  Object.assign(model.durable.get(ino)!, { mode, mtime, ctime, xattrs });
  model.dirt.set(ino, { ...model.dirtOf(ino), attributes: false });
}
