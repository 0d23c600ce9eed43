/**
 * Makes machines: on a disk, or on a plain directory that stands in its place (a crash image that was exported, booted
 * to be looked at).
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Selection, DiskControl, FreezeTrigger } from '../mount/control.ts';
import { ask, cutPower } from './cut.ts';
import { within } from './deadline.ts';
import type { CutReport, Machine, MachineProcess, SpawnOptions } from './machine.ts';
import type { NamespaceOptions } from './namespace.ts';
import { ProcessTree } from './process-tree.ts';
import { programsUser } from './programs-user.ts';
import { releaseMount } from './release.ts';
import { requireTools } from './tools.ts';

export interface MachineOptions {
  readonly disk: DiskControl | undefined;
  /** The disk's mount point; without a disk, an existing directory over which the plain one appears in the machine. */
  readonly directory: string;
  /** What stands in place of a disk. */
  readonly plainDirectory?: string;
  /** Who programs run as. @default programsUser() */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** Loading a disk's mount takes milliseconds; a noisy computer takes its time. */
const mountTimeoutMs = 30_000;
/** Killed processes are gone in milliseconds, unless a frozen disk holds them in the kernel. */
const patienceMs = 1_000;
const goneTimeoutMs = 10_000;

export function createMachine(options: MachineOptions): Machine {
  return new NamespaceMachine(options);
}

class NamespaceMachine implements Machine {
  readonly directory: string;
  readonly user: { readonly uid: number; readonly gid: number };
  readonly #disk: DiskControl | undefined;
  readonly #bind: Pick<NamespaceOptions, 'bind'>;
  #bootId = randomUUID();
  #tree: ProcessTree | undefined;

  constructor({ disk, directory, plainDirectory, user = programsUser() }: MachineOptions) {
    assert(
      (disk === undefined) !== (plainDirectory === undefined),
      'a machine has a disk or a plain directory',
    );
    assert(
      disk === undefined || disk.mountPoint === directory,
      'a machine sees its disk where it is mounted',
    );
    this.directory = directory;
    this.user = user;
    this.#disk = disk;
    this.#bind = plainDirectory === undefined ? {} : { bind: { from: plainDirectory, to: directory } };
  }

  get disk(): DiskControl {
    assert(this.#disk !== undefined, 'this machine runs on a plain directory and has no disk');
    return this.#disk;
  }

  get running(): boolean {
    return this.#tree?.running ?? false;
  }

  async boot(): Promise<void> {
    assert(!this.running, 'the machine runs already');
    requireTools();
    // One that ended by itself leaves helpers for a moment.
    await this.kill();
    if (this.#disk !== undefined) {
      const { mounted } = await ask(this.#disk, 'stats', {});
      if (!mounted) await ask(this.#disk, 'mount', {}, mountTimeoutMs);
    }
    this.#tree = await ProcessTree.start(
      { directory: this.directory, user: this.user },
      { bootId: this.#bootId, ...this.#bind },
    );
  }

  spawn(command: string, args: readonly string[], options?: SpawnOptions): MachineProcess {
    return this.#running(command).spawn(command, args, options);
  }

  async run(...[command, args, options]: Parameters<Machine['run']>): ReturnType<Machine['run']> {
    return this.#running(command).run(command, args, options);
  }

  async kill(): Promise<void> {
    const tree = this.#tree;
    if (tree === undefined) return;
    tree.kill();
    if ((await within(tree.gone(), patienceMs)) === 'timeout') {
      await this.#thaw().catch(() => undefined);
      if ((await within(tree.gone(), goneTimeoutMs)) === 'timeout') await this.#force(tree);
    }
    this.#tree = undefined;
  }

  async cut(trigger: FreezeTrigger, choice: Selection): Promise<CutReport> {
    assert(this.#disk !== undefined, 'a machine on a plain directory has no power to cut');
    try {
      return await cutPower(this.#disk, this.#tree, trigger, choice);
    } finally {
      this.#tree = undefined;
      this.#bootId = randomUUID();
    }
  }

  async close(): Promise<void> {
    await this.kill();
    if (this.#disk === undefined) return;
    const disk = this.#disk;
    const unmount = async (): Promise<void> => {
      const { mounted } = await ask(disk, 'stats', {});
      if (mounted) await ask(disk, 'unmount', {}, mountTimeoutMs);
    };
    // A disk that is frozen, hangs or died is no reason to leave its mount behind.
    await unmount()
      .catch(() => this.#thaw().then(unmount))
      .catch(() => releaseMount(this.directory));
  }

  #running(command: string): ProcessTree {
    if (this.#tree?.running) return this.#tree;
    throw new Error(`cannot start ${command}: the machine is off`);
  }

  /** A frozen disk holds those that use it, and its mount. Whether it is frozen need not be known: now it is. */
  async #thaw(): Promise<void> {
    if (this.#disk === undefined) return;
    await ask(this.#disk, 'freeze', { trigger: { at: 'now' } });
    await ask(this.#disk, 'thaw', {});
  }

  /** The disk does not answer: what waits for it is released by force, and the disk has lost its mount. */
  async #force(tree: ProcessTree): Promise<void> {
    await releaseMount(this.directory);
    if ((await within(tree.gone(), goneTimeoutMs)) !== 'timeout') return;
    throw new Error(
      `processes on ${this.directory} did not end within ${(2 * goneTimeoutMs) / 1000} s after SIGKILL: the disk holds them`,
    );
  }
}
