/**
 * A history made into what plots show: the latency of each op, ops per second, un-synced bytes. Pure. It says what it left
 * out; it must never drop a failed or unknown op to save room before it has dropped every successful one that it may.
 */
import type { HistoryOp, Json } from '../../checkers/history.ts';
import type { Sample } from '../results.ts';

export type Outcome = 'ok' | 'fail' | 'info';

export interface LatencyPoint {
  /** When the op was invoked. */
  readonly timeMs: number;
  readonly latencyMs: number;
  readonly outcome: Outcome;
  readonly f: string;
  readonly value: Json | undefined;
  readonly process: number;
  /** Index of its completion in the history; of its invocation where it never completed. */
  readonly index: number;
}

/** Every client op, by invocation. One that never completed is `info` and lasts until the history ends. */
export function latencyPoints(history: readonly HistoryOp[]): readonly LatencyPoint[] {
  const open = new Map<number, HistoryOp>();
  const points: LatencyPoint[] = [];
  for (const op of history) {
    if (op.process === 'nemesis') continue;
    if (op.type === 'invoke') {
      open.set(op.process, op);
      continue;
    }
    const invocation = open.get(op.process);
    open.delete(op.process);
    if (invocation !== undefined) points.push(pointOf(invocation, op.type, op.timeMs, op.index));
  }
  const endMs = history.at(-1)?.timeMs ?? 0;
  for (const invocation of open.values()) points.push(pointOf(invocation, 'info', endMs, invocation.index));
  return points.sort((a, b) => a.timeMs - b.timeMs);
}

function pointOf(invocation: HistoryOp, outcome: Outcome, endMs: number, index: number): LatencyPoint {
  const { timeMs, f, value, process } = invocation;
  return {
    timeMs,
    latencyMs: Math.max(0, endMs - timeMs),
    outcome,
    f,
    value,
    process: process as number,
    index,
  };
}

/**
 * At most about `limit` points: all that did not succeed and those of `keep` stay, the others are thinned evenly. If even
 * the unsuccessful are too many, they are thinned evenly too.
 */
export function thin(
  points: readonly LatencyPoint[],
  limit: number,
  keep: ReadonlySet<number> = new Set(),
): readonly LatencyPoint[] {
  if (points.length <= limit) return points;
  const isRare = (point: LatencyPoint) => point.outcome !== 'ok' || keep.has(point.index);
  const rare = evenly(points.filter(isRare), limit);
  const common = points.filter((point) => !isRare(point));
  const thinned = evenly(common, Math.max(0, limit - rare.length));
  return [...rare, ...thinned].sort((a, b) => a.timeMs - b.timeMs);
}

function evenly<Item>(items: readonly Item[], count: number): readonly Item[] {
  if (items.length <= count) return items;
  return Array.from({ length: count }, (_, at) => items[Math.floor((at * items.length) / count)]!);
}

export interface Throughput {
  readonly binMs: number;
  /** Start of each bin. */
  readonly timesMs: readonly number[];
  /** Completions a second in each bin. */
  readonly perSecond: Readonly<Record<Outcome, readonly number[]>>;
}

const niceBinsMs = [
  100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 3_600_000,
] as const;
const binsMax = 120;

/** Ops by their completion, in at most some hundred bins. */
export function throughput(points: readonly LatencyPoint[], durationMs: number): Throughput {
  const binMs = niceBinsMs.find((nice) => durationMs / nice <= binsMax) ?? Math.ceil(durationMs / binsMax);
  const bins = Math.max(1, Math.ceil(durationMs / binMs));
  const perSecond = { ok: zeros(bins), fail: zeros(bins), info: zeros(bins) };
  for (const { timeMs, latencyMs, outcome } of points) {
    const bin = Math.min(bins - 1, Math.floor((timeMs + latencyMs) / binMs));
    perSecond[outcome][bin]! += 1000 / binMs;
  }
  return { binMs, timesMs: Array.from({ length: bins }, (_, bin) => bin * binMs), perSecond };
}

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}

/** Samples for a line: of each stretch the highest, so that no peak is lost. */
export function peaks(samples: readonly Sample[], limit: number): readonly Sample[] {
  if (samples.length <= limit) return samples;
  const stretch = samples.length / limit;
  return Array.from({ length: limit }, (_, at) => {
    const some = samples.slice(Math.floor(at * stretch), Math.floor((at + 1) * stretch));
    return some.reduce((highest, sample) =>
      sample.unsyncedBytes > highest.unsyncedBytes ? sample : highest,
    );
  });
}

export interface LatencyFigures {
  readonly f: string;
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  /** Of successful ops; absent where there are none. */
  readonly quantiles?: {
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  };
}

/** One row a function of the workload, over all ops, before any thinning. */
export function latencyFigures(points: readonly LatencyPoint[]): readonly LatencyFigures[] {
  const rows = new Map<string, LatencyPoint[]>();
  for (const point of points) {
    const row = rows.get(point.f);
    if (row === undefined) rows.set(point.f, [point]);
    else row.push(point);
  }
  return [...rows].map(([f, members]) => {
    const count = (outcome: Outcome) => members.filter((member) => member.outcome === outcome).length;
    const latencies = members.filter(({ outcome }) => outcome === 'ok').map(({ latencyMs }) => latencyMs);
    const counts = { f, ok: count('ok'), fail: count('fail'), info: count('info') };
    return latencies.length === 0 ? counts : { ...counts, quantiles: quantilesOf(latencies) };
  });
}

function quantilesOf(latencies: readonly number[]): NonNullable<LatencyFigures['quantiles']> {
  const sorted = Float64Array.from(latencies).sort();
  // Nearest rank: a latency that really occurred.
  const at = (quantile: number) => sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)]!;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
