/**
 * How a program is run: what the kernel does between its ops and after them. Left to itself a kernel commits and writes back at
 * times of its own, seconds later; here it is asked to, at seeded moments. Pure.
 */
import type { Program } from '../litmus/program.ts';
import { hostStatement, type HostStatement } from './requests.ts';

export interface ScheduleOptions {
  readonly seed: number;
  /** Runs with nothing between the ops: left alone; and with some writeback afterwards. */
  readonly plainRuns: 0 | 1 | 2;
  /** Runs with commits and writeback between the ops. */
  readonly nudgedRuns: number;
}

export interface Schedule {
  readonly run: readonly HostStatement[];
  /** Nobody waits for it; then everything becomes durable. */
  readonly later: readonly HostStatement[];
}

export function schedulesOf(program: Program, options: ScheduleOptions): Schedule[] {
  const run = program.run.map(hostStatement);
  const nudge = (number: number): HostStatement => ({ op: 'nudge', seed: options.seed * 1000 + number });
  const plain = [
    { run, later: [commit, everything] },
    { run, later: [nudge(1), nudge(2), commit, everything] },
  ].slice(0, options.plainRuns);
  const nudged = Array.from({ length: options.nudgedRuns }, (_, index) => {
    const base = (index + 1) * 100;
    return {
      // Between all ops it would be the same every time.
      run: run.flatMap((statement, at) =>
        (options.seed + index + at) % 2 === 0 ? [statement, nudge(base + at)] : [statement],
      ),
      later: [nudge(base + 98), nudge(base + 99), commit, everything],
    };
  });
  return [...plain, ...nudged];
}

const commit: HostStatement = { op: 'wait' };
const everything: HostStatement = { op: 'sync' };
