/**
 * Names that become durable are made, moved and taken in the tree of plain files, before the disk's durable face has them:
 * what the system refuses does not become durable. A rename is the system's rename(2), so that a cut of this very program
 * shows the old name or the new one; sets of names that no single call can change go through names of our own, which are
 * gone when `apply` returns.
 */
import * as fs from 'node:fs';
import { readFace } from '../../disk/adoption.ts';
import type { DiskState } from '../../disk/disk-state.ts';
import { ENOENT, type Errno } from '../../disk/errno.ts';
import type { Inode } from '../../disk/inode.ts';
import { rootIno } from '../../disk/inode-table.ts';
import { isSamePlace, type Place } from '../../disk/place.ts';
import { bytesOf } from '../tree-transfer.ts';
import type { OpenFiles } from './open-files.ts';
import { errnoOf, look, makeSpecial, putAttributes } from './tree.ts';

interface Change extends Place {
  readonly oldIno: number | undefined;
  readonly newIno: number | undefined;
}

const chunkSizeBytes = 1024 * 1024;

export class NameMirror {
  readonly #state: DiskState;
  readonly #root: string;
  readonly #files: OpenFiles;
  /** Where inodes stand that the batch at work has made or moved. */
  readonly #placed = new Map<number, string>();
  /** Names that the batch at work changes, by directory; and the directories that it gives a name. */
  readonly #changed = new Map<number, Set<string>>();
  readonly #placing = new Set<number>();
  #asideCount = 0;
  #refusal: Errno | 0 = 0;

  constructor(state: DiskState, root: string, files: OpenFiles) {
    this.#state = state;
    this.#root = root;
    this.#files = files;
  }

  /** What the system refused since the last call. */
  takeRefusal(): Errno | 0 {
    const refusal = this.#refusal;
    this.#refusal = 0;
    return refusal;
  }

  /** Where the inode stands in the tree, by its durable names. */
  pathOf(ino: number): string | undefined {
    if (ino === rootIno) return this.#root;
    const placed = this.#placed.get(ino);
    if (placed !== undefined) return placed;
    for (const place of this.#state.table.get(ino)?.durableLinks ?? []) {
      const path = this.#pathAt(place);
      if (path !== undefined) return path;
    }
    return undefined;
  }

  apply(places: readonly Place[]): Errno | 0 {
    try {
      this.#change(places.map((place) => this.#changeAt(place)));
      return 0;
    } catch (error) {
      this.#refusal = errnoOf(error);
      return this.#refusal;
    } finally {
      this.#placed.clear();
      this.#changed.clear();
      this.#placing.clear();
    }
  }

  #changeAt({ parent, name }: Place): Change {
    const directory = this.#state.table.get(parent)!;
    const oldIno = directory.durable.entries.get(name);
    const newIno = directory.volatile.entries.get(name);
    return { parent, name, oldIno, newIno };
  }

  #change(changes: readonly Change[]): void {
    for (const { parent, name, oldIno, newIno } of changes) {
      if (oldIno === newIno) continue;
      this.#changed.set(parent, (this.#changed.get(parent) ?? new Set()).add(name));
      if (newIno !== undefined && this.#inode(newIno).kind === 'directory') this.#placing.add(newIno);
    }
    const losses = changes.filter(({ oldIno, newIno }) => oldIno !== undefined && oldIno !== newIno);
    const gains = changes.filter(({ oldIno, newIno }) => newIno !== undefined && oldIno !== newIno);
    const [gain] = gains;
    if (gain === undefined) this.#takeAll(losses);
    else if (gains.length === 1 && losses.every((loss) => isOf(loss, gain)) && this.#mayReplace(gain))
      this.#giveOne(gain, losses);
    else this.#exchange(losses, gains);
  }

  /** One name is gained, and lost is at most what it replaces and where it came from. */
  #giveOne(gain: Change, losses: readonly Change[]): void {
    const to = this.#pathAt(gain);
    const ino = gain.newIno!;
    if (to === undefined) {
      // The directory is not in the tree. What left the tree for there is gone from it until that directory comes.
      this.#takeAll(losses);
      return;
    }
    const from = losses.find((loss) => loss.oldIno === ino && !isSamePlace(loss, gain));
    const left = from === undefined ? undefined : this.#pathAt(from);
    const isDirectory = this.#inode(ino).kind === 'directory';
    if (gain.oldIno !== undefined) this.#keepOpen(gain.oldIno, to);
    const source = left ?? (isDirectory ? this.pathOf(ino) : undefined);
    if (source !== undefined) this.#move(ino, source, to);
    else if (gain.oldIno === undefined) this.#give(ino, to);
    else {
      const aside = this.#aside();
      this.#give(ino, aside);
      this.#move(ino, aside, to);
    }
    this.#takeAll(losses.filter((loss) => loss !== from && !isSamePlace(loss, gain)));
  }

  /**
   * Puts aside what stands where something else comes, or is to stand elsewhere; gives every name what it gains; then takes
   * away what is left. Nothing goes before what it may be a source of has come.
   */
  #exchange(losses: readonly Change[], gains: readonly Change[]): void {
    const aside = new Map<number, string>();
    const later: Change[] = [];
    for (const loss of losses) {
      const path = this.#pathAt(loss);
      if (path === undefined || look(path) === undefined) continue;
      const isInTheWay = loss.newIno !== undefined || gains.some(({ newIno }) => newIno === loss.oldIno);
      if (!isInTheWay || aside.has(loss.oldIno!)) {
        later.push(loss);
        continue;
      }
      const place = this.#aside();
      this.#move(loss.oldIno!, path, place);
      aside.set(loss.oldIno!, place);
    }
    // Two names of one file, one in the way of something else.
    this.#takeAll(later.filter(({ newIno }) => newIno !== undefined));
    // A directory may stand in another that is placed first.
    for (let left = [...gains]; left.length > 0;) {
      const ready = left.filter((gain) => this.#pathAt(gain) !== undefined);
      if (ready.length === 0) break;
      for (const gain of ready) this.#place(gain.newIno!, this.#pathAt(gain)!, aside);
      left = left.filter((gain) => !ready.includes(gain));
    }
    this.#takeAll(later.filter(({ newIno }) => newIno === undefined));
    for (const [ino, path] of aside) this.#remove(ino, path);
  }

  #place(ino: number, to: string, aside: Map<number, string>): void {
    const from = aside.get(ino) ?? (this.#inode(ino).kind === 'directory' ? this.pathOf(ino) : undefined);
    if (from === undefined) this.#give(ino, to);
    else this.#move(ino, from, to);
    aside.delete(ino);
  }

  /** Deepest first: a directory goes after what was in it. */
  #takeAll(losses: readonly Change[]): void {
    const found = losses.flatMap((loss) => {
      const path = this.#pathAt(loss);
      return path === undefined || look(path) === undefined ? [] : [{ ino: loss.oldIno!, path }];
    });
    const depth = (path: string) => path.split('/').length;
    found.sort((a, b) => depth(b.path) - depth(a.path));
    for (const { ino, path } of found) this.#remove(ino, path);
  }

  #remove(ino: number, path: string): void {
    this.#keepOpen(ino, path);
    if (this.#inode(ino).kind === 'directory') this.#removeDirectory(ino, path);
    else fs.unlinkSync(bytesOf(path));
  }

  /** What the directory durably holds still, the way to it goes: no cut can reach it any more. */
  #removeDirectory(ino: number, path: string): void {
    for (const [name, child] of this.#inode(ino).durable.entries) {
      if (look(`${path}/${name}`) !== undefined) this.#remove(child, `${path}/${name}`);
    }
    fs.rmdirSync(bytesOf(path));
  }

  /** The last name may be going; whoever has the file open reads on. */
  #keepOpen(ino: number, path: string): void {
    if (this.#inode(ino).kind === 'file') this.#files.hold(ino, () => path);
  }

  #move(ino: number, from: string, to: string): void {
    try {
      fs.renameSync(bytesOf(from), bytesOf(to));
    } catch (error) {
      if (this.#inode(ino).kind !== 'socket' || errnoOf(error) !== ENOENT) throw error;
    }
    this.#placed.set(ino, to);
  }

  /** rename(2) puts no directory over a file, nor a file over a directory. */
  #mayReplace({ oldIno, newIno }: Change): boolean {
    if (oldIno === undefined) return true;
    return (this.#inode(oldIno).kind === 'directory') === (this.#inode(newIno!).kind === 'directory');
  }

  /** Another name for what the tree has, or the inode itself, as it durably is. */
  #give(ino: number, to: string): void {
    const from = this.pathOf(ino);
    if (from === undefined) this.#make(this.#inode(ino), to);
    else if (this.#inode(ino).kind !== 'socket') fs.linkSync(bytesOf(from), bytesOf(to));
  }

  #make(inode: Inode, path: string): void {
    if (inode.kind === 'socket') return;
    if (inode.kind === 'file') this.#makeFile(inode, path);
    else if (inode.kind === 'directory') this.#makeDirectory(inode, path);
    else {
      const aside = this.#aside();
      makeSpecial(inode, aside);
      putAttributes(inode, inode.durable, aside);
      fs.renameSync(bytesOf(aside), bytesOf(path));
    }
    this.#placed.set(inode.ino, path);
    this.#noteBacking(inode.ino, path);
  }

  #makeFile(inode: Inode, path: string): void {
    const { O_RDWR, O_CREAT, O_EXCL } = fs.constants;
    const descriptor = fs.openSync(bytesOf(path), O_RDWR | O_CREAT | O_EXCL, 0o600);
    const { durable } = inode;
    try {
      const chunk = Buffer.alloc(Math.min(chunkSizeBytes, durable.size));
      for (let offset = 0; offset < durable.size; offset += chunk.length) {
        const piece = chunk.subarray(0, Math.min(chunk.length, durable.size - offset));
        readFace(this.#state.table.store, durable, offset, piece);
        fs.writeSync(descriptor, piece, 0, piece.length, offset);
      }
      fs.fchownSync(descriptor, durable.uid, durable.gid);
      fs.fchmodSync(descriptor, durable.mode);
    } catch (error) {
      fs.closeSync(descriptor);
      fs.unlinkSync(bytesOf(path));
      throw error;
    }
    this.#files.put(inode.ino, descriptor);
  }

  #makeDirectory(inode: Inode, path: string): void {
    fs.mkdirSync(bytesOf(path), 0o700);
    for (const [name, child] of inode.durable.entries) {
      // What the batch changes it does itself; a directory that it places has left here by then.
      if (this.#changed.get(inode.ino)?.has(name) === true || this.#placing.has(child)) continue;
      this.#give(child, `${path}/${name}`);
    }
    putAttributes(inode, inode.durable, path);
  }

  #noteBacking(ino: number, path: string): void {
    const found = look(path);
    if (found !== undefined)
      this.#state.table.own(ino).backing = { ino: found.ino, blocks512: found.blocks512 };
  }

  #pathAt({ parent, name }: Place): string | undefined {
    const directory = this.pathOf(parent);
    return directory === undefined ? undefined : `${directory}/${name}`;
  }

  #aside(): string {
    return `${this.#root}/.powercut-${process.pid}-${++this.#asideCount}`;
  }

  #inode(ino: number): Inode {
    return this.#state.table.get(ino)!;
  }
}

function isOf(loss: Change, gain: Change): boolean {
  return isSamePlace(loss, gain) || loss.oldIno === gain.newIno;
}
