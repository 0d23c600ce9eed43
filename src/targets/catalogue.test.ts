import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findTarget, targets } from './catalogue.ts';
import { resolveSettings } from './settings.ts';
import { UsageError } from './usage-error.ts';

let folder: string;
let driver: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catalogue-'));
  driver = join(folder, 'driver.py');
  writeFileSync(driver, '#!/bin/sh\n', { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the catalogue', () => {
  test('has SQLite, PostgreSQL, SpacetimeDB and clogdb', () => {
    expect([...targets.keys()]).toEqual(
      expect.arrayContaining(['sqlite', 'postgres', 'spacetimedb', 'clogdb']),
    );
  });

  test.each([...targets.values()])(
    '$name: its defaults are settings that it takes and documents',
    (target) => {
      const settings = resolveSettings(target, {});
      expect(resolveSettings(target, settings)).toEqual(settings);
      expect(target.documented(settings)).toMatchObject({ order: 'prefix', restartable: true });
    },
  );

  test.each([...targets.values()])('$name: every path that it leaves un-synced says why, once', (target) => {
    const expected = target.expectedUnsynced(resolveSettings(target, {}));
    for (const { glob, why } of expected) expect([glob, why.length > 10]).toEqual([glob, true]);
    expect(new Set(expected.map(({ glob }) => glob)).size).toBe(expected.length);
  });
});

describe('a target is found', () => {
  test('by its name', () => {
    expect(findTarget('sqlite')).toBe(targets.get('sqlite'));
  });

  test('or is a driver, where it is a path', () => {
    expect(findTarget(driver, ['argument'])).toMatchObject({ name: 'driver.py', openSettings: true });
  });

  test.each([
    [
      'mysql',
      [],
      `unknown target \`mysql\` (known: ${[...targets.keys()].join(', ')}; a driver of your own: ./mysql)`,
    ],
    ['sqlite', ['x'], 'target `sqlite` takes no arguments, got `x`'],
    ['./nowhere/driver', [], 'there is no driver ./nowhere/driver'],
  ])('and otherwise refused with a sentence: %s', (name, args, sentence) => {
    expect(() => findTarget(name, args)).toThrow(UsageError);
    expect(() => findTarget(name, args)).toThrow(sentence);
  });

  test('a driver that is not executable is refused with what to do', () => {
    chmodSync(driver, 0o644);
    expect(() => findTarget(driver)).toThrow(`chmod +x ${driver}`);
  });

  test('a directory is no driver', () => {
    mkdirSync(join(folder, 'directory'));
    expect(() => findTarget(join(folder, 'directory'))).toThrow('is not a file');
  });
});
