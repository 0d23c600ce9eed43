/** The verdict of a workload about durability: its own checker's, with what every such run should tell of itself. */
import type { CheckerVerdict, RunFacts } from '../checkers/facts.ts';
import type { HistoryOp } from '../checkers/history.ts';
import { checkLiveness } from '../checkers/liveness.ts';
import { stats } from '../checkers/stats.ts';
import type { WorkloadVerdict } from './workload.ts';

export function durabilityVerdict(
  name: string,
  { result, violations }: CheckerVerdict,
  history: readonly HistoryOp[],
  facts: RunFacts,
): WorkloadVerdict {
  const liveness = checkLiveness(history, facts);
  return {
    checkers: { [name]: result, liveness: liveness.result, stats: stats(history) },
    violations,
    notes: liveness.notes,
  };
}
