/**
 * Names in both faces: binding and unbinding them as programs do, and making them durable by the rules of fsync(2) and
 * rename(2). The one place that knows when a name outlives a cut.
 */
import type { Inode } from './inode.ts';
import { rootIno, type InodeTable } from './inode-table.ts';

/** Binds (or, with undefined, unbinds) a name in the volatile face. `carriedAway`: a rename moved the old inode elsewhere. */
export function bindVolatile(
  table: InodeTable,
  directory: Inode,
  name: string,
  ino: number | undefined,
  carriedAway = 0,
): void {
  table.change(directory, () => {
    if (ino === undefined) directory.volatile.entries.delete(name);
    else directory.volatile.entries.set(name, ino);
    const earlier = directory.changedNames.get(name);
    if (directory.durable.entries.get(name) === ino) directory.changedNames.delete(name);
    else directory.changedNames.set(name, carriedAway === 0 ? (earlier ?? 0) : carriedAway);
  });
}

/** fsync of a directory: all its names. */
export function syncNames(table: InodeTable, directory: Inode): void {
  for (const name of [...directory.changedNames.keys()]) persistName(table, directory.ino, name);
  const owned = table.own(directory.ino);
  table.change(owned, () => {
    owned.durable.copyAttributes(owned.volatile);
    owned.attributesChanged = false;
    owned.pending.clear();
  });
}

/**
 * Makes one name durable as it is now. If a rename carried its old inode away, the inode's new name becomes durable
 * first: renames are atomic (rename(2)), so a cut may show both names but never neither.
 */
export function persistName(table: InodeTable, directoryIno: number, name: string): void {
  const directory = table.own(directoryIno);
  const carriedAway = directory.changedNames.get(name);
  if (carriedAway === undefined) return;
  table.change(directory, () => directory.changedNames.delete(name));
  directory.pending.forgetName(name);
  if (carriedAway !== 0 && directory.durable.entries.get(name) === carriedAway)
    persistNewHome(table, carriedAway);
  const ino = directory.volatile.entries.get(name);
  const child = ino === undefined ? undefined : table.get(ino);
  // A directory that moves must not be hung below a place which itself hangs below its old name.
  if (child?.kind === 'directory' && child.durableHome !== undefined) makeReachable(table, directoryIno);
  bindDurable(table, directory, name, ino);
  table.change(directory, () => directory.durable.copyTimes(directory.volatile));
}

/** Makes the directory's own name durable, and those above it, up to the root. */
export function makeReachable(table: InodeTable, directoryIno: number): void {
  let ino = directoryIno;
  while (ino !== rootIno) {
    const directory = table.get(ino);
    if (directory === undefined || directory.nlink === 0) return;
    const parent = table.get(directory.parent);
    if (parent === undefined) return;
    if (parent.durable.entries.get(directory.name) !== ino) persistName(table, parent.ino, directory.name);
    ino = parent.ino;
  }
}

function persistNewHome(table: InodeTable, ino: number): void {
  const inode = table.get(ino);
  if (inode === undefined || inode.nlink === 0) return;
  const parent = table.get(inode.parent);
  if (parent?.volatile.entries.get(inode.name) !== ino) return;
  makeReachable(table, parent.ino);
  persistName(table, parent.ino, inode.name);
}

function bindDurable(table: InodeTable, directory: Inode, name: string, ino: number | undefined): void {
  const old = directory.durable.entries.get(name);
  if (old === ino) return;
  if (ino === undefined) directory.durable.entries.delete(name);
  else {
    const child = table.own(ino);
    if (child.kind === 'directory') {
      unbindOldHome(table, child);
      child.durableHome = { parent: directory.ino, name };
    }
    child.durableLinks++;
    directory.durable.entries.set(name, ino);
  }
  if (old !== undefined) unlinkDurable(table, old, directory.ino, name);
}

/** A directory has one durable name: gaining the new one is losing the old one. */
function unbindOldHome(table: InodeTable, child: Inode): void {
  const home = child.durableHome;
  if (home === undefined || !table.get(home.parent)) return;
  const parent = table.own(home.parent);
  if (parent.durable.entries.get(home.name) !== child.ino) return;
  parent.durable.entries.delete(home.name);
  child.durableLinks--;
  child.durableHome = undefined;
  table.change(parent, () => {
    if (parent.volatile.entries.get(home.name) === undefined) {
      parent.changedNames.delete(home.name);
      parent.pending.forgetName(home.name);
    }
  });
}

function unlinkDurable(table: InodeTable, ino: number, directoryIno: number, name: string): void {
  if (table.get(ino) === undefined) return;
  const inode = table.own(ino);
  inode.durableLinks--;
  if (inode.durableHome?.parent === directoryIno && inode.durableHome.name === name)
    inode.durableHome = undefined;
  table.reap(ino);
}
