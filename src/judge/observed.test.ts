/**
 * The check of the profiles against reality that needs no root: what real file systems were seen to leave (litmus/observed/,
 * written by `npm run litmus`) must be allowed by their profiles, and all of it by strict.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { persistenceProfiles } from '../disk/persistence/catalogue.ts';
import { parseProgram } from '../litmus/parse.ts';
import type { Fixture } from './fixture.ts';
import { Observation } from './observation.ts';
import { realFileSystems } from '../device/real-file-system.ts';
import { violations } from './violations.ts';

const folder = new URL('../../litmus/', import.meta.url);

const fixtures = realFileSystems.map(({ name }) => ({
  name,
  fixture: JSON.parse(readFileSync(new URL(`observed/${name}.json`, folder), 'utf8')) as Fixture,
}));

describe.each(fixtures)('what real $name left', ({ name, fixture }) => {
  test.each(['strict', name])('is allowed by %s', (profileName) => {
    const profile = persistenceProfiles.get(profileName)!;
    const illegal = Object.entries(fixture.programs).flatMap(([program, { program: lines, outcomes }]) => {
      const parsed = parseProgram(program, lines.join('\n'));
      return violations(parsed, Observation.fromRecord(outcomes), profile).map((violation) => ({
        program,
        ...violation,
      }));
    });
    expect(illegal).toEqual([]);
  });

  test('was seen of every program by hand, in its present form', () => {
    const names = readdirSync(folder)
      .filter((file) => file.endsWith('.litmus'))
      .map((file) => file.slice(0, -'.litmus'.length));
    expect(names.filter((each) => fixture.programs[each] === undefined)).toEqual([]);
    expect(names.length).toBeGreaterThanOrEqual(80);
  });
});
