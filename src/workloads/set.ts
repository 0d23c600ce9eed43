/**
 * Workload `set`: concurrent clients add unique numbers and now and then read them all. The plainest question there is
 * about durability: what was acknowledged, is it there?
 */
import { checkSet } from '../checkers/set.ts';
import { addsAndReads } from './adds-and-reads.ts';
import { durabilityVerdict } from './durability.ts';
import type { Workload } from './workload.ts';

export const setWorkload: Workload = {
  name: 'set',
  about: 'clients add unique numbers and read them all; every acknowledged one must be there',
  generator: (seed) => addsAndReads(seed, 0),
  finalRead: { f: 'read' },
  check: (history, facts) => durabilityVerdict('set', checkSet(history, facts), history, facts),
};
