/**
 * `powercut run`: any command on a disk that forgets, and what it left un-synced. It must run in a box, and it leaves
 * nothing behind but what `keep` asks for.
 */
import { mkdirSync } from 'node:fs';
import { createMachine } from '../machine/create-machine.ts';
import type { Exit, Machine, MachineProcess } from '../machine/machine.ts';
import { watchSyncCalls } from '../machine/sync-calls.ts';
import type { SyncCalls } from '../machine/sync-calls.ts';
import { createWorkDirectory } from '../machine/work-directory.ts';
import type { WorkDirectory } from '../machine/work-directory.ts';
import type { WriteMode } from '../fuse/session.ts';
import type { DiskControl, DiskRoom, UnsyncedReport } from '../mount/control.ts';
import { startDisk } from '../mount/start-disk.ts';

export interface CommandOptions {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly profile: string;
  /** Globs of paths that are always durable. */
  readonly pins: readonly string[];
  readonly writes: WriteMode;
  readonly room: DiskRoom;
  /** Who owns the disk's root directory, and the words before the command that make it that user's. */
  readonly user: {
    readonly uid: number;
    readonly gid: number;
    readonly become: readonly string[];
  };
  readonly env: Readonly<Record<string, string>>;
  /** A directory whose content the disk starts with, all of it durable. */
  readonly from?: string;
  /** An empty or absent directory that receives the durable state, as a power cut at the end would leave it. */
  readonly keep?: string;
  /** Where the command's stdout goes: to powercut's own, or to its stderr when stdout is for JSON. */
  readonly stdout: 1 | 2;
}

export interface CommandOutcome {
  readonly exit: Exit;
  readonly unsynced: UnsyncedReport;
  /** Calls of sync(2) and syncfs(2), which the disk never heard of; as root only. */
  readonly syncCalls: readonly SyncCalls[];
  /** What was written to `keep`. */
  readonly kept?: { readonly directory: string; readonly files: number };
}

export async function runCommand(options: CommandOptions): Promise<CommandOutcome> {
  const { uid, gid } = options.user;
  const work = await createWorkDirectory({ uid, gid });
  try {
    const disk = await startDisk({
      mountPoint: work.mountPoint,
      workDirectory: work.control,
      profile: options.profile,
      pins: options.pins,
      writes: options.writes,
      owner: { uid, gid },
      ...options.room,
    });
    try {
      return await onDisk(disk, work, options);
    } finally {
      await disk.close();
    }
  } finally {
    await work.remove();
  }
}

async function onDisk(
  disk: DiskControl,
  work: WorkDirectory,
  options: CommandOptions,
): Promise<CommandOutcome> {
  const { from, user } = options;
  if (from !== undefined) await disk.request('import', { directory: from });
  const machine = createMachine({ disk, directory: work.mountPoint, user });
  await machine.boot();
  // After the disk's own process, which calls syncfs(2) for its reports.
  const syncs = watchSyncCalls();
  try {
    const exit = await commandIn(machine, options);
    // What the command left running is no longer writing when the report is taken.
    await machine.kill();
    const syncCalls = syncs?.end() ?? [];
    const unsynced = await disk.request('report');
    return { exit, unsynced, syncCalls, ...(await kept(disk, options.keep)) };
  } finally {
    syncs?.end();
    await machine.close();
  }
}

async function commandIn(machine: Machine, options: CommandOptions): Promise<Exit> {
  const [program, ...words] = [...options.user.become, options.command, ...options.arguments];
  const running = machine.spawn(program!, words, {
    // `become` does what is to be done about privileges: the machine must not choose another user.
    privileged: true,
    cwd: machine.directory,
    env: { ...options.env, PWD: machine.directory },
    stdin: { descriptor: 0 },
    stdout: { descriptor: options.stdout },
    stderr: { descriptor: 2 },
  });
  const stopPassing = passSignals(running);
  try {
    return await running.exited;
  } finally {
    stopPassing();
  }
}

/** The command decides what a signal means; powercut ends when the command does. */
function passSignals(running: MachineProcess): () => void {
  const passed = {
    SIGINT: 'SIGINT',
    SIGTERM: 'SIGTERM',
    SIGHUP: 'SIGTERM',
  } as const;
  const listeners = Object.entries(passed).map(([heard, sent]) => {
    const listener = () => running.signal(sent);
    process.on(heard, listener);
    return () => process.off(heard, listener);
  });
  return () => {
    for (const stop of listeners) stop();
  };
}

async function kept(disk: DiskControl, directory: string | undefined): Promise<Pick<CommandOutcome, 'kept'>> {
  if (directory === undefined) return {};
  mkdirSync(directory, { recursive: true });
  const { image } = await disk.request('keep-image');
  const { files } = await disk.request('export-image', { image, directory });
  return { kept: { directory, files } };
}
