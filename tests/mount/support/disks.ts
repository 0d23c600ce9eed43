/** Real disks for tests: each in a folder of its own, gone after the test whatever happened. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import type { DiskControl, DiskOptions } from '../../../src/mount/control.ts';
import { mountAt } from '../../../src/mount/mount-table.ts';
import { startDisk } from '../../../src/mount/start-disk.ts';

export interface TestDisk {
  readonly control: DiskControl;
  readonly mountPoint: string;
  /** A folder for the test's own files, beside the mount point. */
  readonly scratch: string;
}

/** For a test file: makes disks, and removes them after each test. */
export function useDisks(): (options?: Partial<DiskOptions>) => Promise<TestDisk> {
  const folders = useFolders();
  const controls: DiskControl[] = [];
  afterEach(async () => {
    await Promise.all(controls.splice(0).map((control) => control.close()));
  });
  return async (options = {}) => {
    const scratch = folders();
    const mountPoint = join(scratch, 'disk');
    mkdirSync(mountPoint);
    const control = await startDisk({
      mountPoint,
      workDirectory: join(scratch, 'control'),
      profile: 'strict',
      pins: [],
      owner: { uid: 0, gid: 0 },
      ...options,
    });
    controls.push(control);
    return { control, mountPoint, scratch };
  };
}

/** As `useDisks`, mounted. */
export function useMountedDisks(): (options?: Partial<DiskOptions>) => Promise<TestDisk> {
  const make = useDisks();
  return async (options) => {
    const disk = await make(options);
    await disk.control.request('mount');
    return disk;
  };
}

/** For a test file: temporary folders, removed after each test. What is still mounted in one is taken away first. */
export function useFolders(): () => string {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) {
      unmountAll(folder);
      rmSync(folder, { recursive: true, force: true });
    }
  });
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'powercut-e2e-'));
    folders.push(folder);
    return folder;
  };
}

function unmountAll(folder: string): void {
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const mountPoint = line.split(' ')[4];
    if (mountPoint?.startsWith(`${folder}/`) === true)
      execFileSync('umount', ['-i', '-f', '-l', '--', mountPoint]);
  }
}

export function isMounted(directory: string): boolean {
  return mountAt(directory) !== undefined;
}

/** A program that is started, talked to, and waited for. */
export interface Program {
  readonly child: ChildProcess;
  /** Resolves with the exit code, or the signal. */
  readonly exited: Promise<number | string | null>;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when stdout has had so many lines. */
  lines(count: number): Promise<readonly string[]>;
}

export function start(command: string, args: readonly string[]): Program {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  child.stdin.on('error', () => undefined);
  const exited = new Promise<number | string | null>((resolve) => {
    child.once('close', (code, signal) => {
      resolve(code ?? signal);
    });
  });
  return {
    child,
    exited,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    lines: async (count) => {
      await eventually(() => output.stdout.split('\n').length > count);
      return output.stdout.split('\n').slice(0, -1);
    },
  };
}

/** Starts `source` as a module that imports from the built package as `#dist/…`; `within` is a command that runs another. */
export function startModule(source: string, within: readonly string[] = []): Program {
  const dist = fileURLToPath(new URL('../../../dist/', import.meta.url));
  const node = [process.execPath, '--input-type=module', '-e', source.replaceAll('#dist/', dist)];
  const [command, ...args] = [...within, ...node];
  return start(command!, args);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until it is so; the machine may be slow, so the limit is generous. */
export async function eventually(isSo: () => boolean | Promise<boolean>, limitMs = 30_000): Promise<void> {
  const untilMs = Date.now() + limitMs;
  while (!(await isSo())) {
    if (Date.now() > untilMs) throw new Error(`not so within ${limitMs} ms: ${isSo.toString()}`);
    await pause(20);
  }
}

/** True when the promise is still pending after `ms`. */
export async function isPending(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return (await Promise.race([promise, pause(ms).then(() => isPending)])) === isPending;
}
