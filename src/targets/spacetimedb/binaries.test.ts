import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { detectServer, findServer } from './binaries.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'binaries-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const home = (): string => join(folder, 'home');

function program(path: string, script = ''): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

describe("SpacetimeDB's server is found", () => {
  test('on PATH first', () => {
    program('home/.cargo/bin/spacetimedb-standalone');
    const own = program('own/spacetimedb-standalone');
    expect(findServer(`${folder}:${dirname(own)}`, home())).toBe(own);
  });

  test('where Cargo installs it', () => {
    const installed = program('home/.cargo/bin/spacetimedb-standalone');
    expect(findServer(folder, home())).toBe(installed);
  });

  test('beside the command line that PATH has', () => {
    const server = program('bin/2.1.0/spacetimedb-standalone');
    const link = join(folder, 'links', 'spacetime');
    mkdirSync(dirname(link));
    symlinkSync(program('bin/2.1.0/spacetime'), link);
    expect(findServer(dirname(link), home())).toBe(server);
  });

  test('where the command line keeps its versions', () => {
    const current = program('home/.local/share/spacetime/bin/current/spacetimedb-standalone');
    program('bin/spacetime');
    expect(findServer(join(folder, 'bin'), home())).toBe(current);
  });

  test('or not at all', () => {
    expect(findServer(folder, home())).toBeUndefined();
  });
});

describe('its version', () => {
  test('is what it says', async () => {
    const path = program('server', 'echo "spacetimedb tool version 1.2.0; spacetimedb-lib version 1.2.0;"');
    expect(await detectServer(path)).toEqual({ found: true, version: '1.2.0', path });
  });

  const sentence = async (script: string): Promise<string> => {
    const detected = await detectServer(program('server', script));
    return detected.found ? `found ${detected.version}` : detected.sentence;
  };

  test('may be one that is not driven, and which one would be is said', async () => {
    const said = await sentence('echo "spacetimedb tool version 0.9.0;"');
    expect(said).toMatch(/is SpacetimeDB 0\.9\.0, .*1\.2\.x and 2\.x.*cargo install spacetimedb-standalone/);
  });

  test('may not be said', async () => {
    expect(await sentence('echo hello')).toMatch(/says no version that could be understood: hello$/);
    expect(await sentence('exit 3')).toMatch(/--version failed: it ended with exit code 3; /);
    expect(await sentence('echo "no libssl" >&2; exit 127')).toMatch(/exit code 127: no libssl; /);
  });
});
