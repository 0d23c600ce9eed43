/** The run's clock: milliseconds since it began, on CLOCK_MONOTONIC. The run's disk counts from the same instant. */
import { monotonicMs } from '../mount/disk-clock.ts';

export interface RunClock {
  /** CLOCK_MONOTONIC milliseconds at which the run began. */
  readonly epochMs: number;
  /** In whole microseconds, as the times of disk ops. */
  now(): number;
}

export function startClock(): RunClock {
  const epochMs = monotonicMs();
  return { epochMs, now: () => Math.round((monotonicMs() - epochMs) * 1000) / 1000 };
}
