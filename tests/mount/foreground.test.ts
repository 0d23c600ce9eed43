/** A disk in the foreground, as `powercut mount` runs it. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually, isMounted, start, startModule, useFolders, type Program } from './support/disks.ts';

const newFolder = useFolders();

/** `within`: a command that runs another. */
function foreground(directory: string, within: readonly string[] = []): Program {
  const source = `import { mountForeground } from '#dist/mount/foreground.js';
    try {
      process.exitCode = await mountForeground({ directory: ${JSON.stringify(directory)}, profile: 'strict', pins: [],
        describe: (report) => report.files.map((file) => 'un-synced: ' + file.path) });
    } catch (error) {
      console.error(error.name + ': ' + error.message); process.exitCode = 254;
    }`;
  return startModule(source, within);
}

function emptyDirectory(): string {
  const directory = join(newFolder(), 'disk');
  mkdirSync(directory);
  return directory;
}

async function untilMounted(program: Program): Promise<void> {
  await eventually(
    () => program.stderr().includes('is a disk that forgets') || program.child.exitCode !== null,
  );
  expect(program.child.exitCode, program.stderr()).toBeNull();
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s unmounts, says what was un-synced, and ends with 0',
  async (signal) => {
    const directory = emptyDirectory();
    const program = foreground(directory);
    await untilMounted(program);
    await writeFile(join(directory, 'f'), 'x');
    program.child.kill(signal);
    expect([await program.exited, program.stdout()]).toEqual([0, '']);
    expect(program.stderr()).toContain('un-synced: f\n');
    expect(isMounted(directory)).toBe(false);
  },
);

test('Ctrl-C at a terminal, which reaches every process of the group, unmounts as well', async () => {
  const directory = emptyDirectory();
  const program = foreground(directory);
  await untilMounted(program);
  const children = readFileSync(`/proc/${program.child.pid}/task/${program.child.pid}/children`, 'utf8')
    .trim()
    .split(' ');
  expect(children.length).toBeGreaterThan(0);
  const groupOf = (pid: string) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2];
  // The disk is in a group of its own, so that the signal reaches only the one that ends things in order.
  for (const child of children) expect(groupOf(child)).toBe(child);
  program.child.kill('SIGINT');
  expect(await program.exited).toBe(0);
});

test('a disk still in use is unmounted all the same, and that is said', async () => {
  const directory = emptyDirectory();
  const program = foreground(directory);
  await untilMounted(program);
  const user = spawn('sleep', ['600'], { cwd: directory, stdio: 'ignore' });
  try {
    await eventually(() => readFileSync(`/proc/${user.pid}/comm`, 'utf8').trim() === 'sleep');
    program.child.kill('SIGINT');
    expect(await program.exited).toBe(0);
    expect(program.stderr()).toContain('was still in use');
    expect(isMounted(directory)).toBe(false);
  } finally {
    user.kill('SIGKILL');
  }
});

test('umount by hand ends it', async () => {
  const directory = emptyDirectory();
  const program = foreground(directory);
  await untilMounted(program);
  await writeFile(join(directory, 'f'), 'x');
  expect(await start('umount', [directory]).exited).toBe(0);
  expect(await program.exited).toBe(0);
  expect(program.stderr()).toContain('was unmounted\n');
  expect(program.stderr()).toContain('un-synced: f\n');
});

test('a directory that cannot be used is refused in a sentence', async () => {
  const directory = emptyDirectory();
  const refusal = async (path: string): Promise<string> => {
    const program = foreground(path);
    expect(await program.exited).toBe(254);
    return program.stderr();
  };
  expect(await refusal(join(directory, 'nowhere'))).toContain('does not exist: create it first');
  writeFileSync(join(directory, 'mine'), 'mine');
  expect(await refusal(join(directory, 'mine'))).toContain('is not a directory');
  expect(await refusal(directory)).toContain('is not empty');
  expect(await refusal('/proc')).toContain('is a mount already');
  expect(readFileSync(join(directory, 'mine'), 'utf8')).toBe('mine');
});

test('the mount that a dead powercut left is removed first, and that is said', async () => {
  const directory = emptyDirectory();
  // In a mount namespace of its own: any powercut that starts on this computer may clear what it finds dead.
  const leaveMount = `set -e; exec 3<>/dev/fuse
    mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 powercut:/no/such/control.sock "$1"
    exec 3>&-; shift; exec "$@"`;
  const program = foreground(directory, [
    ...['unshare', '--mount', '--propagation', 'private'],
    ...['sh', '-c', leaveMount, 'sh', directory],
  ]);
  await untilMounted(program);
  expect(program.stderr()).toContain('removed the mount that an earlier powercut left');
  program.child.kill('SIGINT');
  expect(await program.exited).toBe(0);
});
