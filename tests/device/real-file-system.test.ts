/**
 * Targets on real file systems: ext4, XFS and btrfs of this computer's kernel, cut at their block device. Needs root, loop devices
 * and each file system's own programs; where they are missing the reason is said.
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { whyNoFileSystem } from '../../src/device/availability.ts';
import { realFileSystems } from '../../src/device/real-file-system.ts';
import type { HistoryOp } from '../../src/checkers/history.ts';
import type { Results } from '../../src/report/results.ts';
import { mountsWith, processesWith } from '../machine/support/host.ts';
import { powercut, scratch, sentenceOf, type Ran } from '../cli/support/powercut.ts';

const executable = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const missing = new Map(realFileSystems.map((each) => [each.name as string, whyNoFileSystem(each)]));
for (const why of missing.values()) if (why !== undefined) console.warn(`SKIPPED: ${why}`);

/** Whatever the suite writes like elsewhere: here the file system says how. */
const common = ['--writes', 'through', '--interval', '500ms', '--json'];

function sqliteOn(fileSystem: string, work: string, ...words: readonly string[]): Promise<Ran> {
  const store = join(scratch(), 'store');
  return powercut(['test', 'sqlite', '--filesystem', fileSystem, ...common, '--store', store, ...words], {
    env: { TMPDIR: work },
  });
}

function resultsOf(ran: Ran): Results {
  expect(ran.stdout, ran.stderr).not.toBe('');
  return JSON.parse(ran.stdout) as Results;
}

/** What the checkers of the file system said of each cut. */
function checksOf({ store }: Results): unknown[] {
  return readFileSync(join(store, 'history.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as HistoryOp)
    .filter(({ process, f }) => process === 'nemesis' && f === 'cut')
    .map(({ value }) => (value as { check: unknown }).check);
}

describe.each(realFileSystems.map(({ name, check }) => ({ name, check: check.join(' ') })))(
  'SQLite that syncs each commit, on a real $name',
  ({ name, check }) => {
    it.skipIf(missing.get(name) !== undefined)('keeps what it acknowledged through cuts', async () => {
      const work = workBase();
      const ran = await sqliteOn(name, work, '--time', '3s', '--seed', '3');
      const results = resultsOf(ran);
      expect([ran.code, results.valid, results.findings], ran.stderr).toEqual([0, true, []]);
      expect(results).toMatchObject({ profile: `real ${name}`, fileSystem: { name } });
      expect(results.cuts).toBeGreaterThan(0);
      expect(checksOf(results)).toEqual(Array(results.cuts).fill(`${check}: clean`));
      expectNothingLeft(work);
    });
  },
);

describe.skipIf(missing.get('ext4') !== undefined)('on a real ext4', () => {
  it('SQLite that never syncs is caught, and the finding says what was seen of it', async () => {
    const work = workBase();
    const words = ['--set', 'synchronous=OFF', '--contract', 'strict', '--time', '2s', '--seed', '3'];
    const ran = await sqliteOn('ext4', work, ...words);
    const results = resultsOf(ran);
    expect([ran.code, results.valid], ran.stderr).toEqual([1, false]);
    const [finding] = results.findings;
    expect(finding).toMatchObject({ class: 'lost-write', profiles: ['real ext4'], tried: [] });
    expect(finding!.evidence.sentences.join('; ')).toMatch(/took what the kernel held in memory/);
    expect(results.command).toContain('--filesystem ext4');
    // The tree that the recovered file system held shows it again.
    const replayed = await powercut(['replay', join(results.store, 'findings', '1')]);
    expect(replayed.code, replayed.stdout + replayed.stderr).toBe(1);
    expectNothingLeft(work);
  });

  it('leaves nothing mounted or attached after a SIGINT', async () => {
    const { work, child, closed } = await startedOn('ext4');
    child.kill('SIGINT');
    await closed;
    await eventually(() => expectNothingRunning(work));
  });

  it('needs the programs of the file system, and says which are missing', async () => {
    const ran = await powercut(['test', 'sqlite', '--filesystem', 'ext4', '--writes', 'through'], {
      through: hiding('e2fsck'),
    });
    expect(ran.code).toBe(255);
    expect(sentenceOf(ran)).toMatch(/ext4 needs e2fsck, .* \(apt-get install e2fsprogs\)/);
  });
});

/**
 * What dies inside of a file system on a file of a disk that dies with it can wait for itself in the kernel, and nothing but a
 * restart of the computer ends that. `npm run soak` kills many more.
 */
describe('a run on a real file system that is killed', () => {
  const kills = Number(process.env['POWERCUT_KILLS'] ?? 3);
  const names = realFileSystems.map(({ name }) => name).filter((name) => missing.get(name) === undefined);
  const lastMs = 2_500;

  it.skipIf(names.length === 0)(
    'leaves no process, mount or loop device, whenever it was',
    async () => {
      for (let index = 0; index < kills; index++) {
        const name = names[index % names.length]!;
        const { work, child, closed } = await startedOn(name);
        const afterMs = randomInt(lastMs);
        await new Promise((resolve) => setTimeout(resolve, afterMs));
        child.kill('SIGKILL');
        await closed;
        await eventually(
          () => expectNothingRunning(work),
          `${name}, killed ${afterMs} ms after its device was there`,
        );
      }
    },
    kills * 70_000,
  );
});

describe('a real file system', () => {
  it.each([
    ['that there is not', ['--filesystem', 'zfs'], /unknown value of --filesystem `zfs`/],
    ['beside a profile', ['--filesystem', 'ext4', '--profile', 'strict'], /exclude each other/],
    [
      'that would have to lose what a living program wrote',
      ['--filesystem', 'xfs', '--nemesis', 'lose-unsynced'],
      /nemesis `lose-unsynced`/,
    ],
  ])('%s is refused', async (_, words, sentence) => {
    const ran = await powercut(['test', 'sqlite', '--writes', 'through', ...words]);
    expect(ran).toMatchObject({ code: 254, stdout: '' });
    expect(sentenceOf(ran)).toMatch(sentence);
  });

  it('is for root only, and says so', async () => {
    const through = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
    const ran = await powercut(['test', 'sqlite', '--filesystem', 'ext4', '--writes', 'through'], {
      through,
    });
    expect(ran.code).toBe(255);
    expect(sentenceOf(ran)).toMatch(/needs root/);
  });
});

/** A run that has its device. */
async function startedOn(fileSystem: string) {
  const work = workBase();
  const words = ['test', 'sqlite', '--filesystem', fileSystem, '--time', '60s'];
  const child = spawn(process.execPath, [executable, ...words, '--store', join(scratch(), 'store')], {
    env: { ...process.env, TMPDIR: work },
    stdio: 'ignore',
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  onTestFinished(() => void child.kill('SIGKILL'));
  await eventually(() => expect(attached(work)).not.toEqual([]));
  return { work, child, closed };
}

/** A mount namespace in which a program of the system cannot be executed. */
function hiding(program: string): string[] {
  const script = [
    `for folder in /sbin /usr/sbin /bin /usr/bin /usr/local/sbin /usr/local/bin; do`,
    `if [ -e "$folder/${program}" ]; then mount --bind /dev/null "$folder/${program}"; fi; done; exec "$@"`,
  ].join('\n');
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh'];
}

/** Where powercut puts its work directory: sockets there have short paths. */
function workBase(): string {
  const directory = mkdtempSync('/tmp/realfs-');
  // Passable for programs of other users, or powercut takes another place.
  chmodSync(directory, 0o755);
  bases.push(directory);
  return directory;
}

const bases: string[] = [];
afterAll(() => {
  for (const directory of bases) rmSync(directory, { recursive: true, force: true });
});

/** Files in a directory that loop devices stand on. */
function attached(directory: string): string[] {
  return readdirSync('/sys/block')
    .filter((name) => name.startsWith('loop'))
    .flatMap((name) => {
      try {
        return [readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').trim()];
      } catch {
        return [];
      }
    })
    .filter((file) => file.startsWith(directory));
}

function expectNothingLeft(work: string): void {
  expect(attached(work)).toEqual([]);
  expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(work);
  expect(readdirSync(work)).toEqual([]);
}

/** Whoever still lives, in whatever namespace, has the mounts of that namespace or the work directory in its words. */
function expectNothingRunning(work: string): void {
  expect({ attached: attached(work), mounts: mountsWith(work), processes: processesWith(work) }).toEqual({
    attached: [],
    mounts: [],
    processes: [],
  });
}

async function eventually(check: () => void, when = ''): Promise<void> {
  const untilMs = performance.now() + 60_000;
  for (;;) {
    try {
      check();
      return;
    } catch (error) {
      if (performance.now() > untilMs) throw when === '' ? error : new Error(when, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
