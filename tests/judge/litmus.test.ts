/**
 * `powercut litmus`: what profiles allow and what a real file system leaves. The real ones need root, loop devices and mkfs; ext4 is
 * on every Debian, and stands here for all three, which `npm run litmus` runs.
 */
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { realFileSystems } from '../../src/device/real-file-system.ts';
import { whyNot } from '../../src/judge/court.ts';
import { powercut, scratch, sentenceOf } from '../cli/support/powercut.ts';

const executable = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const ext4 = realFileSystems.find(({ name }) => name === 'ext4')!;
const missing = whyNot(ext4);
if (missing !== undefined) console.warn(`SKIPPED, real ext4 does not judge here: ${missing}`);

function litmus(text: string): string {
  const file = join(scratch(), 'it.litmus');
  writeFileSync(file, text);
  return file;
}

const renameOver = 'setup\ncreate t "old"\nrun\ncreate tmp "new"\nfsync tmp\nrename tmp t\n';

interface Answer {
  readonly profiles: readonly { profile: string; outcomes: string[]; complete: boolean }[];
  readonly observed: readonly {
    fileSystem: string;
    images: number;
    outcomes: { outcome: string; allowed: boolean }[];
  }[];
}

describe.skipIf(missing !== undefined)('a litmus program on a real ext4', () => {
  it('leaves a rename done or not done, nothing else, and all of it is allowed', async () => {
    const work = workBase();
    const ran = await powercut(
      ['litmus', litmus(renameOver), '--filesystem', 'ext4', '--profile', 'ext4', '--json'],
      { env: { TMPDIR: work } },
    );
    expect(ran).toMatchObject({ code: 0 });
    const { observed, profiles } = JSON.parse(ran.stdout) as Answer;
    expect(observed).toHaveLength(1);
    expect(observed[0]).toMatchObject({
      fileSystem: 'ext4',
      outcomes: [
        { outcome: 't="new"', allowed: true },
        { outcome: 't="old" tmp="new"', allowed: true },
      ],
    });
    expect(observed[0]!.images).toBeGreaterThan(10);
    expect(profiles).toMatchObject([{ profile: 'ext4', complete: true }]);
    expect([...profiles[0]!.outcomes].sort()).toEqual(['t="new"', 't="old" tmp="new"']);
    expectNothingLeft(work);
  });

  it('leaves nothing mounted or attached when it is interrupted', async () => {
    const many = Array.from({ length: 60 }, (_, index) => `create f${index} "x"\nfsync f${index}`).join('\n');
    const work = workBase();
    const child = spawn(
      process.execPath,
      [executable, 'litmus', litmus(`run\n${many}\n`), '--filesystem', 'ext4', '--profile', 'lazyfs'],
      { env: { ...process.env, TMPDIR: work } },
    );
    const closed = new Promise((resolve) => child.once('close', resolve));
    onTestFinished(() => void child.kill('SIGKILL'));
    await eventually(() => expect(attached(work)).not.toEqual([]));
    child.kill('SIGINT');
    expect(await closed).toBe(130);
    await eventually(() => expectNothingLeft(work));
  });
});

describe('without a real file system', () => {
  it('says what each profile allows, and that the file agrees', async () => {
    const file = litmus(`${renameOver}forbid ext4: !t ...\nallow strict: t="new"\n`);
    const ran = await powercut(['litmus', file, '--filesystem', 'none', '--profile', 'ext4']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toBe('ext4 allows 2:\n  t="new"\n  t="old" tmp="new"\n');
  });

  it('exits 1 where the file says otherwise', async () => {
    const file = litmus(`${renameOver}forbid ext4: t="new"\n`);
    const ran = await powercut(['litmus', file, '--filesystem', 'none', '--profile', 'ext4']);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain('the file says `forbid ext4: t="new"`, but ext4 allows it');
  });

  it.each([
    ['a statement that there is not', 'run\nfly away\n', /it, line 2: fly is no statement/],
    ['a program that cannot run', 'run\nunlink a\n', /`unlink a` cannot run: a is not there/],
    [
      'an unknown profile',
      'run\ncreate a\nforbid ext5: a=""\n',
      /unknown profile `ext5`: did you mean `ext4`/,
    ],
  ])('refuses %s', async (_, text, sentence) => {
    const ran = await powercut(['litmus', litmus(text), '--filesystem', 'none']);
    expect(ran).toMatchObject({ code: 254, stdout: '' });
    expect(sentenceOf(ran)).toMatch(sentence);
  });

  it('refuses a file that is not there, and file systems that there are not', async () => {
    const absent = await powercut(['litmus', '/nowhere/it.litmus']);
    expect(absent.code).toBe(254);
    expect(sentenceOf(absent)).toMatch(/cannot read \/nowhere\/it.litmus/);
    const unknown = await powercut(['litmus', litmus(renameOver), '--filesystem', 'zfs']);
    expect(unknown.code).toBe(254);
    expect(sentenceOf(unknown)).toMatch(/unknown file system `zfs`/);
  });

  it('says which program is missing where a file system was asked for', async () => {
    const through = hiding('mkfs.ext4');
    const ran = await powercut(['litmus', litmus(renameOver), '--filesystem', 'ext4'], { through });
    expect(ran.code).toBe(255);
    expect(sentenceOf(ran)).toMatch(/ext4 needs mkfs.ext4, .* \(apt-get install e2fsprogs\)/);
  });
});

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
  const directory = mkdtempSync('/tmp/judge-');
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

async function eventually(check: () => void): Promise<void> {
  const untilMs = performance.now() + 30_000;
  for (;;) {
    try {
      check();
      return;
    } catch (error) {
      if (performance.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
