/** The volatile state of a litmus program: names, sizes and handles, as far as is needed to turn statements into logged ops. */
import type { LoggedOp } from '../disk/persistence/crash-log.ts';
import { rootIno } from '../disk/persistence/history.ts';
import type { Place } from '../disk/place.ts';
import type { FileReference, Statement, WriteSync } from './program.ts';
import { LitmusError } from './parse.ts';
import { printStatement } from './print.ts';

interface Node {
  readonly ino: number;
  readonly kind: 'file' | 'directory' | 'symlink';
  readonly entries: Map<string, Node>;
  size: number;
}

export class ProgramRun {
  readonly #name: string;
  readonly #log: (op: LoggedOp) => void;
  readonly #root: Node = { ino: rootIno, kind: 'directory', entries: new Map(), size: 0 };
  readonly #handles = new Map<string, { readonly node: Node; readonly sync: WriteSync | undefined }>();
  #lastIno = rootIno;
  #statement = '';

  constructor(name: string, log: (op: LoggedOp) => void) {
    this.#name = name;
    this.#log = log;
  }

  step(statement: Statement): void {
    this.#statement = printStatement(statement);
    switch (statement.op) {
      case 'create':
        return this.#create(statement.path, statement.data);
      case 'write':
        return this.#write(statement.file, statement.offset, statement.data, statement.sync);
      case 'append':
        return this.#write(statement.file, this.#file(statement.file).size, statement.data, statement.sync);
      case 'rewrite': {
        const file = { path: statement.path };
        this.#truncate(this.#file(file), 0);
        return this.#write(file, 0, statement.data, undefined);
      }
      case 'truncate': {
        const node = this.#file(statement.file);
        this.#truncate(node, statement.size);
        if ('path' in statement.file) this.#log({ kind: 'close', ino: node.ino });
        return;
      }
      case 'allocate': {
        const { ino } = this.#file(statement.file);
        const { offset, length } = statement;
        return this.#log({ kind: 'allocate', ino, offset, length, keepSize: true });
      }
      case 'punch': {
        const { ino } = this.#file(statement.file);
        return this.#log({ kind: 'punch', ino, offset: statement.offset, length: statement.length });
      }
      case 'mkdir':
        return this.#make(statement.path, 'directory');
      case 'symlink':
        return this.#make(statement.path, 'symlink', statement.target);
      case 'unlink':
      case 'rmdir':
        return this.#remove(statement.op, statement.path);
      case 'link':
        return this.#link(statement.file, statement.path);
      case 'rename':
        return this.#rename(statement.from, statement.to);
      case 'exchange':
        return this.#exchange(statement.from, statement.to);
      case 'chmod':
        return this.#log({ kind: 'setattr', ino: this.#node(statement.file).ino, mode: statement.mode });
      case 'setxattr': {
        const { name, value } = statement;
        return this.#log({ kind: 'xattr', ino: this.#node(statement.file).ino, name, value });
      }
      case 'removexattr':
        return this.#log({ kind: 'xattr', ino: this.#node(statement.file).ino, name: statement.name });
      case 'tmpfile': {
        this.#directory(statement.directory);
        const node = this.#newNode('file');
        this.#handles.set(statement.handle, { node, sync: undefined });
        return this.#log({ kind: 'create', ino: node.ino, inodeKind: 'file', mode: 0o644 });
      }
      case 'open': {
        const node = this.#node({ path: statement.path });
        this.#handles.set(statement.handle, { node, sync: statement.sync });
        return;
      }
      case 'close': {
        const { node } = this.#handles.get(statement.handle)!;
        this.#handles.delete(statement.handle);
        return this.#log({ kind: 'close', ino: node.ino });
      }
      case 'fsync':
      case 'fdatasync':
        return this.#log({ kind: statement.op, ino: this.#node(statement.file).ino });
      case 'sync':
        return this.#log({ kind: 'sync' });
      case 'writeback':
      case 'wait':
        return;
    }
  }

  #create(path: string, data: Uint8Array | undefined): void {
    this.#make(path, 'file');
    if (data !== undefined) this.#write({ path }, 0, data, undefined);
  }

  #write(file: FileReference, offset: number, data: Uint8Array, sync: WriteSync | undefined): void {
    const node = this.#file(file);
    this.#log({ kind: 'write', ino: node.ino, offset, data });
    node.size = Math.max(node.size, offset + data.length);
    const wanted = 'handle' in file ? this.#handles.get(file.handle)!.sync : sync;
    const range = { offset, length: data.length };
    if (wanted !== undefined)
      this.#log({ kind: wanted === 'sync' ? 'fsync' : 'fdatasync', ino: node.ino, range });
    if ('path' in file) this.#log({ kind: 'close', ino: node.ino });
  }

  #truncate(node: Node, size: number): void {
    this.#log({ kind: 'truncate', ino: node.ino, size });
    node.size = size;
  }

  #make(path: string, kind: Node['kind'], target?: string): void {
    const { directory, place } = this.#freePlace(path);
    const node = this.#newNode(kind);
    directory.entries.set(place.name, node);
    const common = { ino: node.ino, inodeKind: kind, place };
    if (target !== undefined) this.#log({ ...common, kind: 'symlink', mode: 0o777, target });
    else if (kind === 'directory') this.#log({ ...common, kind: 'mkdir', mode: 0o755 });
    else this.#log({ ...common, kind: 'create', mode: 0o644 });
  }

  #remove(kind: 'unlink' | 'rmdir', path: string): void {
    const { directory, place } = this.#place(path);
    const node = this.#at(path);
    if ((node.kind === 'directory') !== (kind === 'rmdir')) this.#refuse(`${path} is a ${node.kind}`);
    if (node.entries.size > 0) this.#refuse(`${path} is not empty`);
    directory.entries.delete(place.name);
    this.#log({ kind, ino: node.ino, place });
  }

  #link(file: FileReference, path: string): void {
    const node = this.#node(file);
    if (node.kind === 'directory') this.#refuse('a directory has only one name');
    const { directory, place } = this.#freePlace(path);
    directory.entries.set(place.name, node);
    this.#log({ kind: 'link', ino: node.ino, place });
  }

  #rename(from: string, to: string): void {
    const node = this.#at(from);
    const source = this.#place(from);
    const target = this.#place(to);
    const replaced = target.directory.entries.get(target.place.name);
    // rename(2): two names of one file stay as they are.
    if (replaced === node) return;
    if (`${to}/`.startsWith(`${from}/`)) this.#refuse(`${to} lies in ${from}`);
    if (replaced !== undefined && (replaced.kind === 'directory') !== (node.kind === 'directory')) {
      this.#refuse(`${to} is a ${replaced.kind}`);
    }
    if (replaced !== undefined && replaced.entries.size > 0) this.#refuse(`${to} is not empty`);
    source.directory.entries.delete(source.place.name);
    target.directory.entries.set(target.place.name, node);
    const common = { kind: 'rename', ino: node.ino, from: source.place, to: target.place } as const;
    this.#log(replaced === undefined ? common : { ...common, replaced: replaced.ino });
  }

  #exchange(from: string, to: string): void {
    const node = this.#at(from);
    const other = this.#at(to);
    if (node === other) return;
    if (`${to}/`.startsWith(`${from}/`) || `${from}/`.startsWith(`${to}/`))
      this.#refuse('one lies in the other');
    const source = this.#place(from);
    const target = this.#place(to);
    source.directory.entries.set(source.place.name, other);
    target.directory.entries.set(target.place.name, node);
    this.#log({ kind: 'exchange', ino: node.ino, from: source.place, to: target.place, other: other.ino });
  }

  #newNode(kind: Node['kind']): Node {
    return { ino: ++this.#lastIno, kind, entries: new Map(), size: 0 };
  }

  #node(file: FileReference): Node {
    return 'path' in file ? this.#at(file.path) : this.#handles.get(file.handle)!.node;
  }

  #file(file: FileReference): Node {
    const node = this.#node(file);
    return node.kind === 'file' ? node : this.#refuse(`that is a ${node.kind}`);
  }

  #directory(path: string): Node {
    const node = this.#at(path);
    return node.kind === 'directory' ? node : this.#refuse(`${path} is no directory`);
  }

  #at(path: string): Node {
    let node = this.#root;
    if (path === '.') return node;
    for (const name of path.split('/')) node = node.entries.get(name) ?? this.#refuse(`${path} is not there`);
    return node;
  }

  #place(path: string): { readonly directory: Node; readonly place: Place } {
    if (path === '.') this.#refuse('the root has no name');
    const end = path.lastIndexOf('/');
    const directory = this.#directory(end < 0 ? '.' : path.slice(0, end));
    return { directory, place: { parent: directory.ino, name: path.slice(end + 1) } };
  }

  #freePlace(path: string): { readonly directory: Node; readonly place: Place } {
    const found = this.#place(path);
    if (found.directory.entries.has(found.place.name)) this.#refuse(`${path} is there already`);
    return found;
  }

  #refuse(why: string): never {
    throw new LitmusError(`${this.#name}: \`${this.#statement}\` cannot run: ${why}`);
  }
}
