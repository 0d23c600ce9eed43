/**
 * Programs in a machine run as an unprivileged user, who cannot enter a home directory of mode 0700, where checkouts, nvm and
 * pyenv live. What such a user cannot reach is bind-mounted to a place that it can, inside the machine's own mount
 * namespace: nobody else sees it, no mode is changed, and it ends with the machine.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Machine } from '../machine/machine.ts';
import { UnavailableError } from '../machine/unavailable.ts';

type User = Machine['user'];

const read = 4;
const execute = 1;
const mountTimeoutMs = 20_000;

/**
 * A path of `file` that programs in the machine can read and execute. The machine is booted; after another boot this must be
 * asked again. With `siblings`, the files beside it come along where they can.
 */
export async function reachablePath(
  machine: Machine,
  file: string,
  runDirectory: string,
  siblings: boolean,
): Promise<string> {
  if (isReachable(file, machine.user)) return file;
  const real = realpathSync(file);
  if (!allows(statSync(real), machine.user, read | execute)) {
    throw new UnavailableError(
      `${file} cannot be executed by the unprivileged user that programs run as (uid ${machine.user.uid}): chmod o+rx ${file}`,
    );
  }
  const directory = dirname(real);
  const whole = siblings && allows(statSync(directory), machine.user, read | execute);
  const source = whole ? directory : real;
  const own = join(runDirectory, 'reachable', createHash('sha256').update(source).digest('hex').slice(0, 12));
  mkdirSync(own, { recursive: true, mode: 0o755 });
  const place = whole ? own : join(own, basename(real));
  if (!existsSync(place)) writeFileSync(place, '', { mode: 0o755 });
  await bind(machine, source, place);
  return join(own, basename(real));
}

/** Whether the user may read and execute the file and enter every directory on the way, by mode bits. */
export function isReachable(file: string, user: User): boolean {
  for (const path of new Set([file, realpathSync(file)])) {
    if (!allows(statSync(path), user, read | execute)) return false;
    for (let directory = dirname(path); ; directory = dirname(directory)) {
      if (!allows(statSync(directory), user, execute)) return false;
      if (directory === dirname(directory)) break;
    }
  }
  return true;
}

function allows(stats: Stats, user: User, wanted: number): boolean {
  const shift = stats.uid === user.uid ? 6 : stats.gid === user.gid ? 3 : 0;
  return ((stats.mode >> shift) & wanted) === wanted;
}

async function bind(machine: Machine, source: string, place: string): Promise<void> {
  const script = 'mountpoint -q "$2" || mount --bind "$1" "$2"';
  const { code, stderr } = await machine.run('sh', ['-c', script, 'sh', source, place], {
    cwd: '/',
    privileged: true,
    timeoutMs: mountTimeoutMs,
  });
  if (code === 0) return;
  throw new UnavailableError(
    `${source} is out of reach of the unprivileged user that programs run as (uid ${machine.user.uid}), and mounting it ` +
      `elsewhere failed: ${stderr.trim()}; move it to a directory that others may enter`,
  );
}
