import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SyncShell } from './sync-shell.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'powercut-sync-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('syncs the file system of its directory, as often as it is asked, and ends', async () => {
  const shell = new SyncShell(folder);
  shell.start();
  expect(await shell.sync()).toBe(true);
  expect(await Promise.all([shell.sync(), shell.sync(), shell.sync()])).toEqual([true, true, true]);
  expect(await shell.sync()).toBe(true);
  await shell.end(10_000);
});

test('one that is asked for while another is under way is none that has begun; all who ask meanwhile share it', async () => {
  const shell = new SyncShell(folder);
  const first = shell.sync();
  const second = shell.sync();
  expect(second).not.toBe(first);
  expect(shell.sync()).toBe(second);
  expect(await first).toBe(true);
  expect(await second).toBe(true);
  await shell.end(10_000);
});

test('says that it failed, and goes on', async () => {
  const shell = new SyncShell(join(folder, 'missing'));
  expect(await shell.sync()).toBe(false);
  expect(await shell.sync()).toBe(false);
  await shell.end(10_000);
});
