/** The litmus programs of this repository: each can run, is printed as it stands, and what it says of a profile holds. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { persistenceProfiles } from '../disk/persistence/catalogue.ts';
import { parseProgram } from './parse.ts';
import { patternAllowed } from './pattern-allowed.ts';
import { matches, parsePattern, printPattern } from './pattern.ts';
import { printProgram } from './print.ts';

const folder = new URL('../../litmus/', import.meta.url);
const programs = readdirSync(folder)
  .filter((file) => file.endsWith('.litmus'))
  .map((file) => ({
    name: file.slice(0, -'.litmus'.length),
    text: readFileSync(new URL(file, folder), 'utf8'),
  }));

describe.each(programs)('$name', ({ name, text }) => {
  const program = parseProgram(name, text);

  test('asks a question, and is written as programs are printed', () => {
    expect(program.about[0]).toMatch(/\S/);
    expect(printProgram(program)).toBe(text);
  });

  test.each(
    program.assertions.map((assertion) => ({ ...assertion, outcome: printPattern(assertion.pattern) })),
  )('$kind $profiles: $outcome', ({ kind, profiles, pattern }) => {
    for (const profile of profiles) {
      expect({
        profile,
        allows: patternAllowed(program, persistenceProfiles.get(profile)!, pattern),
      }).toEqual({ profile, allows: kind === 'allow' });
    }
  });
});

describe('a pattern that leaves something open', () => {
  const program = parseProgram(
    'replace',
    `setup
create t "old"
run
create tmp "new"
fsync tmp
rename tmp t
fsync .
`,
  );
  const allows = (profile: string, pattern: string, limit?: number) =>
    patternAllowed(program, persistenceProfiles.get(profile)!, parsePattern(pattern), limit);

  test('is allowed where some outcome matches it', () => {
    expect(allows('ext4', 't=?')).toBe(true);
    expect(allows('ext4', 't="new" ...')).toBe(true);
    expect(allows('ext4', '!tmp ...')).toBe(true);
    expect(allows('ext4', 't="new" !tmp')).toBe(true);
  });

  test('is forbidden where none does, once all were gone through', () => {
    for (const profile of ['strict', 'ext4', 'xfs', 'btrfs']) {
      expect(allows(profile, 't="old" ...')).toBe(false);
      expect(allows(profile, '!t ...')).toBe(false);
      expect(allows(profile, 'tmp=? ...')).toBe(false);
    }
  });

  test('is undecided where there are more outcomes than were gone through', () => {
    const many = parseProgram('many', 'run\nsync\ncreate a A*20000\ncreate b B*20000\n');
    const pattern = parsePattern('a=? !a ...');
    expect(patternAllowed(many, persistenceProfiles.get('strict')!, pattern, 10)).toBe('unknown');
  });

  test('does not match what it names otherwise, nor further entries where it is closed', () => {
    expect(matches(parsePattern('a=? b="x"'), 'a="1" b="x"')).toBe(true);
    expect(matches(parsePattern('a=? b="x"'), 'a="1" b="y"')).toBe(false);
    expect(matches(parsePattern('a=?'), 'a="1" b="x"')).toBe(false);
    expect(matches(parsePattern('a=? ...'), 'a="1" b="x"')).toBe(true);
    expect(matches(parsePattern('!a'), '(empty)')).toBe(true);
    expect(matches(parsePattern('!a ...'), 'b="x" a="1"')).toBe(false);
    expect(matches(parsePattern('!a'), 'b="x"')).toBe(false);
  });
});
