/** The run's clock: milliseconds since it began, on CLOCK_MONOTONIC, the clock that the disk process uses too. */
export interface RunClock {
  /** CLOCK_MONOTONIC milliseconds at which the run began. */
  readonly startMs: number;
  now(): number;
  /** From CLOCK_MONOTONIC milliseconds to the run's. */
  fromMonotonic(monotonicMs: number): number;
}

export function startClock(): RunClock {
  const startMs = monotonicMs();
  const round = (ms: number) => Math.round(ms * 1000) / 1000;
  return {
    startMs,
    now: () => round(monotonicMs() - startMs),
    fromMonotonic: (ms) => round(ms - startMs),
  };
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
