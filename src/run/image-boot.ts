/**
 * Boots a crash image that lies in a plain directory, in a machine of its own without a disk, and reads everything: for the
 * durable state beside a living target, and for a replay.
 */
import { createMachine } from '../machine/create-machine.ts';
import type { Machine } from '../machine/machine.ts';
import type { Target, TargetContext } from '../targets/target.ts';
import type { Workload } from '../workloads/workload.ts';
import { recover, type Recovery, type RecoverySteps } from './recovery.ts';

export interface ImageParts {
  readonly target: Pick<Target, 'open'>;
  readonly workload: Pick<Workload, 'finalRead'>;
  readonly contextFor: (machine: Machine) => TargetContext;
}

export interface ImageDirectory {
  /** It is changed by what boots on it. */
  readonly directory: string;
  /** Where the machine sees it. */
  readonly mountPoint: string;
}

export async function bootImage(
  parts: ImageParts,
  { directory, mountPoint }: ImageDirectory,
  steps: RecoverySteps,
): Promise<Recovery> {
  const machine = createMachine({ disk: undefined, directory: mountPoint, plainDirectory: directory });
  try {
    await machine.boot();
    const instance = parts.target.open(parts.contextFor(machine));
    return await recover(machine, instance, parts.workload.finalRead, steps);
  } finally {
    await machine.close();
  }
}
