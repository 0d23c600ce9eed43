import { describe, expect, test } from 'vitest';
import { driven, isTwo, parseVersion } from './version.ts';

describe('a version of SpacetimeDB', () => {
  test.each([
    ['spacetimedb spacetimedb tool version 1.2.0; spacetimedb-lib version 1.2.0;\n', '1.2.0'],
    ['spacetimedb-standalone 2.1.0', '2.1.0'],
    ['spacetimedb tool version 2.0.0-rc1; spacetimedb-lib version 2.0.0-rc1;', '2.0.0-rc1'],
    ['usage: something else', undefined],
  ])('is read from what --version prints: %j', (said, version) => {
    expect(parseVersion(said)).toBe(version);
  });

  test.each([
    ['1.2.0', true, false],
    ['1.2.3', true, false],
    ['2.1.0', true, true],
    ['2.0.0-rc1', true, true],
    ['1.20.0', false, false],
    ['1.1.0', false, false],
    ['3.0.0', false, false],
    ['12.2.0', false, false],
  ])('%s: driven %s, with confirmed answers %s', (version, isDriven, two) => {
    expect([driven(version), isTwo(version)]).toEqual([isDriven, two]);
  });
});
