/**
 * Proof on a real file system: what a cut took there are block writes, and memory of the kernel that nobody saw. It tells which
 * is which, and what the kernel's recovery left was called by the file system's own checker. Pure.
 */
import type { RecoveredFileSystem, Trace } from '../mount/control.ts';
import { formatInstant, formatSize, plural } from '../report/format.ts';
import type { Finding } from '../report/results.ts';
import type { CutFacts } from './cut-facts.ts';

type Shown = Pick<Finding['evidence'], 'diskOps' | 'rule' | 'sentences'>;

const maxDiskOps = 50;

/** A cut of a real file system. */
export type DeviceCut = CutFacts & { readonly fileSystem: RecoveredFileSystem };

export function isDeviceCut(cut: CutFacts): cut is DeviceCut {
  return cut.fileSystem !== undefined;
}

/** `what` is missing; `traces` say where its bytes lay among the dropped block writes. */
export function lostOnDevice(what: string, cut: DeviceCut, traces: readonly Trace[]): Shown {
  const { name } = cut.fileSystem;
  const op = traces.find((trace) => trace.op !== undefined)?.op;
  const shown = droppedOnDevice(cut);
  if (op === undefined) {
    const sentence = `${what} is gone, and no block write that the cut dropped holds it: the kernel had it in memory only, or the target never wrote it (a run with --profile ${name} in place of --filesystem shows the target's own writes)`;
    return { ...shown, sentences: [sentence, ...shown.sentences] };
  }
  const range = `bytes ${op.offset!}–${op.offset! + op.length! - 1} of the device`;
  const sentence = `${what} is gone: it was in a block write (${range}) at ${instant(op.timeMs)}, which ${name} had not flushed when the power went`;
  return { ...shown, diskOps: [op], sentences: [sentence, ...shown.sentences] };
}

/** What the cut took, whatever of it a finding is about. */
export function droppedOnDevice({ fileSystem, timeMs, opCount, sizeBytes, ops, rules }: DeviceCut): Shown {
  const { name, check, clean, lines } = fileSystem;
  const writes =
    opCount === 0
      ? `${name} had flushed each of its block writes`
      : `${plural(opCount, 'block write')} (${formatSize(sizeBytes)}) that ${name} had not flushed went with it`;
  return {
    diskOps: ops.slice(-maxDiskOps),
    rule: rules?.data ?? 'none',
    sentences: [
      `the cut at ${instant(timeMs)} took what the kernel held in memory; ${writes}`,
      clean
        ? `the rest is what ${name}'s own recovery left, which ${check} finds clean`
        : `the rest is what ${name}'s own recovery left, of which ${check} says: ${lines[0] ?? 'nothing'}`,
    ],
  };
}

function instant(timeMs: number): string {
  return formatInstant(timeMs, 3);
}
