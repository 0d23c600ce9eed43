/** Judges what a target did after a fault: from a recovery, and from a checker's violation, to findings. Pure. */
import type { JudgedContract } from '../checkers/contract.ts';
import type { FindingClass, Violation } from '../checkers/finding.ts';
import type { Finding } from '../report/results.ts';
import type { CutFacts } from './cut-facts.ts';
import { proveFailure } from './proof.ts';
import { isSilent, type Recovery } from './recovery.ts';

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
  if (!started) return judgeFailedStart(recovery, cut, contract);
  const notes = failures
    .slice(0, 1)
    .map(
      ({ message }) => `after ${after} the target started at attempt ${failures.length + 1} only: ${message}`,
    );
  const fatal = (kind: FindingClass, message: string, said: readonly string[]): Judgement => {
    const evidence = proveFailure(cut, said, []);
    return { finding: { class: kind, message, timeMs: cut.timeMs, evidence }, notes, fatal: true };
  };
  if (integrity !== undefined && !integrity.ok) {
    const said = integrity.lines[0] ?? 'it says nothing';
    return fatal('corruption', `${integrity.method} fails after ${after}: ${said}`, integrity.lines);
  }
  if (read !== undefined && read.type !== 'ok') {
    const error = read.error ?? `the read was answered ${read.type}`;
    const message = `the target started after ${after}, but everything could not be read: ${error}`;
    return fatal(isSilent(read) ? 'hang' : 'unopenable', message, [error]);
  }
  return { notes, fatal: false };
}

/** A contract need not promise that it starts again; the data cannot be worked with either way. */
function judgeFailedStart({ failures }: Recovery, cut: CutFacts, contract: JudgedContract): Judgement {
  const [first] = failures;
  const why = first?.message ?? 'no reason given';
  const message = `the target could not be started again after ${describeFault(cut)}: ${why}`;
  if (!contract.restartable) {
    return { notes: [`${message} (its contract does not promise that it can be)`], fatal: true };
  }
  const evidence = proveFailure(cut, first?.lastLines ?? [], failures);
  const finding = { class: first?.class ?? 'unrestartable', message, timeMs: cut.timeMs, evidence };
  return { finding, notes: [], fatal: true };
}

export function findingOf(violation: Violation, evidence: Finding['evidence']): Found {
  return { class: violation.class, message: violation.message, timeMs: violation.timeMs, evidence };
}

function describeFault(cut: CutFacts): string {
  const at = `at ${(cut.timeMs / 1000).toFixed(3)} s`;
  switch (cut.kind) {
    case 'power-cut':
      return `the power cut ${at}`;
    case 'lose-unsynced':
      return `the loss of un-synced writes ${at} (its durable state, booted apart)`;
    case 'kill':
      return `the kill ${at}`;
    case 'died':
      return `its own end ${at}`;
    case 'hang':
      return `it hung and was killed ${at}`;
  }
}
