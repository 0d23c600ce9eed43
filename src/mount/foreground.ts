/**
 * `powercut mount DIR`: a disk in the foreground, until a signal or until somebody unmounts it. Never touches what lies in
 * the directory, and takes away only mounts that powercut left there.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { connectDisk } from './connect-disk.ts';
import type { DiskControl, DiskOptions, UnsyncedReport } from './control.ts';
import { errorCode, messageOf, UnavailableError, UsageError } from './mount-errors.ts';
import { controlSocketOf, mountAt } from './mount-table.ts';
import { soleOwner, soleUser } from './sole-user.ts';
import { startDisk } from './start-disk.ts';
import { settlesWithin } from './time-limit.ts';

export interface ForegroundOptions extends Pick<
  DiskOptions,
  'profile' | 'pins' | 'writes' | 'opLogFile' | 'capacityBytes' | 'memoryBytes' | 'root'
> {
  readonly directory: string;
  /** What is un-synced, for people. */
  readonly describe: (report: UnsyncedReport) => readonly string[];
  /** A line for people. Default: on stderr. */
  readonly say?: (line: string) => void;
}

const exitCodes = { done: 0, failed: 255 } as const;
const watchIntervalMs = 500;
/** A cut that somebody asks for takes the mount away and puts it back; only what stays away was unmounted. */
const looksUntilUnmounted = 10;
const reportTimeoutMs = 10_000;

/** Resolves with the exit code when the disk is gone. Rejects with a sentence when it cannot be mounted. */
export async function mountForeground(options: ForegroundOptions): Promise<number> {
  const { directory, describe, say = sayOnStderr, ...diskOptions } = options;
  const mountPoint = await freeMountPoint(directory, say);
  const { uid, gid } = soleUser() === undefined ? statSync(mountPoint) : soleOwner;
  const workDirectory = mkdtempSync(join(tmpdir(), 'powercut-mount-'));
  // Listened to before anything is mounted: a signal must never leave a mount.
  const signal = nextSignal();
  try {
    const disk = await startDisk({ ...diskOptions, mountPoint, workDirectory, owner: { uid, gid } });
    try {
      return await serveUntil(signal.received, disk, { describe, say });
    } finally {
      await disk.close();
    }
  } finally {
    signal.stop();
    rmSync(workDirectory, { recursive: true, force: true });
  }
}

async function serveUntil(
  signal: Promise<'signal'>,
  disk: DiskControl,
  { describe, say }: Required<Pick<ForegroundOptions, 'describe' | 'say'>>,
): Promise<number> {
  await disk.request('mount');
  const { profile } = await disk.request('stats');
  say(
    `${disk.mountPoint} is a disk that forgets (profile ${profile}): Ctrl-C unmounts it, un-synced data and all`,
  );
  for (const line of wayIn(disk.mountPoint)) say(line);
  const unmounted = watchMount(disk.mountPoint);
  const event = await Promise.race([signal, unmounted.gone, disk.ended]);
  unmounted.stop();
  if (event !== 'signal' && event !== 'unmounted') {
    say(event);
    return exitCodes.failed;
  }
  if (event === 'unmounted') say(`${disk.mountPoint} was unmounted`);
  await sayUnsynced(disk, describe, say);
  const { forced } = await disk.request('unmount');
  if (forced)
    say(`${disk.mountPoint} was still in use: programs that had files open there get errors from now on`);
  return exitCodes.done;
}

/** What was mounted in a user namespace is seen in that namespace alone. */
function wayIn(mountPoint: string): string[] {
  const sole = soleUser();
  if (sole === undefined) return [];
  const pid = String(process.pid);
  const enter = `nsenter --target ${pid} --user --mount --preserve-credentials --wdns=${quoted(mountPoint)}`;
  return [
    'You are not root: the disk is seen in a namespace of its own, which a shell of yours enters with',
    `  ${enter} unshare --user --map-user=${String(sole.uid)} --map-group=${String(sole.gid)} "$SHELL"`,
    `and which your other programs see at /proc/${pid}/root${mountPoint}`,
  ];
}

/** As a word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

async function sayUnsynced(
  disk: DiskControl,
  describe: ForegroundOptions['describe'],
  say: (line: string) => void,
): Promise<void> {
  const report = disk.request('report');
  try {
    if (await settlesWithin(report, reportTimeoutMs)) for (const line of describe(await report)) say(line);
    else say('what is un-synced is not known: the disk does not answer');
  } catch (error) {
    say(`what is un-synced is not known: ${messageOf(error)}`);
  }
}

/** The directory's real path. Rejects unless it is an empty directory; a dead disk of powercut's there is taken away. */
async function freeMountPoint(directory: string, say: (line: string) => void): Promise<string> {
  const absolute = resolve(directory);
  // Only the parent is looked at: what is mounted on the directory may be dead or frozen.
  const parent = await realpath(dirname(absolute)).catch(() => dirname(absolute));
  const candidate = absolute === '/' ? absolute : join(parent, basename(absolute));
  const mount = mountAt(candidate);
  if (mount !== undefined) {
    if (controlSocketOf(mount) === undefined || (await isAlive(candidate))) {
      throw new UsageError(`${directory} is a mount already: umount it, or name another directory`);
    }
    removeDeadMount(candidate);
    say(`removed the mount that an earlier powercut left on ${directory}`);
  }
  try {
    const real = await realpath(candidate);
    if ((await readdir(real)).length === 0) return real;
  } catch (error) {
    throw new UsageError(sentenceOf(directory, error), { cause: error });
  }
  throw new UsageError(
    `${directory} is not empty: mount on an empty directory, a mount would hide its files`,
  );
}

function sentenceOf(directory: string, error: unknown): string {
  const code = errorCode(error);
  if (code === 'ENOENT') return `${directory} does not exist: create it first`;
  if (code === 'ENOTDIR') return `${directory} is not a directory`;
  return `${directory} cannot be used: ${messageOf(error)}`;
}

async function isAlive(mountPoint: string): Promise<boolean> {
  try {
    await (await connectDisk(mountPoint)).close();
    return true;
  } catch {
    return false;
  }
}

function removeDeadMount(mountPoint: string): void {
  const { status, stderr } = spawnSync('umount', ['-i', '-f', '-l', '--', mountPoint], {
    encoding: 'utf8',
    cwd: '/',
  });
  if (status === 0) return;
  throw new UnavailableError(
    `an earlier powercut left a mount on ${mountPoint} that cannot be removed: ${stderr.trim()}`,
  );
}

function nextSignal(): { readonly received: Promise<'signal'>; stop(): void } {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let listener = (): void => undefined;
  const received = new Promise<'signal'>((resolve) => {
    listener = () => {
      resolve('signal');
    };
  });
  for (const signal of signals) process.on(signal, listener);
  return {
    received,
    stop: () => {
      for (const signal of signals) process.off(signal, listener);
    },
  };
}

/** The mount table tells of an umount by somebody else; nothing else does. */
function watchMount(mountPoint: string): { readonly gone: Promise<'unmounted'>; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let missing = 0;
  const gone = new Promise<'unmounted'>((resolve) => {
    timer = setInterval(() => {
      missing = mountAt(mountPoint) === undefined ? missing + 1 : 0;
      if (missing >= looksUntilUnmounted) resolve('unmounted');
    }, watchIntervalMs);
  });
  return {
    gone,
    stop: () => {
      clearInterval(timer);
    },
  };
}

function sayOnStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
