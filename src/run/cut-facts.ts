/** What is known of one fault of a run: the facts that a finding's proof is made from. Pure data. */
import type { Op } from '../disk/op.ts';
import type { Loss, RecoveredFileSystem, Selection, UnsyncedFile } from '../mount/control.ts';

export interface CutFacts {
  /** Which of the run's cuts it was, from 1; 0 where nothing was taken from the disk. */
  readonly number: number;
  readonly kind: 'power-cut' | 'lose-unsynced' | 'kill' | 'died' | 'hang';
  readonly timeMs: number;
  readonly sizeBytes: number;
  readonly files: readonly UnsyncedFile[];
  /** The newest of the dropped ops; `opCount` is how many there were. */
  readonly ops: readonly Op[];
  readonly opCount: number;
  readonly processes: Readonly<Record<string, string>>;
  /** Absent where nothing was taken from the disk. */
  readonly rules?: Loss['rules'];
  /** Of a real file system: what its recovery made of the cut. */
  readonly fileSystem?: RecoveredFileSystem;
  /** The disk's number of the image, while it is kept. */
  readonly image?: number;
  /** What of what might be lost was kept. Absent where nothing was taken from the disk. */
  readonly choice?: Selection;
  /** Of the ops that a cut dropped, those of which a part was kept. */
  readonly torn?: readonly number[];
  /** It stands for two cuts that dropped something; the image is that of the second. */
  readonly isSecond?: true;
}

export function lossFacts(
  kind: 'power-cut' | 'lose-unsynced',
  number: number,
  loss: Loss & { readonly frozenMs: number; readonly image: number },
  choice: Selection = 'lose-all',
): CutFacts {
  const { frozenMs: timeMs, sizeBytes, files, ops, opCount, processes, rules, image } = loss;
  const { torn, fileSystem } = loss;
  return {
    ...{ number, kind, timeMs, sizeBytes, files, ops, opCount, processes, rules, image, choice },
    ...(torn === undefined ? {} : { torn }),
    ...(fileSystem === undefined ? {} : { fileSystem }),
  };
}

/** A cut that follows an earlier one which nobody read after: what is missing may be the work of either. */
export function alsoDropping(cut: CutFacts, earlier: CutFacts): CutFacts {
  return {
    ...cut,
    sizeBytes: earlier.sizeBytes + cut.sizeBytes,
    files: [...cut.files, ...earlier.files],
    ops: [...earlier.ops, ...cut.ops],
    opCount: earlier.opCount + cut.opCount,
    processes: { ...earlier.processes, ...cut.processes },
    ...(earlier.opCount > 0 ? { isSecond: true } : {}),
  };
}

/** A fault that takes nothing from the disk. */
export function harmlessFacts(kind: 'kill' | 'died' | 'hang', timeMs: number): CutFacts {
  return { number: 0, kind, timeMs, sizeBytes: 0, files: [], ops: [], opCount: 0, processes: {} };
}

/** Whether the disk itself lost something, or could have. */
export function isLoss({ kind }: CutFacts): boolean {
  return kind === 'power-cut' || kind === 'lose-unsynced';
}
