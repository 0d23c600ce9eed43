/** What the page hands to its plots, in columns, because twenty thousand objects would treble the file. Pure. */
import type { HistoryOp, Json } from '../../checkers/history.ts';
import { printable } from '../printable.ts';
import type { NemesisSpan, Results, Sample } from '../results.ts';
import { latencyPoints, peaks, thin, throughput } from './series.ts';
import type { LatencyPoint, Outcome } from './series.ts';

/** Seconds on the run's axis; latencies in milliseconds. Ascending in time. */
export interface PlotData {
  readonly durationS: number;
  readonly latency: {
    readonly timeS: readonly number[];
    readonly latencyMs: readonly number[];
    readonly outcome: readonly Outcome[];
    /** What the reader sees who points at it: `add 4711 by 13`. */
    readonly label: readonly string[];
  };
  readonly throughput: {
    readonly timeS: readonly number[];
    readonly ok: readonly number[];
    readonly fail: readonly number[];
    readonly info: readonly number[];
  };
  readonly unsynced: { readonly timeS: readonly number[]; readonly sizeBytes: readonly number[] };
  readonly spans: readonly {
    readonly label: string;
    readonly startS: number;
    readonly endS: number;
    readonly isFault: boolean;
  }[];
  /** The ops that findings speak of, to be marked. */
  readonly broken: readonly { readonly timeS: number; readonly latencyMs: number; readonly label: string }[];
}

/** Limits of the page: what a browser draws at once without a pause. */
const pointsMax = 20_000;
const samplesMax = 4_000;
const spansMax = 2_000;
/** A logarithmic axis has no zero. */
const latencyMinMs = 0.01;

export interface RunRecord {
  readonly results: Results;
  readonly history: readonly HistoryOp[];
  readonly samples: readonly Sample[];
  readonly spans: readonly NemesisSpan[];
}

export interface Plotted {
  readonly data: PlotData;
  /** All client ops, for figures. */
  readonly points: readonly LatencyPoint[];
  /** How many of them the latency plot shows. */
  readonly shownCount: number;
  readonly binMs: number;
}

export function plotted({ results, history, samples, spans }: RunRecord): Plotted {
  const points = latencyPoints(history);
  const brokenIndexes = new Set(results.findings.map(({ evidence }) => evidence.op?.index ?? -1));
  const shown = thin(points, pointsMax, brokenIndexes);
  const durationMs = durationOf(results, points, samples, spans);
  const rates = throughput(points, durationMs);
  const line = peaks(samples, samplesMax);
  const data: PlotData = {
    durationS: seconds(durationMs),
    latency: {
      timeS: shown.map(({ timeMs }) => seconds(timeMs)),
      latencyMs: shown.map(({ latencyMs }) => latency(latencyMs)),
      outcome: shown.map(({ outcome }) => outcome),
      label: shown.map(({ f, value, process }) => `${shortOp(f, value)} by ${process}`),
    },
    throughput: {
      timeS: rates.timesMs.map(seconds),
      ok: rates.perSecond.ok.map(rate),
      fail: rates.perSecond.fail.map(rate),
      info: rates.perSecond.info.map(rate),
    },
    unsynced: {
      timeS: line.map(({ timeMs }) => seconds(timeMs)),
      sizeBytes: line.map(({ unsyncedBytes }) => unsyncedBytes),
    },
    spans: spans.slice(0, spansMax).map(({ f, startMs, endMs }) => ({
      label: printable(f),
      startS: seconds(startMs),
      endS: seconds(endMs),
      isFault: !quietSpans.has(f),
    })),
    broken: brokenMarks(results),
  };
  return { data, points, shownCount: shown.length, binMs: rates.binMs };
}

/** Spans in which nothing goes wrong. */
const quietSpans: ReadonlySet<string> = new Set([
  'boot',
  'start',
  'restart',
  'checkpoint',
  'unsynced-report',
  'stop',
]);

function brokenMarks(results: Results): PlotData['broken'] {
  return results.findings.flatMap(({ class: name, evidence: { op } }) =>
    op?.acknowledgedMs === undefined
      ? []
      : [
          {
            timeS: seconds(op.invokedMs),
            latencyMs: latency(op.acknowledgedMs - op.invokedMs),
            label: `${name}: ${shortOp(op.f, op.value)}`,
          },
        ],
  );
}

function durationOf(
  results: Results,
  points: readonly LatencyPoint[],
  samples: readonly Sample[],
  spans: readonly NemesisSpan[],
): number {
  let durationMs = Math.max(1, results.durationMs);
  for (const point of points) durationMs = Math.max(durationMs, point.timeMs);
  for (const sample of samples) durationMs = Math.max(durationMs, sample.timeMs);
  for (const span of spans) durationMs = Math.max(durationMs, span.endMs);
  return durationMs;
}

const valueLettersMax = 24;

/** `add 4711`; long values are shortened. */
export function shortOp(f: string, value: Json | undefined): string {
  if (value === undefined || value === null) return printable(f);
  const text = printable(typeof value === 'string' ? value : JSON.stringify(value));
  return `${printable(f)} ${text.length > valueLettersMax ? `${text.slice(0, valueLettersMax)}…` : text}`;
}

function seconds(timeMs: number): number {
  return Math.round(timeMs * 10) / 10_000;
}

function latency(latencyMs: number): number {
  return Math.max(latencyMinMs, Math.round(latencyMs * 1_000) / 1_000);
}

function rate(perSecond: number): number {
  return Math.round(perSecond * 100) / 100;
}
