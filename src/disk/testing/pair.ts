/** A real disk and its model, to which the same is done. Every result must be the same. */
import { expect } from 'vitest';
import type { Choice } from '../crash-image.ts';
import { Disk } from '../disk.ts';
import type { Inode } from '../inode.ts';
import { PageStore } from '../page-store.ts';
import { lazyfs } from '../profiles/lazyfs.ts';
import type { Profile } from '../profiles/profile.ts';
import type { Command, WhereChoice } from './commands.ts';
import { Model, type Where } from './model.ts';
import * as data from './model-data.ts';
import * as ops from './model-ops.ts';

const caller = { pid: 1, uid: 0, gid: 0 };

export class ManualClock {
  ms = 1000;
  monotonicMs = () => this.ms;
  wallMs = () => this.ms;
}

/** What an op touched, by its number: to hold the ops of a loss against. */
export interface Touched {
  readonly wheres: readonly Where[];
  readonly ino: number | undefined;
  readonly isData: boolean;
}

export class Pair {
  readonly disk: Disk;
  readonly model: Model;
  readonly clock: ManualClock;
  readonly touched: Map<number, Touched>;

  constructor(disk: Disk, model: Model, clock: ManualClock, touched: Map<number, Touched>) {
    this.disk = disk;
    this.model = model;
    this.clock = clock;
    this.touched = touched;
  }

  /** With pins, both agree on what programs see; which names are durable is not the model's to say then. */
  static create(
    profile: Profile,
    isPinned?: (path: string) => boolean,
    store = new PageStore(2 ** 26),
    records = false,
  ): Pair {
    const clock = new ManualClock();
    const pins = isPinned === undefined ? {} : { isPinned };
    const disk = new Disk({ profile, clock, store, records, ...pins });
    // Inodes that only durable names keep are then nobody's business either.
    const rules = isPinned === undefined ? profile : lazyfs;
    return new Pair(disk, new Model(rules, clock.ms), clock, new Map());
  }

  fork(): Pair {
    const model = this.model.copy();
    // Open files are open in the origin.
    model.memories.clear();
    model.tidy();
    return new Pair(this.disk.fork({ recorded: true }), model, this.clock, new Map(this.touched));
  }

  image(choice: Choice): Pair {
    const model = this.model.image(choice);
    model.tidy();
    return new Pair(this.disk.crashImage(choice), model, this.clock, new Map(this.touched));
  }

  /** Does it to both. */
  run(command: Command): void {
    this.clock.ms += 1000;
    const before = this.disk.opCount;
    const { real, naive, touched } = this.#perform(command, this.clock.ms);
    this.model.tidy();
    const result = typeof real === 'number' ? real : real.ino;
    expect(result, `result of ${JSON.stringify(command)}`).toBe(naive);
    if (this.disk.opCount > before && touched !== undefined) this.touched.set(this.disk.opCount, touched);
  }

  #perform(command: Command, now: number): Performed {
    const { disk, model } = this;
    switch (command.op) {
      case 'create':
      case 'mkdir':
      case 'symlink':
        return this.#make(command.op, this.where(command.at), now);
      case 'temporary': {
        const dir = this.#directory(command.dir);
        const real = disk.temporary(caller, dir, 0o600);
        if (typeof real !== 'number') disk.remember(real.ino);
        return { real, naive: ops.makeTemporary(model, dir, 0o600, now) };
      }
      case 'link': {
        const [ino, at] = [this.#inode(command.file), this.where(command.at)];
        const real = disk.link(caller, ino, at.dir, at.name);
        return { real, naive: ops.link(model, ino, at, now), touched: names(at) };
      }
      case 'unlink':
      case 'rmdir': {
        const at = this.where(command.at);
        const isRmdir = command.op === 'rmdir';
        const real = isRmdir ? disk.rmdir(caller, at.dir, at.name) : disk.unlink(caller, at.dir, at.name);
        return { real, naive: ops.remove(model, at, isRmdir, now), touched: names(at) };
      }
      case 'rename': {
        const [from, to] = [this.where(command.from), this.where(command.to)];
        const real = disk.rename(caller, from.dir, from.name, to.dir, to.name, command.flags);
        return { real, naive: ops.rename(model, from, to, command.flags, now), touched: names(from, to) };
      }
      case 'fsync-dir': {
        const ino = this.#directory(command.dir);
        return { real: disk.fsyncDirectory(caller, ino), naive: ops.fsync(model, ino, false) };
      }
      case 'checkpoint':
        disk.checkpoint(caller);
        ops.checkpoint(model);
        return nothing;
      case 'lose-unsynced': {
        const { changedInos } = disk.loseUnsynced(caller);
        expect([...changedInos].sort()).toEqual(ops.loseUnsynced(model, now).sort());
        return nothing;
      }
      case 'forget-all':
        disk.forgetAll();
        model.memories.clear();
        return nothing;
      case 'fork':
      case 'cut':
      case 'switch':
        return nothing;
      default:
        return this.#performOnInode(command, now);
    }
  }

  #make(op: 'create' | 'mkdir' | 'symlink', at: Where, now: number): Performed {
    const { disk, model } = this;
    const touched = names(at);
    if (op === 'create') {
      const real = disk.create(caller, at.dir, at.name, 0o644);
      return { real, naive: ops.make(model, at, 'file', 0o644, now), touched };
    }
    if (op === 'mkdir') {
      const real = disk.mkdir(caller, at.dir, at.name, 0o755);
      return { real, naive: ops.make(model, at, 'directory', 0o755, now), touched };
    }
    const real = disk.symlink(caller, at.dir, at.name, 'target');
    return { real, naive: ops.make(model, at, 'symlink', 0o777, now), touched };
  }

  #performOnInode(command: OnInode, now: number): Performed {
    const { disk, model } = this;
    const ino = this.#inode('file' in command ? command.file : command.inode);
    const [dataOf, attributesOf] = [
      { wheres: [], ino, isData: true },
      { wheres: [], ino, isData: false },
    ];
    switch (command.op) {
      case 'write': {
        const bytes = new Uint8Array(command.length).fill((now / 1000) % 251);
        const real = disk.write(caller, ino, command.offset, bytes);
        return { real, naive: data.write(model, ino, command.offset, bytes, now), touched: dataOf };
      }
      case 'truncate': {
        const real = errnoOf(disk.setattr(caller, ino, { size: command.size, mtime: 'now' }));
        return { real, naive: data.truncate(model, ino, command.size, now), touched: dataOf };
      }
      case 'allocate': {
        const { mode, offset, length } = command;
        const real = disk.allocate(caller, ino, mode, offset, length);
        return { real, naive: data.allocate(model, ino, mode, offset, length, now), touched: dataOf };
      }
      case 'chmod': {
        const real = errnoOf(disk.setattr(caller, ino, { mode: command.value }));
        const naive = ops.changeAttributes(model, ino, now, (node) => (node.mode = command.value));
        return { real, naive, touched: attributesOf };
      }
      case 'utimes': {
        const real = errnoOf(
          disk.setattr(caller, ino, { mtime: { seconds: command.value, nanoseconds: 0 } }),
        );
        const naive = ops.changeAttributes(model, ino, now, (node) => (node.mtime = command.value * 1000));
        return { real, naive, touched: attributesOf };
      }
      case 'xattr': {
        const { name, value } = command;
        const real =
          value === undefined
            ? disk.removeXattr(caller, ino, name)
            : disk.setXattr(caller, ino, name, Buffer.from(value), 0);
        return { real, naive: ops.setXattr(model, ino, name, value, now), touched: attributesOf };
      }
      case 'fsync':
      case 'fdatasync': {
        const dataOnly = command.op === 'fdatasync';
        return { real: disk.fsync(caller, ino, dataOnly), naive: ops.fsync(model, ino, dataOnly) };
      }
      case 'remember':
        disk.remember(ino);
        model.memories.set(ino, (model.memories.get(ino) ?? 0) + 1);
        return nothing;
      case 'forget':
        this.#forget(ino);
        return nothing;
    }
  }

  #forget(ino: number): void {
    const count = this.model.memories.get(ino) ?? 0;
    if (count === 0) return;
    this.disk.forget(ino, 1);
    if (count === 1) this.model.memories.delete(ino);
    else this.model.memories.set(ino, count - 1);
  }

  where(choice: WhereChoice): Where {
    if ('dir' in choice) return { dir: this.#directory(choice.dir), name: choice.name };
    const all = [...this.model.volatile].flatMap(([dir, { entries }]) =>
      [...entries.keys()].map((name) => ({ dir, name })),
    );
    return all[choice.existing % all.length] ?? { dir: 1, name: 'a' };
  }

  #inode(index: number): number {
    const inos = [...this.model.volatile.keys()];
    return inos[index % inos.length]!;
  }

  #directory(index: number): number {
    const nodes = [...this.model.volatile.values()].filter(({ kind }) => kind === 'directory');
    return nodes[index % nodes.length]!.ino;
  }
}

interface Performed {
  readonly real: Inode | number;
  readonly naive: number;
  readonly touched?: Touched;
}

type OnInode = Extract<Command, { file: number } | { inode: number }> & {
  op: Exclude<Command['op'], 'link'>;
};

const nothing: Performed = { real: 0, naive: 0 };

function names(...wheres: Where[]): Touched {
  return { wheres, ino: undefined, isData: false };
}

function errnoOf(result: Inode | number): number {
  return typeof result === 'number' ? result : 0;
}
