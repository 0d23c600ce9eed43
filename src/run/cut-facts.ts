/** What is known of one fault of a run: the facts that a finding's proof is made from. Times are the run's. */
import type { Op } from '../disk/op.ts';
import type { Loss, Trace, UnsyncedFile } from '../mount/control.ts';
import type { RunClock } from './clock.ts';

export interface CutFacts {
  /** From 1, over cuts, losses and kills alike. */
  readonly number: number;
  readonly kind: 'power-cut' | 'lose-unsynced' | 'kill' | 'died';
  readonly timeMs: number;
  readonly sizeBytes: number;
  readonly files: readonly UnsyncedFile[];
  readonly ops: readonly Op[];
  readonly opCount: number;
  readonly processes: Readonly<Record<string, string>>;
  readonly rules: Loss['rules'] | undefined;
  /** The disk's number of the image, while it is kept. */
  readonly image?: number;
}

export function lossFacts(
  clock: RunClock,
  kind: 'power-cut' | 'lose-unsynced',
  number: number,
  frozenMs: number,
  loss: Loss,
  image: number,
): CutFacts {
  return {
    number,
    kind,
    timeMs: clock.fromMonotonic(frozenMs),
    sizeBytes: loss.sizeBytes,
    files: filesInRunTime(clock, loss.files),
    ops: loss.ops.map((op) => opInRunTime(clock, op)),
    opCount: loss.opCount,
    processes: loss.processes,
    rules: loss.rules,
    image,
  };
}

/** A fault that takes nothing from the disk. */
export function harmlessFacts(kind: 'kill' | 'died', number: number, timeMs: number): CutFacts {
  return {
    number,
    kind,
    timeMs,
    sizeBytes: 0,
    files: [],
    ops: [],
    opCount: 0,
    processes: {},
    rules: undefined,
  };
}

export function filesInRunTime(clock: RunClock, files: readonly UnsyncedFile[]): UnsyncedFile[] {
  return files.map((file) => ({ ...file, lastOp: opInRunTime(clock, file.lastOp) }));
}

export function traceInRunTime(clock: RunClock, trace: Trace): Trace {
  return trace.op === undefined ? trace : { ...trace, op: opInRunTime(clock, trace.op) };
}

function opInRunTime(clock: RunClock, op: Op): Op {
  return { ...op, timeMs: clock.fromMonotonic(op.timeMs) };
}
