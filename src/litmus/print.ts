/** Writes a litmus program as parse.ts reads it; printing what was parsed and parsing it again gives the same program. */
import { printContents } from './contents.ts';
import { printPattern } from './pattern.ts';
import type { Assertion, FileReference, Program, Statement } from './program.ts';

export function printProgram({ about, setup, run, assertions }: Program): string {
  const comment = about.map((line) => (line === '' ? '#' : `# ${line}`));
  const before = setup.length === 0 ? [] : ['setup', ...setup.map(printStatement), ''];
  const after = assertions.length === 0 ? [] : ['', ...assertions.map(printAssertion)];
  return [...comment, ...before, 'run', ...run.map(printStatement), ...after, ''].join('\n');
}

export function printStatement(statement: Statement): string {
  return [statement.op, ...wordsOf(statement)].join(' ');
}

function printAssertion({ kind, profiles, pattern }: Assertion): string {
  return `${kind} ${profiles.join(',')}: ${printPattern(pattern)}`;
}

function wordsOf(statement: Statement): readonly (string | number)[] {
  switch (statement.op) {
    case 'create':
      return statement.data === undefined
        ? [statement.path]
        : [statement.path, printContents(statement.data)];
    case 'write':
      return [file(statement.file), statement.offset, printContents(statement.data), ...flag(statement.sync)];
    case 'append':
      return [file(statement.file), printContents(statement.data), ...flag(statement.sync)];
    case 'rewrite':
      return [statement.path, printContents(statement.data)];
    case 'truncate':
      return [file(statement.file), statement.size];
    case 'allocate':
    case 'punch':
      return [file(statement.file), statement.offset, statement.length];
    case 'mkdir':
    case 'rmdir':
    case 'unlink':
      return [statement.path];
    case 'symlink':
      return [statement.target, statement.path];
    case 'link':
      return [file(statement.file), statement.path];
    case 'rename':
    case 'exchange':
      return [statement.from, statement.to];
    case 'chmod':
      return [file(statement.file), statement.mode.toString(8).padStart(4, '0')];
    case 'setxattr':
      return [file(statement.file), statement.name, printContents(statement.value)];
    case 'removexattr':
      return [file(statement.file), statement.name];
    case 'tmpfile':
      return [`@${statement.handle}`, statement.directory];
    case 'open':
      return [`@${statement.handle}`, statement.path, ...flag(statement.sync)];
    case 'close':
      return [`@${statement.handle}`];
    case 'fsync':
    case 'fdatasync':
      return [file(statement.file)];
    case 'writeback': {
      const { range } = statement;
      return range === undefined
        ? [file(statement.file)]
        : [file(statement.file), range.offset, range.length];
    }
    case 'sync':
    case 'wait':
      return [];
  }
}

function file(reference: FileReference): string {
  return 'path' in reference ? reference.path : `@${reference.handle}`;
}

function flag(sync: string | undefined): readonly string[] {
  return sync === undefined ? [] : [sync];
}
