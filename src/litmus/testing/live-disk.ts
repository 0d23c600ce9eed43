/** Carries a litmus program out on the disk that programs really use, to compare what its cut leaves with the engine's images. */
import { caller, ok, PathDisk } from '../../disk/testing/path-disk.ts';
import type { Profile } from '../../disk/profiles/profile.ts';
import { Disk } from '../../disk/disk.ts';
import { printOutcome, type Node } from '../outcome.ts';
import type { Program, Statement } from '../program.ts';

const punchKeepingSize = 3;

/** What `lose-all` leaves after the whole program, as an outcome with all that outcomes can show. */
export function liveLoseAll(program: Program, profile: Profile): string {
  return liveOutcome(liveRun(program, PathDisk.create({ profile })).disk.crashImage('lose-all'));
}

/** `between`: what to do after each statement of the program. */
export function liveRun(
  { setup, run }: Program,
  disk: PathDisk,
  between: (disk: Disk) => void = () => undefined,
): PathDisk {
  for (const statement of setup) step(disk, statement);
  disk.checkpoint();
  for (const statement of run) {
    step(disk, statement);
    between(disk.disk);
  }
  return disk;
}

export function liveOutcome(disk: Disk): string {
  return printOutcome(nodesOf(disk), { modes: true, xattrs: true });
}

function step(disk: PathDisk, statement: Statement): void {
  const pathOf = (file: { readonly path: string } | { readonly handle: string }) =>
    'path' in file ? file.path : '';
  const at = (path: string) => (path === '.' ? '' : path);
  switch (statement.op) {
    case 'create':
      disk.create(statement.path);
      if (statement.data !== undefined) write(disk, statement.path, 0, statement.data);
      return;
    case 'write':
      return write(disk, pathOf(statement.file), statement.offset, statement.data);
    case 'append': {
      const path = pathOf(statement.file);
      return write(disk, path, disk.inode(path).size, statement.data);
    }
    case 'rewrite':
      disk.truncate(statement.path, 0);
      return write(disk, statement.path, 0, statement.data);
    case 'truncate':
      return void disk.truncate(pathOf(statement.file), statement.size);
    case 'punch': {
      const { file, offset, length } = statement;
      return void ok(disk.disk.allocate(caller, disk.ino(pathOf(file)), punchKeepingSize, offset, length));
    }
    case 'mkdir':
      return void disk.mkdir(statement.path);
    case 'rmdir':
      return void disk.rmdir(statement.path);
    case 'unlink':
      return void disk.unlink(statement.path);
    case 'link':
      return void disk.link(pathOf(statement.file), statement.path);
    case 'rename':
      return void disk.rename(statement.from, statement.to);
    case 'exchange':
      return void disk.exchange(statement.from, statement.to);
    case 'chmod':
      return void disk.chmod(pathOf(statement.file), statement.mode);
    case 'setxattr': {
      const { file, name, value } = statement;
      return void disk.disk.setXattr(caller, disk.ino(pathOf(file)), name, value, 0);
    }
    case 'fsync':
      return void disk.fsync(at(pathOf(statement.file)));
    case 'fdatasync':
      return void disk.fdatasync(at(pathOf(statement.file)));
    default:
      throw new Error(`${statement.op} is not carried out here`);
  }
}

function write(disk: PathDisk, path: string, offset: number, data: Uint8Array): void {
  ok(disk.disk.write(caller, disk.ino(path), offset, data), path);
}

function nodesOf(disk: Disk): Node[] {
  const nodes: Node[] = [];
  const visit = (directory: number, prefix: string) => {
    for (const [name, ino] of ok(disk.entries(directory))) {
      const path = prefix + name;
      const { kind, mode, size, target } = disk.inode(ino)!;
      const names = disk
        .listXattr(ino)
        .map((each) => [each, disk.getXattr(ino, each) as Uint8Array] as const);
      const common = { path, ino, mode, xattrs: new Map(names) };
      if (kind === 'directory') {
        nodes.push({ ...common, kind });
        visit(ino, `${path}/`);
      } else if (kind === 'symlink') {
        nodes.push({ ...common, kind, target });
      } else {
        const contents = new Uint8Array(size);
        ok(disk.readInto(ino, 0, contents, 0, size));
        nodes.push({ ...common, kind: 'file', contents });
      }
    }
  };
  visit(Disk.rootIno, '');
  return nodes;
}
