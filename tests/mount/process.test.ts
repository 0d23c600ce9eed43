/** The disk process as a process: who may talk to it, how it ends, and that its mount ends with it. */
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { open, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { connectDisk } from '../../src/mount/connect-disk.ts';
import { startDisk } from '../../src/mount/start-disk.ts';
import {
  eventually,
  isMounted,
  isPending,
  start,
  startModule,
  useDisks,
  useFolders,
  useMountedDisks,
} from './support/disks.ts';

const newDisk = useDisks();
const mountedDisk = useMountedDisks();
const newFolder = useFolders();

/** The processes whose command line names this folder. */
function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        return pid !== process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
      } catch {
        return false;
      }
    });
}

function diskProcessOf(folder: string): number {
  const [pid] = processesOf(folder).filter((each) =>
    readFileSync(`/proc/${each}/cmdline`, 'utf8').includes('disk-process.js'),
  );
  if (pid === undefined) throw new Error('no disk process');
  return pid;
}

test('a disk that is quit leaves no mount, no process and no socket', async () => {
  const { control, mountPoint, scratch } = await mountedDisk();
  expect(isMounted(mountPoint)).toBe(true);
  await control.close();
  expect(await control.ended).toContain('has quit');
  expect(isMounted(mountPoint)).toBe(false);
  expect(existsSync(join(scratch, 'control/control.sock'))).toBe(false);
  await eventually(() => processesOf(scratch).length === 0);
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s unmounts and ends it', async (signal) => {
  const { control, mountPoint, scratch } = await mountedDisk();
  process.kill(diskProcessOf(scratch), signal);
  expect(await control.ended).toContain('exit code 0');
  expect(isMounted(mountPoint)).toBe(false);
});

test('SIGTERM to a frozen disk fails what it holds, and unmounts', async () => {
  const { control, mountPoint, scratch } = await mountedDisk();
  await control.request('freeze', { trigger: { at: 'now' } });
  const writer = start('sh', ['-c', 'echo x > "$1"', 'sh', join(mountPoint, 'f')]);
  expect(await isPending(writer.exited, 300)).toBe(true);
  process.kill(diskProcessOf(scratch), 'SIGTERM');
  expect(await control.ended).toContain('exit code 0');
  expect(await writer.exited).not.toBe(0);
  expect(isMounted(mountPoint)).toBe(false);
});

test('a fault while serving ends the disk with one sentence, and its mount', async () => {
  // The thread that serves reads /dev/fuse with readSync: from the 20th request on, that throws.
  const fault = `import { isMainThread } from 'node:worker_threads'; import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const read = fs.readSync; let count = 0;
    if (!isMainThread) fs.readSync = (...args) => { if (++count > 20) throw new Error('planted'); return read(...args); };
    syncBuiltinESMExports();`;
  vi.stubEnv('NODE_OPTIONS', `--import=data:text/javascript,${encodeURIComponent(fault)}`);
  const { control, mountPoint, scratch } = await mountedDisk().finally(() => vi.unstubAllEnvs());

  const writer = start('sh', [
    '-c',
    'i=0; while echo x > "$1/$i"; do i=$((i + 1)); done; exit 7',
    'sh',
    mountPoint,
  ]);

  expect(await control.ended).toMatch(/ended with exit code 70: the disk at .*\/disk failed: planted$/);
  expect(await writer.exited).toBe(7);
  await eventually(() => !isMounted(mountPoint) && processesOf(scratch).length === 0);
});

test('SIGKILL of the disk process takes the mount along, and what it held gets an error', async () => {
  const { control, mountPoint, scratch } = await mountedDisk();
  await control.request('freeze', { trigger: { at: 'now' } });
  const writer = start('sh', ['-c', 'echo x > "$1"', 'sh', join(mountPoint, 'f')]);
  expect(await isPending(writer.exited, 300)).toBe(true);

  process.kill(diskProcessOf(scratch), 'SIGKILL');

  expect(await control.ended).toContain('was killed by SIGKILL');
  expect(await writer.exited).not.toBe(0);
  await eventually(() => !isMounted(mountPoint) && processesOf(scratch).length === 0);
  await expect(control.request('stats')).rejects.toThrow('is gone');
});

test('whoever starts a disk takes it along, killed or not', async () => {
  const folder = newFolder();
  const mountPoint = join(folder, 'disk');
  mkdirSync(mountPoint);
  const runner = startModule(`import { startDisk } from '#dist/mount/start-disk.js';
    const disk = await startDisk({ mountPoint: '${mountPoint}', workDirectory: '${folder}/control', profile: 'strict',
      pins: [], owner: { uid: 0, gid: 0 } });
    await disk.request('mount'); console.log('mounted'); setInterval(() => {}, 1000);`);
  await runner.lines(1);
  expect(isMounted(mountPoint)).toBe(true);
  runner.child.kill('SIGKILL');
  await runner.exited;
  await eventually(() => !isMounted(mountPoint) && processesOf(folder).length === 0);
});

test('only the owner reaches the control socket', async () => {
  const { scratch } = await newDisk();
  expect(statSync(join(scratch, 'control')).mode & 0o777).toBe(0o700);
  expect(statSync(join(scratch, 'control/control.sock')).mode & 0o777).toBe(0o600);
});

test('a work folder that others can enter is refused when it holds anything', async () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'disk'));
  mkdirSync(join(folder, 'control'), { mode: 0o755 });
  writeFileSync(join(folder, 'control/note'), '');
  const options = { profile: 'strict', pins: [], owner: { uid: 0, gid: 0 } };
  const starting = startDisk({
    ...options,
    mountPoint: join(folder, 'disk'),
    workDirectory: join(folder, 'control'),
  });
  await expect(starting).rejects.toThrow('chmod 700');
});

test('a control socket in a deep folder works: its path may be longer than a socket address', async () => {
  const deep = join(newFolder(), 'x'.repeat(120));
  const mountPoint = join(deep, 'disk with a space');
  mkdirSync(mountPoint, { recursive: true });
  const options = { profile: 'strict', pins: [], owner: { uid: 0, gid: 0 } };
  const control = await startDisk({ ...options, mountPoint, workDirectory: join(deep, 'control') });
  try {
    await control.request('mount');
    const other = await connectDisk(mountPoint);
    expect(await other.request('stats')).toMatchObject({ mounted: true });
    await other.close();
  } finally {
    await control.close();
  }
});

test('what is no request is answered with a sentence, and harms nobody', async () => {
  const { control, scratch } = await newDisk();
  const socket = connect(join(scratch, 'control/control.sock'));
  let answers = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answers += text));
  const lines = [
    'no json',
    '[1]',
    '{"id":1,"request":"explode"}',
    '{"id":2,"request":"toString"}',
    '{"id":3,"request":"cut"}',
    '{"id":4,"request":"freeze","trigger":{"at":"unsynced-op","afterOps":-1,"withinMs":0}}',
    '{"id":5,"request":"export-image","image":1,"directory":"../up"}',
    '{"id":6,"request":"drop-image","image":7}',
    '{"id":7,"request":"stats"}',
  ];
  socket.end(`${lines.join('\n')}\n`);
  await new Promise((resolve) => socket.once('close', resolve));
  const replies = answers
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: number | null; error?: string; ok?: object });
  expect(replies).toHaveLength(lines.length);
  expect(replies.filter(({ error }) => error !== undefined)).toHaveLength(lines.length - 1);
  expect(replies.find(({ id }) => id === 7)?.ok).toMatchObject({ mounted: false });
  expect(await control.request('stats')).toMatchObject({ mounted: false });
});

test('connecting says what is wrong: no powercut disk there, or one whose process is gone', async () => {
  await expect(connectDisk(newFolder())).rejects.toThrow('is not a powercut disk');
  await expect(connectDisk('/proc')).rejects.toThrow('is not a powercut disk');
  await expect(connectDisk('/no/such/place')).rejects.toThrow('is not a powercut disk');

  const { control, mountPoint } = await mountedDisk();
  const moved = join(newFolder(), 'copy');
  mkdirSync(moved);
  const bind = start('mount', ['--bind', mountPoint, moved]);
  expect([await bind.exited, bind.stderr()]).toEqual([0, '']);
  await control.close();
  await expect(connectDisk(moved)).rejects.toThrow(`is gone: remove its mount with "umount -l ${moved}"`);
});

test('a disk that cannot be says why', async () => {
  const folder = newFolder();
  const options = {
    mountPoint: join(folder, 'disk'),
    workDirectory: join(folder, 'control'),
    profile: 'strict',
    pins: [],
    owner: { uid: 0, gid: 0 },
  };
  await expect(startDisk(options)).rejects.toThrow(`${folder}/disk cannot be used`);
  mkdirSync(options.mountPoint);
  await expect(startDisk({ ...options, profile: 'ext5' })).rejects.toThrow('no profile "ext5"');
  await expect(startDisk({ ...options, opLogFile: join(folder, 'no/such/log') })).rejects.toThrow('ENOENT');
  expect(isMounted(options.mountPoint)).toBe(false);
});

test('a directory with files is not mounted over, and a mounted disk is not mounted twice', async () => {
  const { control, mountPoint } = await newDisk();
  writeFileSync(join(mountPoint, 'mine'), 'mine');
  await expect(control.request('mount')).rejects.toThrow('is not empty');
  expect(readFileSync(join(mountPoint, 'mine'), 'utf8')).toBe('mine');
  const other = await mountedDisk();
  await expect(other.control.request('mount')).rejects.toThrow('unmount it first');
});

test('unmounting a disk in use ends the use and says so', async () => {
  const { control, mountPoint } = await mountedDisk();
  const file = await open(join(mountPoint, 'f'), 'w');
  await file.write('written');
  expect(await control.request('unmount')).toEqual({ forced: true });
  await expect(file.write('more')).rejects.toThrow();
  await file.close().catch(() => undefined);
  expect(await control.request('unmount')).toEqual({ forced: false });
  await control.request('mount');
  expect((await stat(join(mountPoint, 'f'))).size).toBe(7);
});

test('a copy of the mount in a mount namespace that lives on ends as well', async () => {
  const { control, mountPoint } = await mountedDisk();
  const box = start('unshare', [
    '--mount',
    '--propagation',
    'private',
    'sh',
    '-c',
    'echo ready; cat; cat "$1/f"',
    'sh',
    mountPoint,
  ]);
  await box.lines(1);
  await writeFile(join(mountPoint, 'f'), 'kept');
  expect(await control.request('unmount')).toEqual({ forced: true });
  box.child.stdin?.end();
  expect(await box.exited).not.toBe(0);
  await control.request('mount');
  expect(readFileSync(join(mountPoint, 'f'), 'utf8')).toBe('kept');
});

test('a mount that somebody else takes away can be mounted again, with everything on it', async () => {
  const { control, mountPoint } = await mountedDisk();
  await writeFile(join(mountPoint, 'f'), 'kept');
  expect(await start('umount', [mountPoint]).exited).toBe(0);
  await eventually(async () => !(await control.request('stats')).mounted);
  await control.request('mount');
  expect(readFileSync(join(mountPoint, 'f'), 'utf8')).toBe('kept');
});

test('more mounts than one shell has descriptors for', async () => {
  const { control, mountPoint } = await newDisk();
  for (let round = 0; round < 70; round++) {
    await control.request('mount');
    await writeFile(join(mountPoint, `f-${round}`), '');
    await control.request('unmount');
  }
  await control.request('mount');
  expect(readdirSync(mountPoint)).toHaveLength(70);
});

test('ops go on being numbered on a wiped disk: the log has each number once', async () => {
  const { control, mountPoint } = await mountedDisk();
  await writeFile(join(mountPoint, 'f'), 'x');
  await control.request('unmount');
  await control.request('wipe');
  await control.request('mount');
  await writeFile(join(mountPoint, 'g'), 'x');
  expect((await control.request('report')).files.find(({ path }) => path === 'g')?.lastOp.number).toBe(4);
});

test('the op log has every op with its process, at the latest after a moment', async () => {
  const folder = newFolder();
  const opLogFile = join(folder, 'ops.jsonl');
  const { mountPoint } = await mountedDisk({ opLogFile });
  await writeFile(join(mountPoint, 'f'), 'x');
  await eventually(() => readFileSync(opLogFile, 'utf8').split('\n').length > 2);
  const ops = readFileSync(opLogFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  const name = readFileSync('/proc/self/comm', 'utf8').trim();
  expect(ops).toMatchObject([
    { number: 1, kind: 'create', path: 'f', process: name },
    { number: 2, kind: 'write', path: 'f', offset: 0, length: 1, process: name },
  ]);
});
