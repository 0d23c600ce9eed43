/** The clocks of a real disk. */
import type { Clock } from '../disk/disk-state.ts';

/** CLOCK_MONOTONIC: the same for every process of this computer. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export const realClock: Clock = {
  monotonicMs,
  wallMs: () => performance.timeOrigin + performance.now(),
};
