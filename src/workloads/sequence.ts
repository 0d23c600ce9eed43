/**
 * Workload `sequence`: a single writer adds 1, 2, 3, … and what a boot recovers must be a beginning of what was written.
 * Without concurrency every add has its place, so that a hole shows even where a contract lets the tail go.
 */
import { checkSequence } from '../checkers/sequence.ts';
import { addsAndReads } from './adds-and-reads.ts';
import { durabilityVerdict } from './durability.ts';
import type { Workload } from './workload.ts';

export const sequenceWorkload: Workload = {
  name: 'sequence',
  about: 'a single writer adds 1, 2, 3, …; what is recovered must be a prefix without holes',
  concurrency: 1,
  generator: (seed) => addsAndReads(seed, 1),
  finalRead: { f: 'read' },
  check: (history, facts) => durabilityVerdict('sequence', checkSequence(history, facts), history, facts),
};
