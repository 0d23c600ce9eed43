/** How many ops of each kind came to what, and how long they took. Describes a run, and judges nothing about it. */
import type { CheckerResult } from './facts.ts';
import type { HistoryOp, Json } from './history.ts';
import type { ClientOperation } from './operations.ts';
import { clientOperations } from './operations.ts';

/**
 * For each kind of op the counts of its outcomes as recorded, ops that never completed counting as info, and quantiles of
 * the latency of those that completed ok. A kind that was invoked and never ok makes the result 'unknown': whatever it
 * should have tested is untested.
 */
export function stats(history: readonly HistoryOp[]): CheckerResult {
  const kinds = new Map<string, ClientOperation[]>();
  for (const operation of clientOperations(history)) {
    const { f } = operation.invocation;
    const kind = kinds.get(f);
    if (kind === undefined) kinds.set(f, [operation]);
    else kind.push(operation);
  }
  const byKind = [...kinds].sort(([a], [b]) => (a < b ? -1 : 1));
  const untested = byKind.some(([, operations]) => !operations.some(isOk));
  return {
    valid: untested || byKind.length === 0 ? 'unknown' : true,
    byKind: Object.fromEntries(byKind.map(([f, operations]) => [f, kindStats(operations)])),
  };
}

const quantiles = [0, 0.5, 0.95, 0.99, 1] as const;

function kindStats(operations: readonly ClientOperation[]): Json {
  const ok = operations.filter(isOk);
  const fail = operations.filter(({ completion }) => completion?.type === 'fail').length;
  const latencies = Float64Array.from(
    ok,
    ({ invocation, completion }) => completion!.timeMs - invocation.timeMs,
  ).sort();
  return {
    invoked: operations.length,
    ok: ok.length,
    fail,
    info: operations.length - ok.length - fail,
    latencyMs: ok.length === 0 ? null : Object.fromEntries(quantiles.map((q) => [q, quantile(latencies, q)])),
  };
}

/** The smallest latency that at least this share of all do not exceed. */
function quantile(ascending: Float64Array, share: number): number {
  return ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)]!;
}

function isOk({ completion }: ClientOperation): boolean {
  return completion?.type === 'ok';
}
