/** The litmus programs of this repository: each can run, is printed as it stands, and what it says of a profile holds. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { persistenceProfiles } from '../disk/persistence/catalogue.ts';
import { LegalOutcomes } from './legal.ts';
import { parseProgram } from './parse.ts';
import { printPattern } from './pattern.ts';
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
  const legal = new LegalOutcomes(program);

  test('asks a question, and is written as programs are printed', () => {
    expect(program.about[0]).toMatch(/\S/);
    expect(printProgram(program)).toBe(text);
  });

  test.each(
    program.assertions.map((assertion) => ({ ...assertion, outcome: printPattern(assertion.pattern) })),
  )('$kind $profiles: $outcome', ({ kind, profiles, outcome }) => {
    for (const profile of profiles) {
      const isAllowed = legal.allows(persistenceProfiles.get(profile)!, outcome);
      expect(`${profile} ${isAllowed ? 'allow' : 'forbid'}`).toBe(`${profile} ${kind}`);
    }
  });
});
