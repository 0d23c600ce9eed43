/** Client ops of the workloads that add numbers: `first`, `first` + 1, … with rare reads of everything between. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { ClientOp } from '../targets/target.ts';

const fewestAddsBetweenReads = 200;

/**
 * A read costs what there is to read, so the adds from one read to the next grow with what has been added: all reads of a
 * run together return a small multiple of its adds. Numbers are unique for the whole run, fresh data included.
 */
export function addsAndReads(seed: number, first: number): { next(): ClientOp } {
  const random = xoroshiro128plus(seed);
  const addsBeforeNextRead = (added: number): number => {
    const mean = Math.max(fewestAddsBetweenReads, added / 4);
    return uniformInt(random, Math.floor(mean / 2), Math.ceil((mean * 3) / 2));
  };
  let element = first;
  let untilRead = addsBeforeNextRead(0);
  return {
    next() {
      if (untilRead > 0) {
        untilRead--;
        return { f: 'add', value: element++ };
      }
      untilRead = addsBeforeNextRead(element - first);
      return { f: 'read' };
    },
  };
}
