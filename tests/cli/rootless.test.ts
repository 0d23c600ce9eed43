/**
 * powercut for an ordinary user: everything works where /dev/fuse is open to users, through a user namespace; where it cannot,
 * the sentence says why and what to do. The user is nobody; the device is opened in a mount namespace of the test's own.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chownSync, existsSync, lstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Results } from '../../src/report/results.ts';
import { eventually } from '../machine/support/host.ts';
import {
  asNobody,
  powercutAs,
  reachableCheckout,
  reachableNode,
  withFuse,
  withHiddenProc,
  withoutUserNamespaces,
} from './support/machines.ts';
import { authorOf, run, scratch, sentenceOf } from './support/powercut.ts';
import type { Ran } from './support/powercut.ts';

const nobody = 65534;
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** The user's own directory. */
let home: string;
beforeEach(() => {
  home = scratch();
  chownSync(home, nobody, nobody);
});

const open = withFuse('666');

async function powercut(
  words: readonly string[],
  computer: readonly string[] = open,
  uid = nobody,
): Promise<Ran> {
  const env = { HOME: home, TMPDIR: '/tmp' };
  return run([...computer, ...powercutAs(uid), ...words], { cwd: home, env, timeoutMs: 170_000 });
}

async function test(words: string, uid = nobody): Promise<{ code: number | null; results: Results }> {
  const pace = ['--time', '6s', '--interval', '2s', '--json'];
  const ran = await powercut(['test', ...words.split(' '), ...pace], open, uid);
  if (!ran.stdout.startsWith('{')) throw new Error(`${words}: no results: ${ran.stderr}`);
  return { code: ran.code, results: JSON.parse(ran.stdout) as Results };
}

describe('a user of a computer where /dev/fuse is open to users', () => {
  it('has what it takes, says the doctor', async () => {
    const { code, stdout } = await powercut(['doctor', '--json']);
    const { ready, probes } = JSON.parse(stdout) as {
      ready: boolean;
      probes: { name: string; ok: boolean; found: string }[];
    };
    expect([code, ready]).toEqual([0, true]);
    expect(probes.find(({ name }) => name === 'user namespaces')).toMatchObject({ ok: true });
    expect(probes.find(({ name }) => name === 'mounting')?.found).toMatch(/in a user namespace/);
  });

  it('tests sqlite: valid with its defaults', async () => {
    const { code, results } = await test('sqlite --seed 1');
    expect(results.valid, results.notes.join('\n')).toBe(true);
    expect(code).toBe(0);
    expect(results.cuts).toBeGreaterThan(0);
    expect(statSync(results.store).uid).toBe(nobody);
  });

  it('tests sqlite: a planted fault is found, with its proof, and replayed from its image', async () => {
    const { code, results } = await test('sqlite --set synchronous=OFF --seed 2');
    expect(code).toBe(1);
    const [finding] = results.findings;
    expect(finding!.class).toBe('lost-write');
    expect(finding!.evidence.sentences.join('\n')).toMatch(
      new RegExp(`\`elements\\.db(-wal)?\`.* by ${authorOf('node')}`),
    );
    const replay = await powercut(['replay', join(results.store, 'findings', '1')]);
    expect(replay.code, replay.stderr).toBe(1);
    expect(replay.stdout).toMatch(/shows again/);
  });

  it('tests postgres, which refuses to run as root', async () => {
    const { code, results } = await test('postgres --seed 3');
    expect(results.valid, results.notes.join('\n')).toBe(true);
    expect(code).toBe(0);
    expect(results.cuts).toBeGreaterThan(0);
  });

  it('runs a command as the user, without a way to any privilege, and its exit code comes through', async () => {
    const script = [
      'id -u; id -g; grep -c "^NoNewPrivs:.1" /proc/self/status; sed -n "s/^CapEff:.//p" /proc/self/status',
      'echo data > file; stat -c %u:%g file .; mount -t tmpfs tmpfs . 2>/dev/null; kill -9 1 2>/dev/null; exit 7',
    ].join('\n');
    const ran = await powercut(['run', '--', 'sh', '-c', script]);
    const expected = ['65534', '65534', '1', '0000000000000000', '65534:65534', '65534:65534'];
    expect(ran.stdout.trim().split('\n'), ran.stderr).toEqual(expected);
    expect(ran.code).toBe(7);
    expect(ran.stderr).toMatch(/un-synced: 2 files, 5 B of data/);
  });

  it("takes a directory along, and keeps what a cut would leave: both are the user's", async () => {
    mkdirSync(join(home, 'from'));
    writeFileSync(join(home, 'from/durable'), 'old\n', { mode: 0o644 });
    const script = 'cat durable && echo new > gone && rm durable && echo synced > kept && sync kept . && ls';
    const ran = await powercut(['run', '--from', 'from', '--keep', 'kept', '--', 'sh', '-c', script]);
    expect(ran.stdout, ran.stderr).toBe('old\ngone\nkept\n');
    expect(readFileSync(join(home, 'kept/kept'), 'utf8')).toBe('synced\n');
    expect(statSync(join(home, 'kept/kept')).uid).toBe(nobody);
    expect(statSync(join(home, 'kept/gone')).size).toBe(0);
    expect(existsSync(join(home, 'kept/durable'))).toBe(false);
  });

  it('may have no account, as in containers; root replays what it found', async () => {
    const uid = 4711;
    chownSync(home, uid, uid);
    expect(await powercut(['run', '--', 'id', '-u'], open, uid)).toMatchObject({ stdout: `${uid}\n` });
    // PostgreSQL refuses users without a name.
    const { code, results } = await test('postgres --set fsync=off --seed 4', uid);
    expect(code, results.notes.join('\n')).toBe(1);
    const finding = join(results.store, 'findings', '1');
    expect(statSync(join(finding, 'image/pgdata')).uid).toBe(uid);
    const replay = await run([process.execPath, main, 'replay', finding]);
    expect(replay.code, replay.stderr).toBe(1);
    expect(replay.stdout).toMatch(/shows again/);
  });

  it('cannot become somebody else, and is told who can', async () => {
    const ran = await powercut(['run', '--user', 'root', '--', 'true']);
    expect(sentenceOf(ran)).toMatch(/^--user: only root can run a command as `root`/);
    expect(ran.code).toBe(255);
    expect(await powercut(['run', '--user', 'nobody', '--', 'true'])).toMatchObject({ code: 0 });
  });
});

describe('powercut mount of a user', () => {
  let mounting: ChildProcess;
  let said: string;

  /** Gives what was printed. */
  async function mount(name = 'disk'): Promise<string> {
    const directory = join(home, name);
    mkdirSync(directory);
    chownSync(directory, nobody, nobody);
    said = '';
    const [command, ...args] = [...open, ...powercutAs(nobody), 'mount', directory];
    mounting = spawn(command!, args, { cwd: home, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    mounting.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await eventually(() => expect(said).toContain('/root/'), 60_000);
    return directory;
  }

  const ended = () => mounting.exitCode !== null || mounting.signalCode !== null;

  afterEach(async () => {
    if (!ended()) mounting.kill('SIGTERM');
    await eventually(() => expect(ended()).toBe(true), 60_000);
  });

  /** As a shell of the user's would; $SHELL is the script. */
  async function enter(script: string): Promise<string> {
    const line = said.split('\n').find((text) => text.includes('nsenter'))!;
    const inside = line.replace('"$SHELL"', 'sh -c "$0"');
    const ran = await run([...asNobody, 'sh', '-c', inside, script], { cwd: '/' });
    expect(ran.code, ran.stderr).toBe(0);
    return ran.stdout;
  }

  it('says how other shells see it, by entering or through /proc; the disk can be asked from there', async () => {
    const directory = await mount("a user's disk");
    expect(said).toMatch(/is a disk that forgets/);
    expect(await enter('id -u; pwd; echo data > file; cat file')).toBe(`65534\n${directory}\ndata\n`);
    const disk = `${reachableNode} ${reachableCheckout}/dist/cli/main.js disk .`;
    expect(JSON.parse(await enter(`${disk} report --json`))).toMatchObject({ sizeBytes: 5 });
    const outside = /at (\/proc\/\d+\/root\/.*)$/m.exec(said)![1]!;
    const seen = await run([...asNobody, 'cat', join(outside, 'file')]);
    expect(seen.stdout, seen.stderr).toBe('data\n');
    expect(lstatSync(directory).isDirectory()).toBe(true);
    expect(existsSync(join(directory, 'file'))).toBe(false);
    mounting.kill('SIGINT');
    await eventually(() => expect(mounting.exitCode).toBe(0), 60_000);
    expect(said).toMatch(/un-synced: 2 files, 5 B of data/);
  });

  it('leaves nothing when it is killed', async () => {
    const directory = await mount();
    mounting.kill('SIGKILL');
    await eventually(async () => {
      const { stdout } = await run([
        'sh',
        '-c',
        `cat /proc/[0-9]*/mountinfo 2>/dev/null | grep -cF '${directory}'`,
      ]);
      expect(stdout).toBe('0\n');
    }, 60_000);
  });
});

describe('a user is told what is missing', () => {
  const cases: [string, readonly string[], RegExp][] = [
    ['no /dev/fuse', withFuse(), /^no \/dev\/fuse.*(modprobe fuse|mknod \/dev\/fuse)/],
    [
      'a /dev/fuse for root alone',
      withFuse('600'),
      /EACCES, its mode is 600.*chmod 666 \/dev\/fuse.*as root/,
    ],
    [
      'user namespaces switched off',
      [...open, ...withoutUserNamespaces],
      /user\.max_user_namespaces=0.*sysctl -w user\.max_user_namespaces=10000.*as root/,
    ],
    [
      'a container that hides parts of /proc',
      [...open, ...withHiddenProc],
      /mount \/proc failed.*systempaths=unconfined.*as root/,
    ],
  ];

  it.each(cases)('%s', async (_, computer, sentence) => {
    mkdirSync(join(home, 'disk'));
    chownSync(join(home, 'disk'), nobody, nobody);
    for (const words of [['test'], ['run', '--', 'true'], ['mount', 'disk']]) {
      const ran = await powercut(words, computer);
      expect(sentenceOf(ran), words[0]).toMatch(sentence);
      expect(ran, words[0]).toMatchObject({ code: 255, stdout: '' });
    }
    const doctor = await powercut(['doctor'], computer);
    expect(doctor.code).toBe(255);
    expect(doctor.stdout).toMatch(/^MISSING .*: /m);
    expect(existsSync(join(home, 'store'))).toBe(false);
  });
});
