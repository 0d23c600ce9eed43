/**
 * A machine: a box whose plug can be pulled. A process tree in its own PID and mount namespaces on one disk, run as an
 * unprivileged user. It dies with powercut. Its init never touches the disk, or a frozen disk could not be killed off.
 */
import type { ChildProcess } from 'node:child_process';
import type { Selection, DiskControl, FreezeTrigger, Frozen, Loss } from '../mount/control.ts';

export interface SpawnOptions {
  /** @default the disk's directory */
  readonly cwd?: string;
  /** Added to PATH, LANG, HOME (the disk's directory) and TMPDIR (off the disk, gone with the machine); nothing else is set. */
  readonly env?: Readonly<Record<string, string>>;
  /** @default 'ignore' */
  readonly stdin?: 'pipe' | 'ignore' | { readonly descriptor: number };
  /**
   * A file that receives stdout, stderr or both (appended), or an open descriptor of the caller's that is handed down (a
   * terminal, say); default: piped to the caller.
   */
  readonly stdout?: 'pipe' | { readonly file: string } | { readonly descriptor: number };
  readonly stderr?: 'pipe' | { readonly file: string } | { readonly descriptor: number };
  /** Run as root of the box instead of as the unprivileged user: for set-up only. */
  readonly privileged?: boolean;
}

/** A process in a machine, in a session of its own: signals of a terminal pass it by. */
export interface MachineProcess {
  /** Its stdin, stdout, stderr where piped; for signals use `signal`. Ends when the process ends or the machine is killed or cut. */
  readonly child: ChildProcess;
  /** Resolves once with how it ended; never rejects. */
  readonly exited: Promise<Exit>;
  readonly running: boolean;
  /** Sends the signal to the process itself (not to the helper that entered the namespaces); in order, never lost. */
  signal(signal: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface CutReport extends Loss, Frozen {
  readonly image: number;
}

export interface Machine {
  /** The disk's directory as programs in the machine see it. */
  readonly directory: string;
  readonly disk: DiskControl;
  /** Who programs run as. */
  readonly user: { readonly uid: number; readonly gid: number };
  readonly running: boolean;
  /** Mounts the disk if need be and starts an empty process tree. */
  boot(): Promise<void>;
  /** Starts a program in the running machine. Throws a sentence if it cannot be found. */
  spawn(command: string, args: readonly string[], options?: SpawnOptions): MachineProcess;
  /** Runs a program to its end. Rejects with a sentence and the last output when it cannot start or passes `timeoutMs`. */
  run(
    command: string,
    args: readonly string[],
    options?: SpawnOptions & { readonly timeoutMs?: number; readonly input?: string },
  ): Promise<Exit & { readonly stdout: string; readonly stderr: string }>;
  /** SIGKILL to every process; the disk keeps everything. Shared memory and /dev/shm are gone, as at every end. */
  kill(): Promise<void>;
  /** The power cut: freeze, kill, fail, wait until gone, unmount, build the image. The machine is off afterwards. */
  cut(trigger: FreezeTrigger, choice: Selection): Promise<CutReport>;
  /** Kills, unmounts, removes what it made. */
  close(): Promise<void>;
}
