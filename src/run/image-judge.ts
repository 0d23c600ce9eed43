/**
 * Boots a crash image apart and judges what the target makes of it, as if its run had gone on from there: with the history up to
 * the fault, and the reads of the image after it. For replays, and for the same cut under other profiles. Writes nothing down.
 */
import type { RunFacts } from '../checkers/facts.ts';
import type { HistoryOp } from '../checkers/history.ts';
import type { Workload } from '../workloads/workload.ts';
import type { CutFacts } from './cut-facts.ts';
import { bootImage, type ImageDirectory, type ImageParts } from './image-boot.ts';
import { findingOf, judgeRecovery, type Found } from './judge.ts';
import { proveViolation } from './proof.ts';
import type { RecoverySteps } from './recovery.ts';

/** What the image stands for. */
export interface ImageCase {
  /** Of the whole run: what came after the fault is left out. */
  readonly history: readonly HistoryOp[];
  readonly facts: RunFacts;
  /** The boot that came after the fault. */
  readonly boot: number;
  readonly fault: CutFacts;
}

export interface ImageVerdict {
  readonly found: readonly Found[];
  readonly notes: readonly string[];
}

export async function judgeImage(
  parts: ImageParts & { readonly workload: Pick<Workload, 'check'> },
  place: ImageDirectory,
  { history, facts, boot, fault }: ImageCase,
): Promise<ImageVerdict> {
  const goneOn = new HistoryGoneOn(history, boot, fault.timeMs);
  const recovery = await bootImage(parts, place, { record: (op) => goneOn.record(op) });
  const judged = judgeRecovery(recovery, fault, facts.contract);
  const interruptions = facts.interruptions.filter((interruption) => interruption.boot <= boot);
  const { violations } = parts.workload.check(goneOn.ops, { ...facts, interruptions });
  return {
    found: [
      ...(judged.finding === undefined ? [] : [judged.finding]),
      ...violations
        .filter((violation) => violation.boot === boot)
        .map((violation) => findingOf(violation, proveViolation(violation, fault, undefined))),
    ],
    notes: judged.notes,
  };
}

/** No client ever has this number. */
const reader = Number.MAX_SAFE_INTEGER;

/** The history up to the fault, then the reads of the image in the boot that follows. */
class HistoryGoneOn {
  readonly ops: HistoryOp[];
  readonly #boot: number;
  readonly #faultMs: number;

  constructor(history: readonly HistoryOp[], boot: number, faultMs: number) {
    this.#boot = boot;
    this.#faultMs = faultMs;
    this.ops = history.filter((op) => op.boot < boot && op.timeMs <= faultMs);
  }

  record(op: Parameters<RecoverySteps['record']>[0]): void {
    this.ops.push({
      ...op,
      process: reader,
      final: true,
      index: this.ops.length,
      timeMs: this.#faultMs + 1,
      boot: this.#boot,
    });
  }
}
