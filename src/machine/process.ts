/**
 * A program inside a machine. `nsenter` enters the namespaces and waits for the program, so that each has two pids here:
 * the helper's, which Node knows as its child, and the program's own, which is the helper's only child. Exit codes and
 * signals of the program come through the helper unchanged.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import type { Exit, MachineProcess, SpawnOptions } from './machine.ts';
import { temporaryDirectory } from './namespace.ts';
import type { Namespace } from './namespace.ts';
import { childrenOf, statusOf } from './procfs.ts';
import { becoming } from './programs-user.ts';
import { findProgram, isExecutable, searchPath } from './tools.ts';
import { UnavailableError } from './unavailable.ts';

export interface Place {
  readonly namespace: Namespace;
  /** The disk's directory: nothing on it is looked at from here. */
  readonly directory: string;
  readonly user: { readonly uid: number; readonly gid: number };
}

type SignalName = Parameters<MachineProcess['signal']>[0];

/** Starts a program; throws a sentence if it cannot be found. */
export function spawnIn(
  place: Place,
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): EnteredProcess {
  const environment = environmentOf(place, options);
  requireProgram(place, command, environment['PATH'] ?? '');
  const [nsenter, ...enter] = place.namespace.enter(options.cwd ?? place.directory);
  assert(nsenter !== undefined);
  const files: number[] = [];
  try {
    const child = spawn(nsenter, [...enter, ...become(place, options), command, ...args], {
      cwd: '/',
      detached: true,
      env: environment,
      stdio: [source(options.stdin), sink(place, options.stdout, files), sink(place, options.stderr, files)],
    });
    return new EnteredProcess(child, command);
  } finally {
    for (const file of files) closeSync(file);
  }
}

export class EnteredProcess implements MachineProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  #exit: Exit | undefined;
  readonly #helperPid: number;
  #undelivered: SignalName[] = [];

  constructor(child: ChildProcess, command: string) {
    this.child = child;
    // A pipe to a program that ended without reading is no error of ours.
    child.stdin?.on('error', () => undefined);
    child.on('error', () => undefined);
    if (child.pid === undefined) {
      throw new UnavailableError(
        `cannot start ${command}: nsenter could not be started (too many processes?)`,
      );
    }
    this.#helperPid = child.pid;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exit = { code, signal };
        resolve(this.#exit);
      });
    });
  }

  get running(): boolean {
    return this.#exit === undefined;
  }

  /** The program's pid as this process sees it; `undefined` before it was entered and after its end. */
  get pid(): number | undefined {
    return this.running ? childrenOf(this.#helperPid)[0] : undefined;
  }

  signal(name: SignalName): void {
    this.#undelivered.push(name);
    if (this.#undelivered.length === 1) this.#deliver();
  }

  /** SIGKILL to the program and everything in its process group. */
  destroy(): void {
    const pid = this.pid;
    if (pid !== undefined) {
      send(-pid, 'SIGKILL');
      send(pid, 'SIGKILL');
    }
    this.release();
  }

  /**
   * For a program that is dying: sees to it that its helper notices. The helper itself is not killed: its zombie would
   * become a child of whatever init is outside of the machine, and the machine would not be gone before that one cares.
   */
  release(): void {
    this.#resumeHelper(resumeAttempts);
  }

  /** In order; what comes before the program was entered waits for it. */
  #deliver(): void {
    if (!this.running) {
      this.#undelivered = [];
      return;
    }
    const pid = this.pid;
    if (pid === undefined) {
      setTimeout(() => this.#deliver(), 5);
      return;
    }
    for (const name of this.#undelivered) {
      send(pid, name);
      if (name === 'SIGCONT') this.#resumeHelper(resumeAttempts);
    }
    this.#undelivered = [];
  }

  /** nsenter stops itself when its child is stopped, perhaps a little after the child was continued already. */
  #resumeHelper(attempts: number): void {
    if (!this.running) return;
    if (attempts === 0 && this.pid === undefined) send(this.#helperPid, 'SIGKILL');
    if (attempts === 0) return;
    const pid = this.pid;
    if (isStopped(this.#helperPid) && (pid === undefined || !isStopped(pid)))
      send(this.#helperPid, 'SIGCONT');
    setTimeout(() => this.#resumeHelper(attempts - 1), 20).unref();
  }
}

/** Two seconds: a helper that was woken stops itself, if it does, long before. */
const resumeAttempts = 100;

function isStopped(pid: number): boolean {
  return statusOf(pid)?.state === 'T';
}

function send(pid: number, name: SignalName): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in the meantime.
  }
}

/** The privileges that the program has: an unprivileged user's, with no way up; or those of the box. */
function become(place: Place, options: SpawnOptions): string[] {
  return options.privileged ? [] : becoming(place.user);
}

/** A program's environment does not depend on who started powercut, or results could not be repeated. */
function environmentOf(place: Place, options: SpawnOptions): Record<string, string> {
  return {
    PATH: searchPath(),
    LANG: 'C.UTF-8',
    HOME: place.directory,
    TMPDIR: temporaryDirectory,
    ...options.env,
  };
}

function source(from: SpawnOptions['stdin']): 'pipe' | 'ignore' | number {
  return typeof from === 'object' ? from.descriptor : (from ?? 'ignore');
}

function sink(place: Place, to: SpawnOptions['stdout'], files: number[]): 'pipe' | number {
  if (to === undefined || to === 'pipe') return 'pipe';
  if ('descriptor' in to) return to.descriptor;
  assert(!isOn(place.directory, to.file), `${to.file} is on the disk: powercut itself must never touch it`);
  const file = openSync(to.file, 'a', 0o640);
  files.push(file);
  return file;
}

/** Programs on the disk cannot be looked for: this process never touches the disk. They fail when they are started. */
function requireProgram(place: Place, command: string, path: string): void {
  assert(command !== '', 'a program has a name');
  if (!command.includes('/')) {
    const onDisk = (directory: string): boolean => isOn(place.directory, directory);
    if (path.split(':').some(onDisk)) return;
    if (findProgram(command, path) !== undefined) return;
    throw new UnavailableError(`cannot start ${command}: no such program in PATH (${path})`);
  }
  if (!isAbsolute(command) || isOn(place.directory, command) || isExecutable(command)) return;
  throw new UnavailableError(`cannot start ${command}: no such program, or it is not executable`);
}

function isOn(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way === '' || !(way === '..' || way.startsWith('../') || isAbsolute(way));
}
