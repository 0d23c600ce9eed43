/**
 * One real file system as a judge: runs a litmus program on it, pulls the plug at many instants in many ways, lets the kernel
 * recover each image, and tells what was there. The file system stands on a loop device over a file that our own disk's page
 * store serves, so that every write and every flush of it is known, in order, with its bytes.
 *
 * Only inside a box (machine/box.ts): mounts and loop devices end with it, however it ends.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { attributesTouched, type Program } from '../litmus/program.ts';
import { printOutcome } from '../litmus/outcome.ts';
import { searchPath } from '../machine/tools.ts';
import { UnavailableError } from '../machine/unavailable.ts';
import type { ChosenImage } from './device-bench.ts';
import { DeviceServer } from './device-server.ts';
import { Host, type HostQuestion } from './host.ts';
import { Observation } from './observation.ts';
import type { RealFileSystem } from '../device/real-file-system.ts';
import { hostStatement, nodeOf, type HostNode } from './requests.ts';
import { schedulesOf, type Schedule, type ScheduleOptions } from './schedule.ts';

export interface ObserveOptions extends ScheduleOptions {
  /** Power cuts in each stretch between two flushes. */
  readonly cutsPerEpoch: number;
}

/** What the fixtures say of where they come from. */
export interface Provenance {
  readonly fileSystem: string;
  readonly kernel: string;
  readonly mkfs: string;
  readonly mountOptions: string;
}

/** An op that a real file system refused: the program is at fault, or does not suit this file system. */
export class ProgramError extends Error {
  override readonly name = 'UsageError';
}

export class Judge {
  readonly fileSystem: RealFileSystem;
  readonly #server: DeviceServer;
  readonly #host: Host;
  readonly #directories: { readonly run: string; readonly look: string };
  readonly #devices = { template: 'template', run: 'run', look: 'look' };

  private constructor(fileSystem: RealFileSystem, directory: string, server: DeviceServer, host: Host) {
    this.fileSystem = fileSystem;
    this.#directories = { run: join(directory, 'run'), look: join(directory, 'look') };
    this.#server = server;
    this.#host = host;
  }

  /** `directory` is empty, and the judge's own. Rejects with a sentence where something is missing. */
  static async start(fileSystem: RealFileSystem, directory: string, python: string): Promise<Judge> {
    for (const name of ['bench', 'run', 'look']) mkdirSync(join(directory, name));
    const server = await DeviceServer.start(join(directory, 'bench'));
    const judge = new Judge(fileSystem, directory, server, new Host(python, server.controlFile));
    try {
      await judge.#format();
      return judge;
    } catch (error) {
      await judge.end();
      throw error;
    }
  }

  get provenance(): Provenance {
    const { name, mkfs, mountOptions } = this.fileSystem;
    return {
      fileSystem: name,
      kernel: release(),
      mkfs: `${mkfs.join(' ')} (${mkfsVersion(mkfs[0])})`,
      mountOptions,
    };
  }

  async observe(program: Program, options: ObserveOptions): Promise<Observation> {
    const observation = new Observation();
    for (const [index, schedule] of schedulesOf(program, options).entries()) {
      await this.#observeOnce(program, schedule, { ...options, seed: options.seed + index }, observation);
    }
    return observation;
  }

  async end(): Promise<void> {
    await this.#host.end();
    // Mounted still, where a program was interrupted. Lazily: nothing is asked of the device any more.
    for (const directory of Object.values(this.#directories)) {
      spawnSync('umount', ['-i', '-l', '-q', directory], { cwd: '/', stdio: 'ignore' });
    }
    await this.#server.end();
  }

  async #format(): Promise<void> {
    const { sizeBytes, mkfs, mkfsPackage } = this.fileSystem;
    for (const device of Object.values(this.#devices)) {
      this.#server.command({ do: 'create', device, sizeBytes });
    }
    const file = this.#server.file(this.#devices.template);
    const { device } = await this.#host.ask<{ device: string }>({ do: 'device', file });
    const [program, ...options] = mkfs;
    const { status, error, stderr } = spawnSync(program, [...options, device], {
      cwd: '/',
      encoding: 'utf8',
      env: { ...process.env, PATH: searchPath() },
    });
    if (error !== undefined) {
      throw new UnavailableError(
        `cannot make a file system for the judge: there is no ${program} (apt-get install ${mkfsPackage})`,
      );
    }
    if (status !== 0) throw new UnavailableError(`${program} failed: ${stderr.trim()}`);
    await this.#look(this.#devices.template);
  }

  async #observeOnce(
    program: Program,
    schedule: Schedule,
    { seed, cutsPerEpoch }: ObserveOptions,
    observation: Observation,
  ): Promise<void> {
    const { template, run: device, look } = this.#devices;
    const { untearable } = this.fileSystem;
    const directory = this.#directories.run;
    this.#server.command({ do: 'copy', device, from: template });
    const mount = this.#mountOf(device, directory);
    await this.#host.ask({ do: 'mount', ...mount });
    let images: readonly ChosenImage[] = [];
    try {
      await this.#perform(program, 'setup', {
        do: 'setup',
        directory,
        statements: program.setup.map(hostStatement),
      });
      this.#server.command({ do: 'record', device });
      await this.#perform(program, 'run', { do: 'run', device, directory, statements: schedule.run });
      await this.#host.ask({ do: 'afterwards', directory, statements: schedule.later });
      const limits = { seed, perEpoch: cutsPerEpoch, torn: true, untearable };
      images = this.#server.command({ do: 'cuts', device, limits }).images ?? [];
    } finally {
      await this.#host.ask({ do: 'unmount', ...mount });
    }
    for (const { cut, instants } of images) {
      this.#server.command({ do: 'image', device: look, of: device, cut });
      const outcome = await this.#outcomeOf(look, program);
      for (const [from, to] of instants) observation.add(outcome, from, to);
      observation.images++;
    }
  }

  async #perform(program: Program, section: 'setup' | 'run', question: HostQuestion): Promise<void> {
    const answer = await this.#host.ask<{ failed?: number; errno?: string }>(question);
    if (answer.failed === undefined) return;
    const statement = program[section][answer.failed];
    throw new ProgramError(
      `${program.name}: statement ${answer.failed + 1} of its ${section} (${statement?.op ?? ''}) fails on ` +
        `${this.fileSystem.name} with ${answer.errno}; a litmus program uses only operations that succeed`,
    );
  }

  async #outcomeOf(device: string, program: Program): Promise<string> {
    const found = await this.#look(device);
    if ('unmountable' in found) return `(unmountable: ${found.unmountable})`;
    return printOutcome(found.nodes.map(nodeOf), attributesTouched(program));
  }

  #look(device: string): Promise<{ nodes: readonly HostNode[] } | { unmountable: string }> {
    return this.#host.ask({ do: 'look', ...this.#mountOf(device, this.#directories.look) });
  }

  #mountOf(device: string, directory: string) {
    const { name, mountOptions } = this.fileSystem;
    return { file: this.#server.file(device), kind: name, options: mountOptions, directory };
  }
}

function mkfsVersion(program: string): string {
  const { stdout, stderr } = spawnSync(program, ['-V'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: searchPath() },
  });
  return /\d+(?:\.\d+)+/.exec(`${stdout}${stderr}`)?.[0] ?? 'unknown version';
}
