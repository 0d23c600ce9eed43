/**
 * Proof on a real file system: what a cut took there are block writes, and memory of the kernel that nobody saw. It tells which
 * is which, and what the kernel's recovery left was called by the file system's own checker. Pure.
 */
import type { Op } from '../disk/op.ts';
import type { RecoveredFileSystem, TakenFile, Trace } from '../mount/control.ts';
import { formatInstant, formatSize, plural } from '../report/format.ts';
import type { Finding } from '../report/results.ts';
import type { CutFacts } from './cut-facts.ts';

type Shown = Pick<Finding['evidence'], 'diskOps' | 'rule' | 'sentences'>;

const maxDiskOps = 50;
const maxFiles = 5;

/** A cut of a real file system. */
export type DeviceCut = CutFacts & { readonly fileSystem: RecoveredFileSystem };

export function isDeviceCut(cut: CutFacts): cut is DeviceCut {
  return cut.fileSystem !== undefined;
}

/** `what` is missing; `traces` say where its bytes lay in the files and the block writes that the cut took, if that was searched. */
export function lostOnDevice(what: string, cut: DeviceCut, traces: readonly Trace[] | undefined): Shown {
  const { name, taken } = cut.fileSystem;
  if (traces === undefined) {
    const shown = droppedOnDevice(cut);
    return { ...shown, sentences: [`${what} is gone`, ...shown.sentences] };
  }
  const inFile = traces.find(({ path }) => taken?.some((file) => file.path === path) === true);
  const inWrite = traces.find(({ op }) => op !== undefined)?.op;
  const shown = droppedOnDevice(cut);
  const sentence =
    inFile !== undefined
      ? `${what} is gone: it was in \`${inFile.path}\` at byte ${inFile.offset}, which programs saw and ${name} had not made durable when the power went`
      : inWrite !== undefined
        ? `${what} is gone: it was in a block write (${rangeOf(inWrite)}) at ${instant(inWrite.timeMs)}, which ${name} had not flushed when the power went`
        : `${what} is gone; ${whereItWasNot(cut)} (a run with --profile ${name} in place of --filesystem shows the target's own writes)`;
  const reached =
    inFile === undefined
      ? []
      : inWrite === undefined
        ? ['none of the block writes that the cut dropped holds it: the kernel had it in memory only']
        : [
            `it was on its way in a block write (${rangeOf(inWrite)}) at ${instant(inWrite.timeMs)}, which was not flushed`,
          ];
  return {
    ...shown,
    diskOps: inWrite === undefined ? shown.diskOps : [inWrite],
    sentences: [sentence, ...reached, ...shown.sentences],
  };
}

function whereItWasNot({ fileSystem }: DeviceCut): string {
  if (fileSystem.taken === undefined)
    return 'no block write that the cut dropped holds it: the kernel had it in memory only, or the target never wrote it';
  return 'no file that the cut changed held it, nor any block write that it dropped: the target had not written it yet, or not in these bytes';
}

function rangeOf({ offset = 0, length = 0 }: Op): string {
  return `bytes ${offset}–${offset + length - 1} of the device`;
}

/** What the cut took, whatever of it a finding is about. */
export function droppedOnDevice({ fileSystem, timeMs, opCount, sizeBytes, ops, rules }: DeviceCut): Shown {
  const { name, check, clean, lines, taken } = fileSystem;
  const writes =
    opCount === 0
      ? `${name} had flushed each of its block writes`
      : `${plural(opCount, 'block write')} (${formatSize(sizeBytes)}) that ${name} had not flushed went with it`;
  return {
    diskOps: ops.slice(-maxDiskOps),
    rule: rules?.data ?? 'none',
    sentences: [
      `the cut at ${instant(timeMs)} took what the kernel held in memory; ${writes}`,
      ...(taken === undefined ? [] : [changes(taken)]),
      clean
        ? `the rest is what ${name}'s own recovery left, which ${check} finds clean`
        : `the rest is what ${name}'s own recovery left, of which ${check} says: ${lines[0] ?? 'nothing'}`,
    ],
  };
}

/** The first files by name, the largest changes first. */
function changes(taken: readonly TakenFile[]): string {
  if (taken.length === 0) return 'no file differs from what programs saw';
  const largest = [...taken].sort((a, b) => b.sizeBytes - a.sizeBytes).slice(0, maxFiles);
  const files = largest.map(({ path, change, sizeBytes }) =>
    sizeBytes === 0 ? `\`${path}\` ${change}` : `\`${path}\` ${change} (${formatSize(sizeBytes)})`,
  );
  const more = taken.length - largest.length;
  return `of what programs saw, ${files.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
}

function instant(timeMs: number): string {
  return formatInstant(timeMs, 3);
}
