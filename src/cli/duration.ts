/** Durations as people write them: `500ms`, `20s`, `2m`, `1h`. A bare number is refused: its unit would be a guess. */
import { UsageError } from './errors.ts';

const unitsMs = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

/** A timer of Node holds 31 bits of milliseconds; a week is far below and longer than any run. */
export const maxDurationMs = 7 * 24 * unitsMs.h;

/** Whole milliseconds. `what` names the option in the error. */
export function parseDuration(text: string, what = 'duration'): number {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h)$/.exec(text.trim());
  const [, number, unit] = match ?? [];
  if (number === undefined || unit === undefined) {
    throw new UsageError(`${what}: \`${text}\` is not a duration; write 500ms, 20s, 2m or 1h`);
  }
  const timeMs = Math.round(Number(number) * unitsMs[unit as keyof typeof unitsMs]);
  if (timeMs <= 0) throw new UsageError(`${what}: \`${text}\` is no time at all; write 500ms, 20s, 2m or 1h`);
  if (timeMs > maxDurationMs) throw new UsageError(`${what}: \`${text}\` is longer than a week (168h)`);
  return timeMs;
}

/** The shortest exact way to write it, in one unit. */
export function formatDuration(timeMs: number): string {
  for (const [unit, unitMs] of Object.entries(unitsMs)) {
    if (timeMs >= unitMs && timeMs % unitMs === 0) return `${String(timeMs / unitMs)}${unit}`;
  }
  return `${String(timeMs)}ms`;
}
