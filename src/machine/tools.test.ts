import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findProgram, isExecutable, requireTools, searchPath } from './tools.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tools-test-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('a program is the first executable file of its name in PATH', () => {
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  for (const directory of [first, second]) {
    mkdirSync(directory);
    writeFileSync(join(directory, 'tool'), '', { mode: 0o755 });
  }
  const path = `${first}:${second}`;
  expect(findProgram('tool', path)).toBe(join(first, 'tool'));
  expect(findProgram('tool', path, (directory) => directory === first)).toBe(join(second, 'tool'));
  chmodSync(join(first, 'tool'), 0o644);
  expect(findProgram('tool', path)).toBe(join(second, 'tool'));
  expect(findProgram('other', path)).toBeUndefined();
  expect(findProgram('tool', `relative::${second}`)).toBe(join(second, 'tool'));
});

test('a directory is no program', () => {
  expect(isExecutable(folder)).toBe(false);
});

test('the system’s directories are looked at even where PATH lacks them', () => {
  vi.stubEnv('PATH', `/own:relative:`);
  expect(searchPath().split(':')[0]).toBe('/own');
  expect(searchPath().split(':')).toEqual(expect.arrayContaining(['/usr/sbin', '/usr/bin', '/sbin', '/bin']));
  expect(searchPath()).not.toContain('relative');
  expect(() => requireTools()).not.toThrow();
});
