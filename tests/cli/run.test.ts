/** `powercut run -- CMD`: the command is the caller's own, the disk forgets, and what is left un-synced is said. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CommandOutcome } from '../../src/run/command.ts';
import { powercut, run, scratch } from './support/powercut.ts';

const sh = (script: string) => ['--', 'sh', '-c', script];

async function reportOf(words: readonly string[]): Promise<CommandOutcome> {
  const { stdout } = await powercut(['run', '--json', ...words]);
  return JSON.parse(stdout) as CommandOutcome;
}

describe('the command', () => {
  it('reads and writes what powercut does, and its code is the code', async () => {
    const ran = await powercut(['run', ...sh('cat; echo told >&2; exit 7')], { input: 'given' });
    expect(ran).toMatchObject({ code: 7, stdout: 'given' });
    expect(ran.stderr).toBe('told\npowercut: nothing is un-synced\n');
  });

  it('ends by a signal as a shell would say it', async () => {
    expect(await powercut(['run', ...sh('kill -TERM $$')])).toMatchObject({ code: 143 });
  });

  it('gets its own options, without a --', async () => {
    expect(await powercut(['run', 'echo', '--json', '-n', 'x'])).toMatchObject({
      code: 0,
      stdout: '--json -n x\n',
    });
  });

  it('starts in the root of an empty disk, as the caller, with the environment of the caller', async () => {
    const type = `awk -v here="$PWD" '$2 == here { print $3 }' /proc/self/mounts`;
    const script = `ls -A; ${type}; id -u; echo "$HELLO $HOME"; test "$PWD" = "$(pwd -P)" && echo same`;
    const { stdout, code } = await powercut(['run', ...sh(script)], { env: { HELLO: 'hi', HOME: '/root' } });
    expect(stdout).toMatch(/^fuse.*\n0\nhi \/root\nsame\n$/);
    expect(code).toBe(0);
  });

  it('belongs to another user with --user, who may write to the disk and cannot gain privileges', async () => {
    const { stdout } = await powercut([
      'run',
      '--user',
      'nobody',
      ...sh('id -un; touch f && ls; grep NoNewPrivs /proc/self/status'),
    ]);
    expect(stdout).toBe('nobody\nf\nNoNewPrivs:\t1\n');
  });

  it('gets back the identity that sudo took', async () => {
    const { stdout } = await powercut(['run', ...sh('id -u')], {
      env: { SUDO_UID: '65534', SUDO_GID: '65534' },
    });
    expect(stdout).toBe('65534\n');
  });

  it('that is not there is said so, with the code of shells', async () => {
    const ran = await powercut(['run', '--', 'no-such-program-anywhere']);
    expect(ran).toMatchObject({ code: 127, stdout: '' });
    expect(ran.stderr).toBe('powercut: cannot run no-such-program-anywhere: no such program on PATH\n');
  });

  it('hears SIGTERM, and decides what it means', async () => {
    const script = 'trap "echo heard; exit 9" TERM; echo ready; while :; do sleep 0.1; done';
    const words = [process.execPath, join(process.cwd(), 'dist/cli/main.js'), 'run', ...sh(script)];
    // The shell sends the signal once the command says that it is ready.
    const waiter = `"$@" > out & pid=$!; while ! grep -q ready out; do sleep 0.1; done; kill -TERM $pid; wait $pid; echo "code $?"; cat out`;
    const { stdout } = await run(['sh', '-c', waiter, 'sh', ...words], { cwd: scratch() });
    expect(stdout).toBe('code 9\nready\nheard\n');
  });

  it('has a terminal where powercut has one', async () => {
    const words = [process.execPath, join(process.cwd(), 'dist/cli/main.js'), 'run', '--', 'test', '-t', '1'];
    const { stdout, code } = await run([
      'script',
      '--quiet',
      '--return',
      '--command',
      words.join(' '),
      '/dev/null',
    ]);
    expect(code, stdout).toBe(0);
  });
});

describe('the report', () => {
  it('names what a power cut would take: data, names, and who wrote them', async () => {
    const { exit, unsynced } = await reportOf(sh('echo data > file; mkdir folder'));
    expect(exit).toEqual({ code: 0, signal: null });
    const file = unsynced.files.find(({ path }) => path === 'file');
    expect(file).toMatchObject({
      sizeBytes: 5,
      ranges: [{ offset: 0, length: 5 }],
      nameUnsynced: true,
      process: 'sh',
    });
    const root = unsynced.files.find(({ path }) => path === '.');
    expect(root?.names).toEqual(['+file', '+folder']);
  });

  it('is empty when file and directory were synced', async () => {
    const { unsynced } = await reportOf(sh('echo data > file; sync file; sync .'));
    expect(unsynced.files).toEqual([]);
  });

  it('keeps stdout for the JSON alone', async () => {
    const ran = await powercut(['run', '--json', ...sh('echo chatter')]);
    expect(() => JSON.parse(ran.stdout) as unknown).not.toThrow();
    expect(ran.stderr).toBe('chatter\n');
  });

  it('is told with the calls that should have synced it, and that no FUSE disk hears of', async () => {
    // Mounted already on most computers, and then not a second time.
    const tracing = 'ls /sys/kernel/tracing/instances || mount -t tracefs tracefs /sys/kernel/tracing';
    const canTrace = (await run(['unshare', '--mount', 'sh', '-c', tracing])).code === 0;
    const script = sh('echo data > file; sync -f file; sync -f .; sync file');
    const { syncCalls } = await reportOf(script);
    expect(syncCalls).toEqual(canTrace ? [{ program: 'sync', call: 'syncfs', count: 2 }] : []);
    const { stderr } = await powercut(['run', ...script]);
    if (canTrace) expect(stderr).toMatch(/note: sync called syncfs\(2\) 2 times: the kernel keeps that from/);
  });

  it('knows names to be durable at once under --profile lazyfs', async () => {
    const { unsynced } = await reportOf(['--profile', 'lazyfs', ...sh('echo data > file; mkdir folder')]);
    expect(unsynced.files.map(({ path, nameUnsynced }) => ({ path, nameUnsynced }))).toEqual([
      { path: 'file', nameUnsynced: false },
    ]);
  });

  it('leaves out what is pinned', async () => {
    const { unsynced } = await reportOf([
      '--pin',
      '*.log',
      ...sh('echo data > a.log; echo data > b; sync .'),
    ]);
    expect(unsynced.files.map(({ path }) => path)).toEqual(['b']);
  });

  it('tells what git leaves un-synced after a commit', async () => {
    const commit =
      'git init -q r && cd r && echo x > f && git add f && git -c user.name=a -c user.email=a@b commit -qm m';
    const { exit, unsynced } = await reportOf(sh(commit));
    expect(exit.code).toBe(0);
    const paths = unsynced.files.map(({ path }) => path);
    expect(paths).toContain('r/.git/HEAD');
    expect(paths).toContain('r/f');
  });
});

describe('directories of the caller', () => {
  it('--from is what the disk starts with, durable, and stays as it was', async () => {
    const from = scratch();
    mkdirSync(join(from, 'folder'));
    writeFileSync(join(from, 'folder/file'), 'before');
    const { unsynced } = await reportOf([
      '--from',
      from,
      ...sh('test "$(cat folder/file)" = before && echo after > folder/file'),
    ]);
    expect(unsynced.files.map(({ path }) => path)).toEqual(['folder/file']);
    expect(readFileSync(join(from, 'folder/file'), 'utf8')).toBe('before');
  });

  it('--keep receives what a power cut at the end would leave', async () => {
    const keep = join(scratch(), 'made', 'kept');
    const script = 'echo safe > safe; sync safe; sync .; echo more >> safe; echo lost > lost';
    const { code } = await powercut(['run', '--keep', keep, ...sh(script)]);
    expect(code).toBe(0);
    expect(readdirSync(keep)).toEqual(['safe']);
    expect(readFileSync(join(keep, 'safe'), 'utf8')).toBe('safe\n');
  });

  it('nothing else is left: not what it started, not where it ran', async () => {
    const folder = scratch();
    const name = `left-over-${randomUUID()}`;
    const script = `pwd; (exec -a ${name} sleep 600) & until pgrep -f ^${name} > /dev/null; do sleep 0.1; done`;
    const { stdout, code } = await powercut(['run', '--', 'bash', '-c', script], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\/.*\n$/);
    expect(existsSync(stdout.trim())).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
    expect((await run(['pgrep', '-f', `^${name}`])).stdout).toBe('');
  });
});
