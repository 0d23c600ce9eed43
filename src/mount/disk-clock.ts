/** The clocks of a real disk. */
import type { Clock } from '../disk/disk-state.ts';

/** CLOCK_MONOTONIC: the same for every process of this computer. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Times since `epochMs`, in whole microseconds: what a log line holds is what every answer says. */
export function clockSince(epochMs: number): Clock {
  return {
    monotonicMs: () => Math.round((monotonicMs() - epochMs) * 1000) / 1000,
    wallMs: () => performance.timeOrigin + performance.now(),
  };
}
