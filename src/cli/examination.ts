/**
 * What this computer has and lacks, all probes together; and the same as a gate: what must be there before anything is
 * mounted. Looks and never changes anything.
 */
import { requireTools } from '../machine/tools.ts';
import { probeFileSystems } from './probes/file-systems.ts';
import { probeFuse } from './probes/fuse.ts';
import type { Probe } from './probes/probe.ts';
import { probeKernel, probeMemory, probeNode, probeSpace } from './probes/system.ts';
import { probeTargets } from './probes/targets.ts';
import { probeTools } from './probes/tools.ts';
import { UnavailableError } from './errors.ts';

export interface Examination {
  /** The default test can run. */
  readonly ready: boolean;
  readonly probes: readonly Probe[];
}

export async function examine(store: string): Promise<Examination> {
  const probes = [
    ...boxProbes(),
    ...(await probeTargets()),
    ...probeFileSystems(),
    probeMemory(),
    ...probeSpace(store),
  ];
  return {
    ready: probes.every((probe) => probe.ok || !probe.required),
    probes,
  };
}

/** Throws a sentence about the first thing without which no disk can be mounted. */
export function requireMounting(): void {
  requireTools();
  const lacking = [probeKernel(), ...probeFuse()].find((probe) => !probe.ok);
  if (lacking === undefined) return;
  throw new UnavailableError(`${lacking.found}; ${lacking.help ?? 'see `powercut doctor`'}`);
}

function boxProbes(): Probe[] {
  return [probeKernel(), probeNode(), ...probeTools(), ...probeFuse()];
}
