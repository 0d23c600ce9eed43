/**
 * The checker of workload `sequence`: one writer adds ascending numbers, each only after the last has completed, so the
 * adds of a run have one order. What a boot recovers must be a prefix of them: every acknowledged add that is missing
 * while a later one is there is a hole, a violation whatever order the contract promises. How much of the tail may be
 * missing is the contract's to say. An add whose outcome nobody knows may be missing anywhere, as it may never have been.
 *
 * All words and every other rule are the set checker's (set.ts).
 */
import type { JudgedContract } from './contract.ts';
import type { CheckerVerdict, RunFacts } from './facts.ts';
import type { HistoryOp } from './history.ts';
import { clientOperations } from './operations.ts';
import { checkSet } from './set.ts';

export function checkSequence(history: readonly HistoryOp[], facts: RunFacts): CheckerVerdict {
  refuseDisorder(history);
  return checkSet(history, { ...facts, contract: inOrder(facts.contract) });
}

function inOrder(contract: JudgedContract): JudgedContract {
  const { kill } = contract;
  return { ...contract, order: 'prefix', ...(kill !== undefined && { kill: { ...kill, order: 'prefix' } }) };
}

/** Prefixes mean something only where adds neither overlap nor descend. */
function refuseDisorder(history: readonly HistoryOp[]): void {
  const adds = clientOperations(history).filter(({ invocation }) => invocation.f === 'add');
  for (const [i, add] of adds.entries()) {
    const before = adds[i - 1];
    if (before === undefined) continue;
    const { index, value } = add.invocation;
    if (before.completedAt > add.invokedAt && before.invocation.boot === add.invocation.boot)
      throw new Error(
        `History op ${index} adds ${String(value)} while another add is running: a sequence has one writer.`,
      );
    if (Number(value) <= Number(before.invocation.value))
      throw new Error(
        `History op ${index} adds ${String(value)} after ${String(before.invocation.value)}: a sequence ascends.`,
      );
  }
}
