/**
 * Boots a crash image that lies in a plain directory, in a machine of its own without a disk, reads everything and judges
 * it: for the durable state beside a living target, and for a replay.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunFacts } from '../checkers/facts.ts';
import type { Violation } from '../checkers/finding.ts';
import type { HistoryOp } from '../checkers/history.ts';
import { createMachine } from '../machine/create-machine.ts';
import type { Machine } from '../machine/machine.ts';
import type { Target, TargetContext } from '../targets/target.ts';
import type { Workload } from '../workloads/workload.ts';
import type { CutFacts } from './cut-facts.ts';
import { findingOf, judgeRecovery, type Found } from './judge.ts';
import { proveViolation } from './proof.ts';
import { recover, type Recovery } from './recovery.ts';

export interface ImageParts {
  readonly target: Target;
  readonly workload: Workload;
  readonly contextFor: (machine: Machine, name: string) => TargetContext;
  readonly clock: { now(): number };
}

export interface Examined {
  readonly findings: readonly { readonly finding: Found; readonly violation?: Violation }[];
  readonly notes: readonly string[];
  /** Everything was read, so that the checkers had something to judge. */
  readonly wasRead: boolean;
}

export interface HistoryParts extends ImageParts {
  readonly recorder: { readonly history: readonly HistoryOp[]; readonly boot: number };
}

/** Exports the image of a living disk, boots it, and judges it as if the power had gone at that instant. */
export async function examineImage(
  parts: HistoryParts,
  machine: Machine,
  cut: CutFacts,
  facts: RunFacts,
): Promise<Examined> {
  if (cut.image === undefined) throw new Error('the fault left no image');
  const scratch = await mkdtemp(join(machine.directory, '..', 'image-'));
  try {
    const directory = join(scratch, 'disk');
    await machine.disk.request('export-image', { image: cut.image, directory });
    const before = parts.recorder.history.filter((op) => op.timeMs <= cut.timeMs);
    const boot = parts.recorder.boot;
    return await judgeImage(parts, { directory, mountPoint: machine.directory, cut, boot, before, facts });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

export interface ImageQuestion {
  /** A plain directory; it is changed by what boots on it. */
  readonly directory: string;
  /** Where the machine sees it. */
  readonly mountPoint: string;
  readonly cut: CutFacts;
  /** The boot that the fault ended. */
  readonly boot: number;
  /** The history up to the fault. */
  readonly before: readonly HistoryOp[];
  readonly facts: RunFacts;
}

export async function judgeImage(parts: ImageParts, question: ImageQuestion): Promise<Examined> {
  const { cut, boot, before, facts } = question;
  const reads: HistoryOp[] = [];
  const recovery = await bootImage(parts, question, (op) =>
    reads.push({
      process: reader,
      final: true,
      ...op,
      index: before.length + reads.length,
      timeMs: parts.clock.now(),
      boot: boot + 1,
    }),
  );
  const { finding, notes } = judgeRecovery(recovery, cut, facts.contract);
  if (finding !== undefined) return { findings: [{ finding }], notes, wasRead: false };
  const known = facts.interruptions.filter((interruption) => interruption.boot <= boot);
  const interruptions = [...known, { kind: 'power-cut' as const, timeMs: cut.timeMs, boot: boot + 1 }];
  const { violations } = parts.workload.check([...before, ...reads], { ...facts, interruptions });
  const found = violations
    .filter((violation) => violation.boot === boot + 1)
    .map((violation) => ({ violation, finding: findingOf(violation, proveViolation(violation, cut, [])) }));
  return { findings: found, notes, wasRead: true };
}

/** No client ever has this number. */
const reader = Number.MAX_SAFE_INTEGER;

async function bootImage(
  parts: ImageParts,
  question: ImageQuestion,
  record: (op: Pick<HistoryOp, 'type' | 'f'>) => void,
): Promise<Recovery> {
  const machine = createMachine({
    disk: undefined,
    directory: question.mountPoint,
    plainDirectory: question.directory,
  });
  try {
    await machine.boot();
    const instance = parts.target.open(parts.contextFor(machine, `image-${question.cut.number}`));
    const recovery = await recover(machine, instance, parts.workload.finalRead, { record });
    if (recovery.started) await instance.stop(5_000);
    return recovery;
  } finally {
    await machine.close();
  }
}
