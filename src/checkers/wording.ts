/** Numbers, times and interruptions as checkers' sentences say them. */
import type { Interruption } from './facts.ts';

/** "1 add", "37 adds". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** An instant of the run: "12.400 s". */
export function instant(timeMs: number): string {
  return `${(timeMs / 1000).toFixed(3)} s`;
}

/** A length of time, as precisely as a reader wants it: "under 1 ms", "85 ms", "3.2 s". */
export function duration(ms: number): string {
  if (ms < 1) return 'under 1 ms';
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** "the power cut at 12.400 s". */
export function named(interruption: Interruption): string {
  return `${interruptionNames[interruption.kind]} at ${instant(interruption.timeMs)}`;
}

const interruptionNames: Readonly<Record<Interruption['kind'], string>> = {
  'power-cut': 'the power cut',
  kill: 'the kill',
  stop: 'the stop',
  died: 'its death',
};
