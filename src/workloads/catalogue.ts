/** All workloads by name. A new one is a file of its own and a line here. */
import { sequenceWorkload } from './sequence.ts';
import { setWorkload } from './set.ts';
import type { Workload } from './workload.ts';

export const workloads: ReadonlyMap<string, Workload> = new Map(
  [setWorkload, sequenceWorkload].map((workload) => [workload.name, workload]),
);
