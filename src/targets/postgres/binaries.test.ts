import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findBinaries } from './binaries.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'binaries-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function install(directory: string, programs = ['postgres', 'initdb']): string {
  const whole = join(folder, directory);
  mkdirSync(whole, { recursive: true });
  for (const program of programs) writeFileSync(join(whole, program), '', { mode: 0o755 });
  return whole;
}

const debian = (): string => join(folder, 'debian');

describe('PostgreSQL is found', () => {
  test('on PATH first', () => {
    install('debian/16/bin');
    const own = install('own');
    expect(findBinaries(`${folder}:${own}`, debian())).toBe(own);
  });

  test("else in Debian's newest version, by number", () => {
    install('debian/9.6/bin');
    const newest = install('debian/16/bin');
    install('debian/15/bin');
    install('debian/17/bin', ['postgres']);
    install('debian/common/bin');
    expect(findBinaries(folder, debian())).toBe(newest);
  });

  test('behind a link, where the rest of the installation lies', () => {
    const real = install('lib/15/bin');
    const links = join(folder, 'links');
    mkdirSync(links);
    for (const program of ['postgres', 'initdb']) symlinkSync(join(real, program), join(links, program));
    expect(findBinaries(links, debian())).toBe(real);
  });

  test('or not at all', () => {
    install('half', ['initdb']);
    expect(findBinaries(join(folder, 'half'), debian())).toBeUndefined();
  });
});
