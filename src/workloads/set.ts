/**
 * Workload `set`: concurrent clients add unique numbers and now and then read them all. The plainest question there is
 * about durability: what was acknowledged, is it there? Numbers are unique for the whole run, fresh data included.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RunFacts } from '../checkers/facts.ts';
import type { HistoryOp } from '../checkers/history.ts';
import { checkLiveness } from '../checkers/liveness.ts';
import { checkSet } from '../checkers/set.ts';
import { stats } from '../checkers/stats.ts';
import type { ClientOp } from '../targets/target.ts';
import type { Workload, WorkloadVerdict } from './workload.ts';

export const setWorkload: Workload = {
  name: 'set',
  about: 'clients add unique numbers and read them all; every acknowledged one must be there',
  generator: (seed) => addsAndReads(seed, 0),
  finalRead: { f: 'read' },
  check: checkSetRun,
};

/**
 * Adds `first`, `first` + 1, … with rare reads between. A read costs what there is to read, so the adds from one to the
 * next grow with what has been added: all reads of a run together return a small multiple of its adds.
 */
export function addsAndReads(seed: number, first: number): { next(): ClientOp } {
  const random = xoroshiro128plus(seed);
  let element = first;
  let untilRead = addsBetweenReads(0);
  function addsBetweenReads(added: number): number {
    const mean = Math.max(200, added / 4);
    return uniformInt(random, Math.floor(mean / 2), Math.ceil((mean * 3) / 2));
  }
  return {
    next() {
      if (untilRead > 0) {
        untilRead--;
        return { f: 'add', value: element++ };
      }
      untilRead = addsBetweenReads(element - first);
      return { f: 'read' };
    },
  };
}

function checkSetRun(history: readonly HistoryOp[], facts: RunFacts): WorkloadVerdict {
  const set = checkSet(history, facts);
  const liveness = checkLiveness(history, facts);
  return {
    checkers: { set: set.result, liveness: liveness.result, stats: stats(history) },
    violations: set.violations,
    notes: liveness.notes,
  };
}
