import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { childrenOf, commandLineOf, pidNamespaceOf, processesIn, statusOf } from './procfs.ts';
import { findProgram, searchPath } from './tools.ts';

let folder: string;
let child: ChildProcess;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'procfs-test-'));
  // A name that looks like the fields that follow it.
  const program = join(folder, 'x) Z 1 (y');
  copyFileSync(findProgram('sleep', searchPath())!, program);
  child = spawn(program, ['1000', '2000']);
});
afterEach(() => {
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

test('a child is found under its parent, with its state, whatever its name', () => {
  const pid = child.pid!;
  expect(childrenOf(process.pid)).toContain(pid);
  expect(childrenOf(pid)).toEqual([]);
  const status = statusOf(pid)!;
  expect(status.parent).toBe(process.pid);
  expect(['R', 'S', 'D']).toContain(status.state);
  expect(status.startTicks).toBeGreaterThanOrEqual(statusOf(process.pid)!.startTicks);
  expect(commandLineOf(pid)).toEqual([join(folder, 'x) Z 1 (y'), '1000', '2000']);
});

test('a process is in the pid namespace of its parent', () => {
  const namespace = pidNamespaceOf('self')!;
  expect(pidNamespaceOf(child.pid!)).toBe(namespace);
  expect(processesIn(namespace)).toEqual(expect.arrayContaining([process.pid, child.pid]));
});

test('a process that ended is not there', async () => {
  const pid = child.pid!;
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  expect(statusOf(pid)).toBeUndefined();
  expect(pidNamespaceOf(pid)).toBeUndefined();
  expect(commandLineOf(pid)).toEqual([]);
  expect(childrenOf(process.pid)).not.toContain(pid);
});
