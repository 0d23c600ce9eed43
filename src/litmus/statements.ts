/** The statements of litmus programs as text: how each is written, and how its line is read. */
import { parseContents } from './contents.ts';
import type { FileReference, Statement, WriteSync } from './program.ts';

/** FILE is a path or a handle `@name`; DATA is `"text"`, `A*4096`, or such joined by `+`; numbers may end in KiB or MiB. */
export const statementForms = {
  create: 'create PATH [DATA]',
  write: 'write FILE OFFSET DATA [sync|dsync]',
  append: 'append FILE DATA [sync|dsync]',
  rewrite: 'rewrite PATH DATA',
  truncate: 'truncate FILE SIZE',
  allocate: 'allocate FILE OFFSET LENGTH',
  punch: 'punch FILE OFFSET LENGTH',
  mkdir: 'mkdir PATH',
  rmdir: 'rmdir PATH',
  symlink: 'symlink TARGET PATH',
  link: 'link FILE PATH',
  unlink: 'unlink PATH',
  rename: 'rename PATH PATH',
  exchange: 'exchange PATH PATH',
  chmod: 'chmod FILE MODE',
  setxattr: 'setxattr FILE NAME DATA',
  removexattr: 'removexattr FILE NAME',
  tmpfile: 'tmpfile HANDLE DIRECTORY',
  open: 'open HANDLE PATH [sync|dsync]',
  close: 'close HANDLE',
  fsync: 'fsync FILE',
  fdatasync: 'fdatasync FILE',
  sync: 'sync',
  writeback: 'writeback FILE [OFFSET LENGTH]',
  wait: 'wait',
} as const satisfies Readonly<Record<Statement['op'], string>>;

/** Throws an Error that says what is wrong with the line. */
export function parseStatement(line: string): Statement {
  const [op, ...words] = splitWords(line);
  const form = Object.entries(statementForms).find(([name]) => name === op)?.[1];
  if (form === undefined)
    throw new Error(`${op} is no statement; there are: ${Object.keys(statementForms).join(', ')}`);
  const readers = words.map((word) => new Word(word));
  const optional = form.split('[')[1]?.split(' ').length ?? 0;
  const most = form.split(' ').length - 1;
  const isComplete = words.length === most || words.length === most - optional;
  if (!isComplete) throw new Error(`this statement is written: ${form}`);
  return read(op as Statement['op'], readers);
}

/** At spaces, except inside quotes. */
function splitWords(line: string): string[] {
  return line.match(/(?:[^\s"]|"(?:[^"\\]|\\.)*"|")+/g) ?? [];
}

function read(op: Statement['op'], words: readonly Word[]): Statement {
  const [a, b, c, d] = words as [Word, Word, Word, Word | undefined];
  switch (op) {
    case 'create':
      return words.length === 1 ? { op, path: a.path() } : { op, path: a.path(), data: b.data() };
    case 'write':
      return { op, file: a.file(), offset: b.number(), data: c.data(), ...syncOf(a, d) };
    case 'append':
      return { op, file: a.file(), data: b.data(), ...syncOf(a, c) };
    case 'rewrite':
      return { op, path: a.path(), data: b.data() };
    case 'truncate':
      return { op, file: a.file(), size: b.number() };
    case 'allocate':
    case 'punch':
      return { op, file: a.file(), offset: b.number(), length: c.number() };
    case 'mkdir':
    case 'rmdir':
    case 'unlink':
      return { op, path: a.path() };
    case 'symlink':
      return { op, target: a.text, path: b.path() };
    case 'link':
      return { op, file: a.file(), path: b.path() };
    case 'rename':
    case 'exchange':
      return { op, from: a.path(), to: b.path() };
    case 'chmod':
      return { op, file: a.file(), mode: b.mode() };
    case 'setxattr':
      return { op, file: a.file(), name: b.xattrName(), value: c.data() };
    case 'removexattr':
      return { op, file: a.file(), name: b.xattrName() };
    case 'tmpfile':
      return { op, handle: a.handle(), directory: b.path() };
    case 'open':
      return { op, handle: a.handle(), path: b.path(), ...syncOf(b, words[2]) };
    case 'close':
      return { op, handle: a.handle() };
    case 'fsync':
    case 'fdatasync':
      return { op, file: a.file() };
    case 'writeback':
      if (words.length === 1) return { op, file: a.file() };
      return { op, file: a.file(), range: { offset: b.number(), length: c.number() } };
    case 'sync':
    case 'wait':
      return { op };
  }
}

/** A handle was opened with its flag; a single write through it cannot have another. */
function syncOf(file: Word, flag: Word | undefined): { readonly sync?: WriteSync } {
  if (flag === undefined) return {};
  if (flag.text !== 'sync' && flag.text !== 'dsync')
    throw new Error(`${flag.text} is neither sync nor dsync`);
  if (file.text.startsWith('@')) throw new Error(`${flag.text} belongs to the line that opens ${file.text}`);
  return { sync: flag.text };
}

const maxSizeBytes = 2 ** 40;

class Word {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  path(): string {
    const isPath = this.text === '.' || /^(?!\/)(?!.*\/\/)[A-Za-z0-9._/-]*[A-Za-z0-9_.-]$/.test(this.text);
    const leavesTree = this.text
      .split('/')
      .some((name) => name === '..' || (name === '.' && this.text !== '.'));
    if (!isPath || leavesTree)
      throw new Error(
        `${this.text} is no path: letters, digits and . _ - between slashes, from the root of the tree`,
      );
    return this.text;
  }

  handle(): string {
    if (!/^@[A-Za-z0-9_]+$/.test(this.text)) throw new Error(`${this.text} is no handle: write @name`);
    return this.text.slice(1);
  }

  file(): FileReference {
    return this.text.startsWith('@') ? { handle: this.handle() } : { path: this.path() };
  }

  data(): Uint8Array {
    return parseContents(this.text);
  }

  number(): number {
    const parts = /^(\d+)(KiB|MiB)?$/.exec(this.text);
    if (parts === null) throw new Error(`${this.text} is no number of bytes: write 4096 or 4KiB`);
    const value = Number(parts[1]) * (parts[2] === 'KiB' ? 1024 : parts[2] === 'MiB' ? 1024 ** 2 : 1);
    if (value > maxSizeBytes) throw new Error(`${this.text} is more than ${maxSizeBytes} bytes`);
    return value;
  }

  mode(): number {
    if (!/^[0-7]{3,4}$/.test(this.text)) throw new Error(`${this.text} is no mode: write 0600`);
    return Number.parseInt(this.text, 8);
  }

  xattrName(): string {
    if (!/^user\.[A-Za-z0-9._-]+$/.test(this.text))
      throw new Error(`${this.text} is no name of an xattr here: write user.name`);
    return this.text;
  }
}
