/** Times of plain files, between what Node says and takes and what a disk keeps. Before 1970 seconds are negative, nanoseconds never. */
import type { Timestamp } from '../disk/face.ts';

const nanosecondsPerSecond = 1_000_000_000n;
const halfMicrosecond = 0.5e-6;

export function timestampOf(sinceEpochNs: bigint): Timestamp {
  const nanoseconds = ((sinceEpochNs % nanosecondsPerSecond) + nanosecondsPerSecond) % nanosecondsPerSecond;
  const seconds = (sinceEpochNs - nanoseconds) / nanosecondsPerSecond;
  return { seconds: Number(seconds), nanoseconds: Number(nanoseconds) };
}

/** For Node's utimes, which cut off what is below a microsecond, and take a negative number for now, but not a date. */
export function utimeOf({ seconds, nanoseconds }: Timestamp): number | Date {
  const time = seconds + nanoseconds / 1e9;
  return time < 0 ? new Date(time * 1000) : time + halfMicrosecond;
}
