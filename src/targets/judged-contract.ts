/** Which contract a run is judged by, and why: the vendor's word, or everything. Pure. */
import { strictContract } from '../checkers/contract.ts';
import type { JudgedContract } from '../checkers/contract.ts';
import type { Documented } from './target.ts';

export function judgedContract(documented: Documented, wanted: 'documented' | 'strict'): JudgedContract {
  if (wanted === 'strict')
    return { ...strictContract, kind: 'strict', reason: 'asked for by --contract strict' };
  if (!('unsafe' in documented)) return { kind: 'documented', ...documented };
  const { unsafe, link, kill } = documented;
  return {
    ...strictContract,
    kind: 'strict',
    reason: `the vendor calls these settings unsafe and promises nothing (${unsafe}): judged as strict`,
    ...(link === undefined ? {} : { link }),
    ...(kill === undefined ? {} : { kill }),
  };
}
