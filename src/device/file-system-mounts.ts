/**
 * Mounts of one kind of real file system, each on a loop device over a file that we serve, and what is done in them from outside.
 * Every command waits for the kernel, so none may be run while requests of that mount are held.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnavailableError } from '../mount/mount-errors.ts';
import { Refusal } from '../mount/refusal.ts';
import type { FileSystemShell, ShellAnswer } from './file-system-shell.ts';
import type { RealFileSystem } from './real-file-system.ts';

const busyPatienceMs = 2_000;
const busyPauseMs = 20;
const detachTimeoutMs = 10_000;

export class FileSystemMounts {
  readonly #fileSystem: RealFileSystem;
  readonly #devicesDirectory: string;
  readonly #shell: FileSystemShell;

  constructor(fileSystem: RealFileSystem, devicesDirectory: string, shell: FileSystemShell) {
    this.#fileSystem = fileSystem;
    this.#devicesDirectory = devicesDirectory;
    this.#shell = shell;
  }

  /** Of a device, by the name of its file. */
  pathOf(file: string): string {
    return join(this.#devicesDirectory, file);
  }

  /** A plain umount; programs that were just killed may take a moment to leave. False when somebody stays. */
  async isUnmounted(directory: string): Promise<boolean> {
    for (let waitedMs = 0; ; waitedMs += busyPauseMs) {
      const answer = await this.#shell.run('umount', '-i', '--', directory);
      if (answer.code === 0 || /not mounted|no mount point/.test(sayingOf(answer))) return true;
      if (!/busy/.test(sayingOf(answer))) throw new Refusal(`umount ${directory}: ${sayingOf(answer)}`);
      if (waitedMs >= busyPatienceMs) return false;
      await sleep(busyPauseMs);
    }
  }

  /** With owners, times, links, attributes and holes. */
  async copyTree(from: string, to: string): Promise<void> {
    const copied = await this.#shell.run('cp', '-a', '--', `${from}/.`, to);
    if (copied.code !== 0) throw new Refusal(`cannot copy ${from} to ${to}: ${sayingOf(copied)}`);
  }

  /** The kernel recovers what is there. Returns the loop device. */
  async mountAt(directory: string, file: string): Promise<string> {
    const { name, usualMountOptions } = this.#fileSystem;
    const options = `nosuid,nodev,${usualMountOptions}`;
    const mounting = await this.#shell.mount(this.pathOf(file), name, options, directory);
    if ('device' in mounting) return mounting.device;
    if (mounting.at === 'mount')
      throw new Refusal(`the kernel cannot mount this ${name}: ${mounting.failure}`);
    throw new UnavailableError(`no loop device for a real ${name}: ${mounting.failure}`);
  }

  async unmountFrom(directory: string, device: string): Promise<void> {
    if (!(await this.isUnmounted(directory))) await this.#shell.run('umount', '-i', '-l', '--', directory);
    await this.isDetached(device);
  }

  /** Whether the kernel has let go of a loop device, given a moment. */
  isDetached(device: string): Promise<boolean> {
    return this.#shell.isDetached(device, detachTimeoutMs);
  }
}

export function sayingOf({ code, lines }: ShellAnswer): string {
  return lines.join(' ').trim() || `it ended with exit code ${code}`;
}
