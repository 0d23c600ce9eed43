/** Judges what a target did after a fault: from a recovery, and from a checker's violation, to findings. Pure. */
import type { JudgedContract } from '../checkers/contract.ts';
import type { Violation } from '../checkers/finding.ts';
import type { Finding } from '../report/results.ts';
import type { CutFacts } from './cut-facts.ts';
import { proveFailure } from './proof.ts';
import type { Recovery } from './recovery.ts';

export type Found = Pick<Finding, 'class' | 'message' | 'timeMs' | 'evidence'>;

export interface Judgement {
  readonly finding?: Found;
  readonly notes: readonly string[];
  /** The data cannot be worked with any more. */
  readonly fatal: boolean;
}

export function judgeRecovery(recovery: Recovery, cut: CutFacts, contract: JudgedContract): Judgement {
  const { failures, started, read, integrity } = recovery;
  const after = describeFault(cut);
  if (!started) {
    const first = failures[0];
    const said = first?.lastLines ?? [];
    const message = `the target could not be started again after ${after}: ${first?.message ?? 'no reason given'}`;
    const finding = {
      class: first?.class ?? 'unrestartable',
      message,
      timeMs: cut.timeMs,
      evidence: proveFailure(cut, said, failures),
    } as const;
    if (contract.restartable) return { finding, notes: [], fatal: true };
    return { notes: [`${message} (its contract does not promise that it does)`], fatal: true };
  }
  const notes =
    failures.length === 0
      ? []
      : [`after ${after} the target started at attempt ${failures.length + 1}: ${failures[0]!.message}`];
  if (integrity !== undefined && !integrity.ok) {
    const message = `${integrity.method} fails after ${after}: ${integrity.lines[0] ?? 'it says nothing'}`;
    return {
      finding: {
        class: 'corruption',
        message,
        timeMs: cut.timeMs,
        evidence: proveFailure(cut, integrity.lines, []),
      },
      notes,
      fatal: true,
    };
  }
  if (read !== undefined && read.type !== 'ok') {
    const error = read.error ?? 'no answer';
    const message = `the target started after ${after}, but everything could not be read: ${error}`;
    return {
      finding: { class: 'unopenable', message, timeMs: cut.timeMs, evidence: proveFailure(cut, [error], []) },
      notes,
      fatal: true,
    };
  }
  return { notes, fatal: false };
}

export function findingOf(violation: Violation, evidence: Finding['evidence']): Found {
  return { class: violation.class, message: violation.message, timeMs: violation.timeMs, evidence };
}

function describeFault(cut: CutFacts): string {
  const at = `at ${(cut.timeMs / 1000).toFixed(2)} s`;
  switch (cut.kind) {
    case 'power-cut':
      return `the power cut ${at}`;
    case 'lose-unsynced':
      return `the loss of un-synced writes ${at} (its durable state, booted afresh)`;
    case 'kill':
      return `the kill ${at}`;
    case 'died':
      return `its own death ${at}`;
  }
}
