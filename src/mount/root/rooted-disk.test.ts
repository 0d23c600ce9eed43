/**
 * A rooted disk against a disk in memory, to which the same is done: programs must see the same, and the tree of plain files
 * must at every instant be what a cut of the other would leave.
 */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { PageStore } from '../../disk/page-store.ts';
import { lazyfs } from '../../disk/profiles/lazyfs.ts';
import type { Profile } from '../../disk/profiles/profile.ts';
import { strict } from '../../disk/profiles/strict.ts';
import { nameStories, programs, type Command, type WhereChoice } from '../../disk/testing/commands.ts';
import { caller, PathDisk, tickingClock } from '../../disk/testing/path-disk.ts';
import { RootedDisk } from './rooted-disk.ts';

const runs = Number(process.env['POWERCUT_ROOT_RUNS'] ?? 15);
const settings = { numRuns: runs };
const timeoutMs = 60_000 + runs * 500;
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newRoot(): string {
  const folder = mkdtempSync(join(tmpdir(), 'powercut-root-'));
  folders.push(folder);
  return folder;
}

function rooted(root: string, profile: Profile): PathDisk {
  const options = { profile, clock: tickingClock(), owner: caller, root, store: new PageStore(2 ** 24) };
  return new PathDisk(new RootedDisk(options), []);
}

/** As PathDisk's `tree`. */
function treeOf(directory: string, prefix = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const stat = lstatSync(path);
    if (stat.isDirectory())
      Object.assign(found, { [`${prefix}${name}/`]: '' }, treeOf(path, `${prefix}${name}/`));
    else
      found[prefix + name] = stat.isSymbolicLink()
        ? `-> ${readlinkSync(path)}`
        : readFileSync(path, 'latin1');
  }
  return found;
}

/** One program on both disks, told in paths. */
class Twins {
  readonly plain: PathDisk;
  root: string;
  rooted: PathDisk;
  readonly profile: Profile;

  constructor(profile: Profile) {
    this.profile = profile;
    this.plain = PathDisk.create({ profile });
    this.root = newRoot();
    this.rooted = rooted(this.root, profile);
  }

  do(command: Command): void {
    const results = this.#paths(command).map((paths) =>
      [this.plain, this.rooted].map((disk) => perform(disk, command, paths)),
    );
    for (const [plain, other] of results) expect(other, JSON.stringify(command)).toBe(plain);
  }

  /** Undefined where there is nothing to do it to. */
  #paths(command: Command): string[][] {
    const tree = this.plain.tree();
    const files = Object.keys(tree).filter((path) => !path.endsWith('/') && !tree[path]!.startsWith('-> '));
    const directories = ['', ...Object.keys(tree).filter((path) => path.endsWith('/'))];
    const all = Object.keys(tree);
    const pick = (from: readonly string[], index: number) =>
      from.length === 0 ? [] : [from[index % from.length]!.replace(/\/$/, '')];
    const where = (choice: WhereChoice): string[] => {
      if ('existing' in choice) return pick(all, choice.existing);
      return pick(directories, choice.dir).map((path) =>
        path === '' ? choice.name : `${path}/${choice.name}`,
      );
    };
    if (command.op === 'rename')
      return where(command.from).flatMap((from) => where(command.to).map((to) => [from, to]));
    if (command.op === 'link')
      return pick(files, command.file).flatMap((from) => where(command.at).map((to) => [from, to]));
    if ('at' in command) return where(command.at).map((path) => [path]);
    if ('file' in command) return pick(files, command.file).map((path) => [path]);
    if (command.op === 'fsync-dir') return pick(directories, command.dir).map((path) => [path]);
    if ('inode' in command) return pick(all, command.inode).map((path) => [path]);
    return command.op === 'checkpoint' || command.op === 'lose-unsynced' ? [[]] : [];
  }

  check(what: string): void {
    expect(this.rooted.tree(), `what programs see ${what}`).toEqual(this.plain.tree());
    const image = this.plain.cut();
    expect(treeOf(this.root), `the tree ${what}`).toEqual(image.tree());
    image.disk.release();
  }

  /** The rooted disk begins again over its tree, as after a cut. */
  restart(): void {
    this.rooted.disk.release();
    this.rooted = rooted(this.root, this.profile);
  }
}

function perform({ disk, ...paths }: PathDisk, command: Command, [path = '', to = '']: string[]): unknown {
  const path_ = new PathDisk(disk, paths.ops);
  const place = () => path_.place(path);
  const done = (result: unknown) => (typeof result === 'number' ? result : 0);
  switch (command.op) {
    case 'create':
      return done(disk.create(caller, place().parent, place().name, 0o644));
    case 'mkdir':
      return done(disk.mkdir(caller, place().parent, place().name, 0o755));
    case 'symlink':
      return done(disk.symlink(caller, place().parent, place().name, 'somewhere'));
    case 'link': {
      const target = path_.place(to);
      return done(disk.link(caller, path_.ino(path), target.parent, target.name));
    }
    case 'unlink':
      return disk.unlink(caller, place().parent, place().name);
    case 'rmdir':
      return disk.rmdir(caller, place().parent, place().name);
    case 'rename': {
      const target = path_.place(to);
      return disk.rename(caller, place().parent, place().name, target.parent, target.name, command.flags);
    }
    case 'write': {
      const bytes = Buffer.alloc(command.length, 97 + (command.offset % 26));
      return disk.write(caller, path_.ino(path), command.offset, bytes);
    }
    case 'truncate':
      return done(disk.setattr(caller, path_.ino(path), { size: command.size }));
    case 'allocate':
      return disk.allocate(caller, path_.ino(path), command.mode, command.offset, command.length);
    case 'chmod':
      return done(disk.setattr(caller, path_.ino(path), { mode: command.value }));
    case 'fsync':
    case 'fdatasync':
      return disk.fsync(caller, path_.ino(path), command.op === 'fdatasync');
    case 'fsync-dir':
      return disk.fsyncDirectory(caller, path_.ino(path));
    case 'checkpoint':
      return disk.checkpoint(caller).sizeBytes;
    case 'lose-unsynced':
      return disk.loseUnsynced(caller).changedInos.length;
    default:
      return 0;
  }
}

const lose: Command = { op: 'lose-unsynced' };

describe.each([lazyfs, strict])('$name', (profile) => {
  test.each([
    ['programs', programs],
    ['stories of names', nameStories],
  ])('%s leave the same, and in the tree what a cut leaves', { timeout: timeoutMs }, (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, fc.nat(59), (commands, lossAt) => {
        const twins = new Twins(profile);
        commands.forEach((command, index) => {
          twins.do(command);
          twins.check(`after ${JSON.stringify(command)}`);
          if (index !== lossAt) return;
          twins.do(lose);
          twins.check('after the loss');
        });
        twins.do({ op: 'checkpoint' });
        twins.check('after the checkpoint');
        twins.restart();
        twins.check('after a restart');
        twins.rooted.disk.release();
        rmSync(folders.pop()!, { recursive: true });
      }),
      settings,
    );
  });
});

test('a tree that is there already is the disk, and is read when it is asked for', () => {
  const root = newRoot();
  mkdirSync(join(root, 'a/b'), { recursive: true });
  const disk = rooted(root, lazyfs);
  expect(disk.disk.stats().files).toBe(1);
  disk.append('a/b/new', 'text');
  expect(readFileSync(join(root, 'a/b/new'), 'utf8')).toBe('');
  disk.fsync('a/b/new');
  expect(readFileSync(join(root, 'a/b/new'), 'utf8')).toBe('text');
  disk.disk.release();
});

test('what was synced costs no memory', () => {
  const disk = rooted(newRoot(), lazyfs);
  disk.append('f', 'x'.repeat(100_000)).fsync('f').write('f', 'y', 50_000).fsync('f');
  expect(disk.disk.stats().pageBytes).toBe(0);
  expect(disk.read('f').slice(49_999, 50_002)).toBe('xyx');
  disk.disk.release();
});

test('a file that the kernel forgets is let go, and found again under the same number', () => {
  const root = newRoot();
  const disk = rooted(root, lazyfs).append('f', 'text').fsync('f');
  const { ino, shownIno } = disk.inode('f');
  disk.disk.remember(ino);
  disk.disk.forget(ino, 1);
  expect(disk.disk.inode(ino)).toBeUndefined();
  expect(disk.inode('f').shownIno).toBe(shownIno);
  expect(disk.read('f')).toBe('text');
  disk.disk.release();
});

test('a file without a name lives while it is open, and what is written to it reaches its other name', () => {
  const root = newRoot();
  const first = rooted(root, lazyfs).append('a', 'text').fsync('a').link('a', 'b');
  first.disk.release();
  const disk = rooted(root, lazyfs);
  const { ino } = disk.inode('a');
  disk.disk.remember(ino);
  disk.unlink('a');
  expect(disk.disk.write(caller, ino, 4, Buffer.from(' more'))).toBe(5);
  expect(disk.disk.fsync(caller, ino, false)).toBe(0);
  expect(disk.read('b')).toBe('text more');
  expect(existsSync(join(root, 'a'))).toBe(false);
  disk.disk.release();
});

test('a full tree fails the barrier, and nothing is promised', () => {
  // A name that no file system takes as a file of its own.
  const root = newRoot();
  const disk = rooted(root, strict).mkdir('d');
  rmSync(root, { recursive: true });
  expect(disk.disk.fsyncDirectory(caller, 1)).toBe(-2);
  expect(disk.disk.unsyncedFiles).toBeGreaterThan(0);
  disk.disk.release();
});
