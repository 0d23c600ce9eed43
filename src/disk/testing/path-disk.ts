/**
 * A disk spoken to in paths and texts, as the tests' stories are told. Every op must succeed, unless a test asks for its
 * errno through the disk itself.
 */
import { Disk } from '../disk.ts';
import type { Choice } from '../crash-image.ts';
import type { Inode } from '../inode.ts';
import type { Op } from '../op.ts';
import { PageStore } from '../page-store.ts';
import type { Place } from '../place.ts';
import type { Profile } from '../profiles/profile.ts';
import { strict } from '../profiles/strict.ts';

export const caller = { pid: 7, uid: 1000, gid: 1000 };

export interface Story {
  readonly profile?: Profile;
  readonly pins?: readonly string[];
  readonly capacityBytes?: number;
  readonly records?: boolean;
}

/** A clock that ticks a millisecond each time it is read: no two ops share a time. */
export function tickingClock() {
  let ms = 1_000_000;
  return { monotonicMs: () => ms, wallMs: () => ++ms };
}

export class PathDisk {
  readonly disk: Disk;
  readonly ops: Op[];

  constructor(disk: Disk, ops: Op[]) {
    this.disk = disk;
    this.ops = ops;
  }

  static create({ profile = strict, pins, capacityBytes = 2 ** 24, records = false }: Story = {}): PathDisk {
    const ops: Op[] = [];
    const disk = new Disk({
      profile,
      clock: tickingClock(),
      store: new PageStore(capacityBytes),
      onOp: (op) => ops.push(op),
      records,
      owner: { uid: 1000, gid: 1000 },
      ...(pins === undefined ? {} : { isPinned: (path: string) => pins.includes(path) }),
    });
    return new PathDisk(disk, ops);
  }

  ino(path: string): number {
    return this.inode(path).ino;
  }

  inode(path: string): Inode {
    let ino = Disk.rootIno;
    for (const name of path.split('/').filter(Boolean)) ino = ok(this.disk.lookup(ino, name), path).ino;
    return this.disk.inode(ino)!;
  }

  /** Creates the file if it is not there; appends. */
  append(path: string, text: string): this {
    const ino = this.exists(path) ? this.ino(path) : this.create(path);
    ok(this.disk.write(caller, ino, this.disk.inode(ino)!.size, Buffer.from(text)), path);
    return this;
  }

  write(path: string, text: string, offset = 0): this {
    const ino = this.exists(path) ? this.ino(path) : this.create(path);
    ok(this.disk.write(caller, ino, offset, Buffer.from(text)), path);
    return this;
  }

  create(path: string): number {
    const { parent, name } = this.place(path);
    return ok(this.disk.create(caller, parent, name, 0o644), path).ino;
  }

  mkdir(...paths: string[]): this {
    for (const path of paths) {
      const { parent, name } = this.place(path);
      ok(this.disk.mkdir(caller, parent, name, 0o755), path);
    }
    return this;
  }

  symlink(path: string, target: string): this {
    const { parent, name } = this.place(path);
    ok(this.disk.symlink(caller, parent, name, target), path);
    return this;
  }

  link(path: string, newPath: string): this {
    const { parent, name } = this.place(newPath);
    ok(this.disk.link(caller, this.ino(path), parent, name), newPath);
    return this;
  }

  unlink(...paths: string[]): this {
    for (const path of paths) {
      const { parent, name } = this.place(path);
      ok(this.disk.unlink(caller, parent, name), path);
    }
    return this;
  }

  rmdir(path: string): this {
    const { parent, name } = this.place(path);
    ok(this.disk.rmdir(caller, parent, name), path);
    return this;
  }

  rename(path: string, newPath: string, flags = 0): this {
    const from = this.place(path);
    const to = this.place(newPath);
    ok(this.disk.rename(caller, from.parent, from.name, to.parent, to.name, flags), `${path} to ${newPath}`);
    return this;
  }

  exchange(path: string, other: string): this {
    return this.rename(path, other, 2);
  }

  truncate(path: string, size: number): this {
    ok(this.disk.setattr(caller, this.ino(path), { size }), path);
    return this;
  }

  chmod(path: string, mode: number): this {
    ok(this.disk.setattr(caller, this.ino(path), { mode }), path);
    return this;
  }

  /** fsync of files and directories; '' is the root. */
  fsync(...paths: string[]): this {
    for (const path of paths) ok(this.disk.fsync(caller, this.ino(path), false), path);
    return this;
  }

  fdatasync(path: string): this {
    ok(this.disk.fsync(caller, this.ino(path), true), path);
    return this;
  }

  checkpoint(): this {
    this.disk.checkpoint(caller);
    return this;
  }

  exists(path: string): boolean {
    const { parent, name } = this.place(path);
    return typeof this.disk.lookup(parent, name) !== 'number';
  }

  read(path: string): string {
    const { ino, size, kind } = this.inode(path);
    if (kind !== 'file') return '';
    const bytes = Buffer.alloc(size);
    ok(this.disk.readInto(ino, 0, bytes, 0, size), path);
    return bytes.toString('latin1');
  }

  /** Every path: a file's text, a symlink's target after `-> `, a directory's path ending in a slash. */
  tree(): Record<string, string> {
    const found: Record<string, string> = {};
    const visit = (ino: number, path: string) => {
      const entries = this.disk.entries(ino);
      if (typeof entries === 'number') throw new Error(`${path} cannot be listed: errno ${entries}`);
      for (const [name] of entries) {
        const inode = ok(this.disk.lookup(ino, name), path + name);
        if (inode.kind === 'directory') {
          found[`${path}${name}/`] = '';
          visit(inode.ino, `${path}${name}/`);
        } else {
          found[path + name] = inode.kind === 'symlink' ? `-> ${inode.target}` : this.read(path + name);
        }
      }
    };
    visit(Disk.rootIno, '');
    return found;
  }

  /** What a cut now leaves. */
  cut(choice: Choice = 'lose-all'): PathDisk {
    return new PathDisk(this.disk.crashImage(choice), this.ops);
  }

  place(path: string): Place {
    const cut = path.lastIndexOf('/');
    return { parent: cut < 0 ? Disk.rootIno : this.ino(path.slice(0, cut)), name: path.slice(cut + 1) };
  }
}

export function ok<Result>(result: Result | number, what = 'op'): Exclude<Result, number> {
  if (typeof result === 'number' && result < 0) throw new Error(`${what}: errno ${result}`);
  return result as Exclude<Result, number>;
}
