/**
 * Lets the checkers look at the history as it stands, and writes down what they find: each violation once, with the proof
 * that the fault before it gives.
 */
import type { RunFacts } from '../checkers/facts.ts';
import type { Violation } from '../checkers/finding.ts';
import type { HistoryOp, Json } from '../checkers/history.ts';
import type { DiskControl, Trace } from '../mount/control.ts';
import type { Workload } from '../workloads/workload.ts';
import type { CutFacts } from './cut-facts.ts';
import type { FindingBook } from './finding-book.ts';
import { findingOf } from './judge.ts';
import { proveViolation } from './proof.ts';

/** What boots shortly after a fault show is proven by it; nobody needs the ops of all faults of a long run. */
const maxFaults = 8;

export interface HistoryJudgeParts {
  readonly workload: Pick<Workload, 'check'>;
  readonly history: readonly HistoryOp[];
  readonly findings: FindingBook;
  readonly disk: Pick<DiskControl, 'request'>;
  /** Text that stands for an element in the target's files. */
  readonly needle: (value: Json) => string;
}

export class HistoryJudge {
  readonly #parts: HistoryJudgeParts;
  readonly #seen = new Set<string>();
  /** By the boot that followed. */
  readonly #faults = new Map<number, CutFacts>();

  constructor(parts: HistoryJudgeParts) {
    this.#parts = parts;
  }

  /** `boot` follows this fault. */
  expect(boot: number, fault: CutFacts): void {
    const [oldest] = this.#faults.keys();
    if (oldest !== undefined && this.#faults.size >= maxFaults) this.#faults.delete(oldest);
    this.#faults.set(boot, fault);
  }

  /** `atHand`: the fault whose image and dropped bytes the disk still has. */
  async judge(facts: RunFacts, atHand?: CutFacts): Promise<void> {
    const { workload, history, findings } = this.#parts;
    for (const violation of workload.check(history, facts).violations) {
      const key = violationKey(violation);
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      const fault = violation.duringBoot === true ? undefined : this.#faults.get(violation.boot);
      const isAtHand = fault !== undefined && fault === atHand;
      // Only what took something from the disk left bytes to search, and only until the next one.
      const traces = isAtHand && fault.image !== undefined ? await this.#traces(violation) : undefined;
      await findings.add(findingOf(violation, proveViolation(violation, fault, traces)), {
        boot: violation.boot,
        violation: key,
        ...(fault === undefined ? {} : { fault: isAtHand ? fault : withoutImage(fault) }),
      });
    }
  }

  async #traces({ ops: [first] }: Violation): Promise<readonly Trace[]> {
    if (first === undefined) return [];
    return this.#parts.disk.request('trace', { needles: [this.#parts.needle(first.value)] });
  }
}

/** What stays the same of a violation however much history is added: its class, its boot and its first op. */
export function violationKey({ class: kind, boot, ops, message }: Violation): string {
  return [kind, boot, ops[0]?.index ?? message].join('|');
}

function withoutImage({ image: _image, ...fault }: CutFacts): CutFacts {
  return fault;
}
