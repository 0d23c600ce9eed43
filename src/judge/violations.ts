/** What a real file system left that its profile does not allow: the profile is wrong, or the judge is. Pure. */
import type { PersistenceProfile } from '../disk/persistence/profile.ts';
import { LegalOutcomes } from '../litmus/legal.ts';
import type { Program } from '../litmus/program.ts';
import type { Observation } from './observation.ts';

export interface Violation {
  readonly profile: string;
  readonly outcome: string;
  /** Statements of `run` that had returned when the power went; all of them, where it was left at the end. */
  readonly acknowledged: number;
}

/** One for each outcome: at the latest instant, since what happens at the end needs no interrupted op to explain it. */
export function violations(
  program: Program,
  observation: Observation,
  profile: PersistenceProfile,
): Violation[] {
  const legal = new LegalOutcomes(program);
  const found: Violation[] = [];
  const known = new Set<string>();
  for (let acknowledged = program.run.length; acknowledged >= 0; acknowledged--) {
    // The next statement may have begun, and have taken effect, though nobody was told.
    const begun = Math.min(acknowledged + 1, program.run.length);
    for (const outcome of observation.outcomes(acknowledged)) {
      if (known.has(outcome) || isAllowed(legal, profile, outcome, acknowledged, begun)) continue;
      known.add(outcome);
      found.push({ profile: profile.name, outcome, acknowledged });
    }
  }
  return found;
}

function isAllowed(
  legal: LegalOutcomes,
  profile: PersistenceProfile,
  outcome: string,
  acknowledged: number,
  begun: number,
): boolean {
  // No profile speaks of file systems that cannot be mounted; none of them may be.
  if (outcome.startsWith('(unmountable')) return false;
  return legal.allows(profile, outcome, acknowledged, begun);
}
