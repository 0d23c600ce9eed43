/** Work directories, who may enter them, and what a start clears: what is certainly powercut's and certainly dead. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isAlive, showAlive } from '../../src/machine/alive.ts';
import { clearLeftovers } from '../../src/machine/leftovers.ts';
import { createWorkDirectory } from '../../src/machine/work-directory.ts';
import type { WorkDirectory } from '../../src/machine/work-directory.ts';
import { mountAt } from '../../src/mount/mount-table.ts';
import { machineOnDisk } from './support/disk-machine.ts';
import { eventually, processesWith } from './support/host.ts';

const nobody = { uid: 65534, gid: 65534 };
const anHourAgo = Date.now() / 1000 - 3600;
let made: (() => void | Promise<void>)[];

beforeEach(() => {
  made = [];
});
afterEach(async () => {
  for (const undo of made.reverse()) await undo();
});

async function workDirectory(): Promise<WorkDirectory> {
  const work = await createWorkDirectory(nobody);
  made.push(() => (existsSync(work.path) ? work.remove() : undefined));
  return work;
}

/** A directory that looks like a work directory and has no socket in it. */
function lookalike(name = 'powercut-0123456789ab'): string {
  const path = join('/tmp', name);
  mkdirSync(path);
  made.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function asNobody(script: string): string {
  return spawnSync('sh', ['-c', script], { ...nobody, encoding: 'utf8' }).stdout;
}

describe('a work directory', () => {
  test('lets programs of the machine pass to their own, and nowhere else', async () => {
    const { path, control, mountPoint, run } = await workDirectory();
    writeFileSync(join(control, 'secret'), 'x');
    expect(asNobody(`echo mine > ${run}/file && cat ${run}/file`)).toBe('mine\n');
    expect(asNobody(`ls ${path} || ls ${control} || cat ${control}/secret || cat ${path}/alive`)).toBe('');
    expect(asNobody(`touch ${mountPoint}/file && echo written`)).toBe('');
    expect(statSync(control).mode & 0o777).toBe(0o700);
  });

  test('keeps other users out of the programs’ own files', async () => {
    const { run } = await workDirectory();
    expect(statSync(run).uid).toBe(nobody.uid);
    const { stdout } = spawnSync('ls', [run], { uid: 12345, gid: 12345, encoding: 'utf8' });
    expect([stdout, statSync(run).mode & 0o077]).toEqual(['', 0]);
  });

  test('lies where everybody can pass, whatever TMPDIR says', async () => {
    const closed = mkdtempSync(join(tmpdir(), 'closed-'));
    made.push(() => rmSync(closed, { recursive: true }));
    vi.stubEnv('TMPDIR', closed);
    made.push(() => void vi.unstubAllEnvs());
    expect((await workDirectory()).path).toMatch(/^\/tmp\/powercut-[0-9a-f]{12}$/);
    chmodSync(closed, 0o755);
    expect((await workDirectory()).path).toMatch(new RegExp(`^${closed}/powercut-`));
  });

  test('is removed with everything in it, but never through a mount', async () => {
    const work = await workDirectory();
    mkdirSync(join(work.run, 'deep/deeper'), { recursive: true });
    await work.remove();
    expect(existsSync(work.path)).toBe(false);

    const other = await workDirectory();
    expect(spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', other.run]).status).toBe(0);
    writeFileSync(join(other.run, 'precious'), '');
    await expect(other.remove()).rejects.toThrow(/was not removed: something is mounted in it/);
    expect(existsSync(join(other.run, 'precious'))).toBe(true);
    spawnSync('umount', [other.run]);
  });
});

describe('a start', () => {
  test('leaves alone what is alive', async () => {
    const { path } = await workDirectory();
    utimesSync(path, anHourAgo, anHourAgo);
    expect((await clearLeftovers()).directories).not.toContain(path);
    expect(existsSync(path)).toBe(true);
  });

  test('leaves alone what it did not make', async () => {
    const others = [
      lookalike('powercut-notes'),
      lookalike('powercut-0123456789a'),
      lookalike('powercut-0123456789abc'),
    ];
    const foreign = lookalike();
    chownSync(foreign, 1000, 1000);
    for (const path of [...others, foreign]) utimesSync(path, anHourAgo, anHourAgo);
    await clearLeftovers();
    for (const path of [...others, foreign]) expect(existsSync(path)).toBe(true);
  });

  test('leaves alone what may be in the making, and clears what never was finished', async () => {
    const path = lookalike();
    await clearLeftovers();
    expect(existsSync(path)).toBe(true);
    utimesSync(path, anHourAgo, anHourAgo);
    expect((await clearLeftovers()).directories).toEqual([path]);
    expect(existsSync(path)).toBe(false);
  });

  test('clears a dead run, but not what somebody mounted in it', async () => {
    const path = lookalike();
    const run = join(path, 'run');
    mkdirSync(run);
    socketOfTheDead(join(path, 'alive'));
    spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', run]);
    made.push(() => void spawnSync('umount', [run]));
    writeFileSync(join(run, 'precious'), '');
    expect((await clearLeftovers()).directories).toEqual([]);
    expect(existsSync(join(run, 'precious'))).toBe(true);
    spawnSync('umount', [run]);
    expect((await clearLeftovers()).directories).toEqual([path]);
  });

  test('takes away the mount of a disk that died, and not that of one that lives', async () => {
    const [dead, living] = [await machineOnDisk(), await machineOnDisk()];
    made.push(
      () => living.close(),
      () => dead.close().catch(() => undefined),
    );
    await Promise.all([dead.disk.request('mount'), living.disk.request('mount')]);
    // The shell that would take the mount away dies first.
    for (const kind of ['powercut-mounts', 'disk-process.js']) {
      const line = processesWith(dead.work.control).find((text) => text.includes(kind));
      process.kill(Number(line!.split(' ')[0]), 'SIGKILL');
    }
    await dead.disk.ended;
    expect(mountAt(dead.work.mountPoint)).toBeDefined();
    await eventually(async () => expect((await clearLeftovers()).mounts).toEqual([dead.work.mountPoint]));
    expect(mountAt(dead.work.mountPoint)).toBeUndefined();
    expect((await living.disk.request('stats')).mounted).toBe(true);
    expect(mountAt(living.work.mountPoint)).toBeDefined();
  });
});

test('a socket that listens is alive; one whose process ended, and one that is missing, are dead', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'alive-'));
  made.push(() => rmSync(directory, { recursive: true }));
  const server = await showAlive(join(directory, 'one'));
  expect(await isAlive(join(directory, 'one'))).toBe(true);
  server.close();
  socketOfTheDead(join(directory, 'two'));
  expect(await isAlive(join(directory, 'two'))).toBe(false);
  expect(await isAlive(join(directory, 'missing'))).toBe(false);
});

/** A socket file whose listener is gone, as SIGKILL leaves it. */
function socketOfTheDead(path: string): void {
  const script = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script, path]);
  expect(statSync(path).isSocket()).toBe(true);
}

describe.skipIf(process.getuid?.() !== 0 || !existsSync('/dev/loop-control'))('a loop device', () => {
  function loopOn(name: string): string {
    const directory = mkdtempSync(join(tmpdir(), 'loop-'));
    made.push(() => rmSync(directory, { recursive: true, force: true }));
    const file = join(directory, name);
    writeFileSync(file, new Uint8Array(64 * 1024));
    const { stdout, stderr, status } = spawnSync('losetup', ['--find', '--show', file], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const device = stdout.trim();
    made.push(() => void spawnSync('losetup', ['--detach', device], { stdio: 'ignore' }));
    return device.replace('/dev/', '');
  }

  test('of a run that is dead is detached, that of a living one and anybody else’s stay', async () => {
    const { path } = await workDirectory();
    const dead = loopOn('powercut-ba9876543210.1');
    const living = loopOn(`${path.split('/').pop()}.1`);
    const others = loopOn('disk.img');
    const { loops } = await clearLeftovers();
    expect(loops).toContain(dead);
    expect(loops).not.toContain(living);
    expect(loops).not.toContain(others);
  });
});
