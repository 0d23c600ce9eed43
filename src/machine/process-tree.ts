/** Everything that runs in a machine between a boot and the next kill or cut: its namespaces and the programs in them. */
import type { Machine, MachineProcess, SpawnOptions } from './machine.ts';
import { startNamespace } from './namespace.ts';
import type { Namespace, NamespaceOptions } from './namespace.ts';
import { spawnIn } from './process.ts';
import type { EnteredProcess, Place } from './process.ts';
import { runIn } from './run-program.ts';

export class ProcessTree {
  readonly #namespace: Namespace;
  readonly #place: Place;
  readonly #programs = new Set<EnteredProcess>();

  static async start(where: Omit<Place, 'namespace'>, options: NamespaceOptions): Promise<ProcessTree> {
    return new ProcessTree(await startNamespace(options), where);
  }

  private constructor(namespace: Namespace, where: Omit<Place, 'namespace'>) {
    this.#namespace = namespace;
    this.#place = { ...where, namespace };
  }

  get running(): boolean {
    return this.#namespace.running;
  }

  spawn(command: string, args: readonly string[], options?: SpawnOptions): MachineProcess {
    return this.#watch(spawnIn(this.#place, command, args, options));
  }

  run(...[command, args, options]: Parameters<Machine['run']>): ReturnType<Machine['run']> {
    return runIn(this.#place, command, args, options, (program) => this.#watch(program));
  }

  /** SIGKILL to everything. When it returns, no program executes another instruction; `gone` tells when all are gone. */
  kill(): void {
    this.#namespace.kill();
    for (const program of this.#programs) program.release();
  }

  /** Resolves when no process is left, helpers included. A process that the kernel holds for the disk delays it. */
  async gone(): Promise<void> {
    const programs = [...this.#programs].map((program) => program.exited);
    await Promise.all([this.#namespace.gone, ...programs]);
  }

  #watch(program: EnteredProcess): EnteredProcess {
    this.#programs.add(program);
    void program.exited.then(() => this.#programs.delete(program));
    return program;
  }
}
