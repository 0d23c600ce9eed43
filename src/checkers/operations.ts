/**
 * Pairs the lines of a history into client operations: an invocation and what became of it. Order in the history is
 * order of real time, so positions compare where clocks could tie. Must never judge.
 */
import type { HistoryOp } from './history.ts';
import type { Timeline } from './timeline.ts';

export interface ClientOperation {
  readonly invocation: HistoryOp;
  readonly completion: HistoryOp | undefined;
  /** Positions in the history. What never completed has no position: Infinity. */
  readonly invokedAt: number;
  readonly completedAt: number;
}

/** What a client knows of its op. */
export type Outcome = 'acknowledged' | 'failed' | 'indeterminate';

/** The client operations of a history in the order of their invocation. */
export function clientOperations(history: readonly HistoryOp[]): readonly ClientOperation[] {
  const operations: ClientOperation[] = [];
  let boot = 1;
  const pending = new Map<number, { completion: HistoryOp | undefined; completedAt: number }>();
  for (const [position, op] of history.entries()) {
    if (op.process === 'nemesis') continue;
    if (op.boot < boot)
      throw malformed(op, `is of boot ${op.boot}, but an op of boot ${boot} came before it`);
    boot = op.boot;
    const open = pending.get(op.process);
    if (op.type === 'invoke') {
      if (open !== undefined) throw malformed(op, 'is invoked while an op of the same process is pending');
      const operation = { invocation: op, completion: undefined, invokedAt: position, completedAt: Infinity };
      operations.push(operation);
      pending.set(op.process, operation);
    } else {
      if (open === undefined) throw malformed(op, 'completes an op that was never invoked');
      open.completion = op;
      open.completedAt = position;
      pending.delete(op.process);
    }
  }
  return operations;
}

/**
 * What counts as known of an op's outcome. What is recorded later than the instant that ended the op's boot was said by
 * a machine without power, or guessed on its behalf: it counts as indeterminate, whether ok or fail.
 */
export function outcomeOf(operation: ClientOperation, timeline: Timeline): Outcome {
  const { invocation, completion } = operation;
  if (completion === undefined || completion.type === 'info') return 'indeterminate';
  if (completion.timeMs > timeline.endMs(invocation.boot)) return 'indeterminate';
  return completion.type === 'ok' ? 'acknowledged' : 'failed';
}

function malformed(op: HistoryOp, problem: string): Error {
  return new Error(`The history is malformed: op ${op.index} (${op.f} of process ${op.process}) ${problem}.`);
}
