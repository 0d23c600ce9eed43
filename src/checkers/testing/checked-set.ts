/** What the set checker says of a script, in forms that tests read well. */
import type { JudgedContract } from '../contract.ts';
import type { Violation } from '../finding.ts';
import type { Valid } from '../history.ts';
import { checkSet } from '../set.ts';
import type { Script } from './script.ts';
import { everything } from './script.ts';

export interface Checked {
  readonly [figure: string]: unknown;
  readonly valid: Valid;
  readonly violations: readonly Violation[];
}

export function check(script: Script, judgedBy: JudgedContract = everything): Checked {
  const { result, violations } = checkSet(script.history, script.facts(judgedBy));
  return { ...result, violations };
}

/** Violations in short: class, boot and the values of their ops. */
export function found(script: Script, judgedBy?: JudgedContract): readonly string[] {
  return check(script, judgedBy).violations.map(
    ({ class: kind, boot, ops }) =>
      `${kind} in boot ${boot}: ${ops.map(({ value }) => String(value)).join(' ')}`,
  );
}
