/** The reads of a history that count, in the order of their invocation. */
import type { HistoryOp, Json } from '../history.ts';
import type { ClientOperation } from '../operations.ts';
import { outcomeOf } from '../operations.ts';
import { firstWhere } from '../search.ts';
import type { Timeline } from '../timeline.ts';

export interface Read {
  /** Place among the reads that count, from 0. */
  readonly ordinal: number;
  readonly operation: ClientOperation;
  readonly completion: HistoryOp;
  readonly invokedAt: number;
  readonly completedAt: number;
  readonly boot: number;
  readonly epoch: number;
  readonly final: boolean;
  readonly values: readonly Json[];
}

export interface CountedReads {
  readonly reads: readonly Read[];
  /** Those whose answer was no list: they prove nothing about any element. */
  readonly garbled: readonly ClientOperation[];
}

/** Reads answered ok before their boot's end. A read that answers with nothing found nothing. */
export function countedReads(operations: readonly ClientOperation[], timeline: Timeline): CountedReads {
  const reads: Read[] = [];
  const garbled: ClientOperation[] = [];
  for (const operation of operations) {
    const { invocation, completion } = operation;
    if (completion === undefined || outcomeOf(operation, timeline) !== 'acknowledged') continue;
    const values = completion.value ?? [];
    if (!isList(values)) {
      garbled.push(operation);
      continue;
    }
    reads.push({
      ordinal: reads.length,
      operation,
      completion,
      invokedAt: operation.invokedAt,
      completedAt: operation.completedAt,
      boot: invocation.boot,
      epoch: timeline.epoch(invocation.boot),
      final: invocation.final === true || completion.final === true,
      values,
    });
  }
  return { reads, garbled };
}

/** The first read whose invocation came after this position; `reads.length` where there is none. */
export function firstInvokedAfter(reads: readonly Read[], position: number): number {
  return firstWhere(reads.length, (i) => reads[i]!.invokedAt > position);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
