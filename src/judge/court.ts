/**
 * The judges together: one for each real file system, side by side, in a work directory of their own. Says in one sentence
 * what this computer lacks for them. Only inside a box (machine/box.ts).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { whyNotMountable } from '../device/availability.ts';
import { findProgram, searchPath } from '../machine/tools.ts';
import { UnavailableError } from '../machine/unavailable.ts';
import { createWorkDirectory } from '../machine/work-directory.ts';
import { Judge } from './judge.ts';
import { realFileSystems, type RealFileSystem, type RealFileSystemName } from '../device/real-file-system.ts';

export interface Court {
  readonly judges: readonly Judge[];
  end(): Promise<void>;
}

/** Rejects with a sentence where one of the file systems cannot judge here. */
export async function convene(names: readonly RealFileSystemName[]): Promise<Court> {
  const chosen = realFileSystems.filter(({ name }) => names.includes(name));
  const python = requirePrograms(chosen);
  const work = await createWorkDirectory({ uid: 0, gid: 0 });
  const judges: Judge[] = [];
  const end = async (): Promise<void> => {
    for (const judge of judges) await judge.end();
    await work.remove();
  };
  // A judge may be in the middle of anything, its own start too: what is mounted is taken away under it, and the box ends it. In
  // one go: the judge would be the first to say what it stumbled over, and its words would be the end of the command.
  const interrupt = (signal: NodeJS.Signals): void => {
    if (unmountAll(work.path)) rmSync(work.path, { recursive: true, force: true });
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of endingSignals) process.once(signal, interrupt);
  try {
    for (const fileSystem of chosen) {
      const directory = join(work.run, fileSystem.name);
      mkdirSync(directory);
      judges.push(await Judge.start(fileSystem, directory, python));
    }
    return { judges, end };
  } catch (error) {
    await end();
    throw error;
  }
}

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The last mounted first; lazily, since a judge may be busy in them, and by force: see DeviceServer.end. False when something is
 * mounted still.
 */
function unmountAll(directory: string): boolean {
  for (const mountPoint of mountsIn(directory).reverse())
    spawnSync('umount', ['-i', '-f', '-l', mountPoint], { cwd: '/', stdio: 'ignore' });
  return mountsIn(directory).length === 0;
}

function mountsIn(directory: string): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((mountPoint) => mountPoint.startsWith(`${directory}/`));
}

/** What keeps a file system from judging on this computer, as a sentence; undefined when nothing does. */
export function whyNot(fileSystem: RealFileSystem): string | undefined {
  const why = whyNotMountable(fileSystem);
  if (why !== undefined || findProgram('python3', searchPath()) !== undefined) return why;
  return 'real file systems need python3 for system calls that Node lacks (apt-get install python3)';
}

function requirePrograms(fileSystems: readonly RealFileSystem[]): string {
  for (const fileSystem of fileSystems) {
    const why = whyNot(fileSystem);
    if (why !== undefined) throw new UnavailableError(why);
  }
  return findProgram('python3', searchPath()) ?? 'python3';
}
