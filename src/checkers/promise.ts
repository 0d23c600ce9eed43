/** What a contract promises across one interruption. Pure. */
import type { JudgedContract } from './contract.ts';
import type { Interruption } from './facts.ts';

export type Promised = Pick<JudgedContract, 'acknowledged' | 'order'>;

const everything: Promised = { acknowledged: 'all', order: 'prefix' };

/**
 * A power cut is what the contract itself speaks of. A process that is killed or dies by itself leaves the disk as it
 * is: nothing may go, unless the contract has a part about kills. A clean stop may write out what a kill takes from
 * memory, so nothing may go either, unless the target keeps nothing at all across a kill.
 */
export function promiseAcross(contract: JudgedContract, kind: Interruption['kind']): Promised {
  switch (kind) {
    case 'power-cut':
      return contract;
    case 'kill':
    case 'died':
      return contract.kill ?? everything;
    case 'stop':
      return contract.kill?.acknowledged === 'any' ? contract.kill : everything;
  }
}

/** How near to the interruption an op was acknowledged. */
export interface Nearness {
  readonly ageMs: number;
  /** How many ops acknowledged before the interruption certainly came after it. */
  readonly laterOps: number;
}

/** Whether such an op may be gone after the interruption. How many may go in all is for the caller to see to. */
export function mayLose(promised: Promised, { ageMs, laterOps }: Nearness): boolean {
  const { acknowledged } = promised;
  if (acknowledged === 'all') return false;
  if (acknowledged === 'any') return true;
  return 'lossWindowMs' in acknowledged
    ? ageMs <= acknowledged.lossWindowMs
    : laterOps < acknowledged.lossLastOps;
}

/** How many ops may be lost in one interruption, whichever they are. */
export function mostLost({ acknowledged }: Promised): number {
  return typeof acknowledged === 'object' && 'lossLastOps' in acknowledged
    ? acknowledged.lossLastOps
    : Infinity;
}
