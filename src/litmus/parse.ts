/**
 * Reads a litmus program. The format is a line each; `#` begins a comment:
 *
 *     # Does fsync of a file keep its name?
 *     setup
 *     mkdir d
 *     run
 *     create d/f "data"
 *     fsync d/f
 *     forbid ext4,xfs,btrfs: !d/f ...
 *
 * Statements are listed in statements.ts. Whatever is wrong is told with its line.
 */
import { parsePattern } from './pattern.ts';
import type { Assertion, FileReference, Program, Statement } from './program.ts';
import { parseStatement } from './statements.ts';

/** A sentence for people: the file, the line, what is wrong. */
export class LitmusError extends Error {}

export const maxStatements = 1000;

export function parseProgram(name: string, text: string): Program {
  const about: string[] = [];
  const sections: Record<Section, Statement[]> = { setup: [], run: [] };
  const assertions: Assertion[] = [];
  const handles = new Set<string>();
  let section: Section | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    try {
      const line = withoutComment(raw).trim();
      if (line === '') {
        const comment = /^\s*#\s?(.*)$/.exec(raw)?.[1];
        if (section === undefined && comment !== undefined) about.push(comment.trimEnd());
      } else if (line === 'setup' || line === 'run') {
        section = nextSection(section, line);
      } else if (/^(allow|forbid)\b/.test(line)) {
        assertions.push(parseAssertion(line));
      } else {
        const statement = parseStatement(line);
        if (assertions.length > 0) throw new Error('statements stand before all allow and forbid lines');
        if (section === undefined)
          throw new Error('a line `setup` or `run` must stand before the first statement');
        trackHandles(statement, handles);
        sections[section].push(statement);
      }
    } catch (error) {
      throw new LitmusError(`${name}, line ${index + 1}: ${(error as Error).message}`);
    }
  }
  if (sections.run.length === 0)
    throw new LitmusError(`${name}: nothing is run; write a line \`run\` and statements after it`);
  if (sections.setup.length + sections.run.length > maxStatements) {
    throw new LitmusError(`${name}: more than ${maxStatements} statements`);
  }
  return { name, about, ...sections, assertions };
}

type Section = 'setup' | 'run';

function nextSection(current: Section | undefined, next: Section): Section {
  if (current === next || current === 'run')
    throw new Error(`\`${next}\` cannot come after \`${current}\`: setup, then run, each once`);
  return next;
}

/** `#` inside quotes is text. */
function withoutComment(line: string): string {
  return /^(?:[^"#]|"(?:[^"\\]|\\.)*"|"(?=[^"]*$))*/.exec(line)![0];
}

function parseAssertion(line: string): Assertion {
  const parts = /^(allow|forbid)\s+([a-z0-9, ]+):(.*)$/.exec(line);
  if (parts === null)
    throw new Error('an assertion is `allow PROFILE: OUTCOME` or `forbid PROFILE,PROFILE: OUTCOME`');
  const profiles = parts[2]!
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  return { kind: parts[1] as 'allow' | 'forbid', profiles, pattern: parsePattern(parts[3]!) };
}

/** Handles are opened before they are used, and not twice. */
function trackHandles(statement: Statement, handles: Set<string>): void {
  if (statement.op === 'open' || statement.op === 'tmpfile') {
    if (handles.has(statement.handle)) throw new Error(`@${statement.handle} is open already`);
    handles.add(statement.handle);
    return;
  }
  const used = 'handle' in statement ? statement.handle : 'file' in statement ? handleOf(statement.file) : '';
  if (used !== '' && !handles.has(used))
    throw new Error(`@${used} is not open: \`open @${used} PATH\` comes first`);
  if (statement.op === 'close') handles.delete(statement.handle);
}

function handleOf(file: FileReference): string {
  return 'handle' in file ? file.handle : '';
}
