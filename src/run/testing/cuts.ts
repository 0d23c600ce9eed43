/** Disk ops, dropped files and cuts for tests, with what does not matter filled in. */
import type { BrokenOp, Violation } from '../../checkers/finding.ts';
import type { Op } from '../../disk/op.ts';
import type { Loss, Trace, UnsyncedFile } from '../../mount/control.ts';
import type { CutFacts } from '../cut-facts.ts';

export const rules = {
  data: 'the rule for data',
  name: 'the rule for names',
  attributes: 'the rule for attributes',
};

let numbered = 0;

export function op(kind: Op['kind'], parts: Partial<Op> = {}): Op {
  return { number: ++numbered, kind, timeMs: 1_000, pid: 88, ino: 2, path: 'data', ...parts };
}

export function write(offset: number, length: number, parts: Partial<Op> = {}): Op {
  return op('write', { offset, length, ...parts });
}

export function file(path: string, parts: Partial<UnsyncedFile> = {}): UnsyncedFile {
  return {
    path,
    ino: 2,
    kind: 'file',
    sizeBytes: 0,
    ranges: [],
    metadata: false,
    names: [],
    nameUnsynced: false,
    ageMs: 10,
    lastOp: op('write', { path }),
    ...parts,
  };
}

/** A power cut at 5 s that dropped these ops. */
export function cut(ops: readonly Op[], parts: Partial<CutFacts> = {}): CutFacts {
  return {
    number: 1,
    kind: 'power-cut',
    timeMs: 5_000,
    sizeBytes: 0,
    files: [],
    ops,
    opCount: ops.length,
    processes: { '88': 'db' },
    rules,
    ...parts,
  };
}

/** What the disk says of a cut at 5 s that dropped these ops. */
export function loss(ops: readonly Op[]): Loss {
  return { timeMs: 5_000, sizeBytes: 0, files: [], ops, opCount: ops.length, processes: {}, rules };
}

/** An add of 7 that was invoked at 990 ms and acknowledged at 1010 ms. */
export function broken(parts: Partial<BrokenOp> = {}): BrokenOp {
  return { f: 'add', value: 7, process: 1, invokedMs: 990, acknowledgedMs: 1_010, index: 12, ...parts };
}

export function violation(parts: Partial<Violation> = {}): Violation {
  return { class: 'lost-write', message: '1 add is gone', boot: 2, timeMs: 6_000, ops: [broken()], ...parts };
}

export function trace(offset: number, found?: Op): Trace {
  return { needle: 'set-7', path: 'data', offset, ...(found === undefined ? {} : { op: found }) };
}
