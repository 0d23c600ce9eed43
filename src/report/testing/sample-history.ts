/**
 * A made-up history of 20 seconds: five clients add elements to a set, the plug is pulled three times, the server comes
 * back after each. For tests and screenshots of reports; its figures must look like those of a real server.
 */
import type { HistoryOp } from '../../checkers/history.ts';
import type { NemesisSpan, Sample } from '../results.ts';
import { seededRandom } from './random.ts';
import type { Random } from './random.ts';

export const sampleDurationMs = 20_412;
export const sampleCutsMs = [5_130, 12_400, 17_240] as const;
/** From the cut until the server answers again. */
const outageMs = 870;
const clients = 5;
const firstElement = 10_000;
export const lostElement = {
  f: 'add',
  value: 4711,
  process: 13,
  invokedMs: 12_284.1,
  acknowledgedMs: 12_300.2,
} as const;

export interface SampleHistory {
  readonly history: readonly HistoryOp[];
  readonly samples: readonly Sample[];
  readonly spans: readonly NemesisSpan[];
}

type Unnumbered = Omit<HistoryOp, 'index'>;

export function sampleHistory(seed = 7, medianLatencyMs = 11): SampleHistory {
  const random = seededRandom(seed);
  const ops: Unnumbered[] = [];
  for (let client = 0; client < clients; client += 1) ops.push(...clientOps(random, client, medianLatencyMs));
  ops.push(...lostAdd());
  ops.push(...nemesisOps());
  const history = ops.toSorted((a, b) => a.timeMs - b.timeMs).map((op, index) => ({ index, ...op }));
  return { history, samples: samplesOf(random), spans: spansOf() };
}

function clientOps(random: Random, client: number, medianLatencyMs: number): readonly Unnumbered[] {
  const ops: Unnumbered[] = [];
  let process = client;
  let timeMs = 30 + random.uniform() * 20;
  let element = client + firstElement;
  while (timeMs < sampleDurationMs - 400) {
    const outage = outageAt(timeMs);
    if (outage !== undefined) {
      ops.push(...refused(random, process, timeMs, element));
      timeMs += 100 + random.uniform() * 60;
      element += clients;
      continue;
    }
    const isRead = random.uniform() < 0.02;
    const invoke = {
      process,
      f: isRead ? 'read' : 'add',
      ...(isRead ? {} : { value: element }),
      boot: bootAt(timeMs),
    };
    const latencyMs = latency(random, timeMs, isRead ? 4 * medianLatencyMs : medianLatencyMs);
    ops.push({ ...invoke, type: 'invoke', timeMs });
    const endMs = timeMs + latencyMs;
    const cutMs = sampleCutsMs.find((cut) => cut >= timeMs && cut <= endMs);
    if (cutMs !== undefined) {
      ops.push({
        ...invoke,
        type: 'info',
        timeMs: cutMs + 4 + random.uniform() * 9,
        error: 'connection lost',
      });
      process += clients;
      timeMs = cutMs + 20;
    } else {
      ops.push({ ...invoke, type: 'ok', timeMs: endMs });
      timeMs = endMs + random.uniform() * 2;
    }
    element += clients;
  }
  return ops;
}

/** The add that results speak of: acknowledged a tenth of a second before the second cut. */
function lostAdd(): readonly Unnumbered[] {
  const { f, value, process, invokedMs, acknowledgedMs } = lostElement;
  return [
    { type: 'invoke', f, value, process, timeMs: invokedMs, boot: 2 },
    { type: 'ok', f, value, process, timeMs: acknowledgedMs, boot: 2 },
  ];
}

/** A connection refused while the server is down: it certainly did not happen. */
function refused(random: Random, process: number, timeMs: number, element: number): readonly Unnumbered[] {
  const op = { process, f: 'add', value: element, boot: bootAt(timeMs) };
  const error = 'connect ECONNREFUSED 127.0.0.1:54321';
  return [
    { ...op, type: 'invoke', timeMs },
    { ...op, type: 'fail', timeMs: timeMs + 0.2 + random.uniform() * 0.8, error },
  ];
}

/** Slower right after a boot, and in a checkpoint now and then. */
function latency(random: Random, timeMs: number, medianMs: number): number {
  const sinceBootMs =
    timeMs - Math.max(0, ...sampleCutsMs.map((cut) => cut + outageMs).filter((boot) => boot <= timeMs));
  const warmUp = sinceBootMs < 500 ? 2.5 : 1;
  const stall = timeMs % 4_000 > 3_820 ? 7 : 1;
  return medianMs * 0.15 + random.logNormal(medianMs * warmUp * stall, 0.45);
}

function outageAt(timeMs: number): number | undefined {
  return sampleCutsMs.find((cut) => timeMs >= cut && timeMs < cut + outageMs);
}

function bootAt(timeMs: number): number {
  return 1 + sampleCutsMs.filter((cut) => timeMs >= cut).length;
}

function nemesisOps(): readonly Unnumbered[] {
  return spansOf().flatMap(({ f, startMs, endMs }) => [
    { process: 'nemesis' as const, type: 'invoke' as const, f, timeMs: startMs, boot: bootAt(startMs) },
    { process: 'nemesis' as const, type: 'info' as const, f, timeMs: endMs, boot: bootAt(endMs) },
  ]);
}

function spansOf(): readonly NemesisSpan[] {
  return sampleCutsMs.flatMap((cutMs) => [
    { f: 'power-cut', startMs: cutMs, endMs: cutMs + 140 },
    { f: 'boot', startMs: cutMs + 140, endMs: cutMs + outageMs },
  ]);
}

/** Un-synced bytes grow until the server's own checkpoint writes them back, or a cut takes them. */
function samplesOf(random: Random): readonly Sample[] {
  const samples: Sample[] = [];
  let unsyncedBytes = 0;
  let diskOps = 800;
  for (let timeMs = 0; timeMs < sampleDurationMs; timeMs += 100) {
    if (outageAt(timeMs) !== undefined) unsyncedBytes = 0;
    else unsyncedBytes += 8_192 * random.integer(5);
    if (timeMs % 4_000 > 3_850) unsyncedBytes *= 0.15;
    diskOps += outageAt(timeMs) === undefined ? 30 + random.integer(25) : 0;
    samples.push({ timeMs, unsyncedBytes: Math.round(unsyncedBytes), diskOps });
  }
  return samples;
}
