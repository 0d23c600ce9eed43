/**
 * Whether a profile allows an outcome that a pattern describes. A full outcome is looked up in what the profile allows, however
 * much that is; of an open pattern the outcomes are gone through, and where there are too many of them the answer is that nobody
 * knows, never that there is none.
 */
import type { PersistenceProfile } from '../disk/persistence/profile.ts';
import { allowedOutcomes } from './allowed.ts';
import { LegalOutcomes } from './legal.ts';
import { matches, printPattern, type OutcomePattern } from './pattern.ts';
import type { Program } from './program.ts';

/** Outcomes that are gone through unless somebody says otherwise. */
export const patternLimit = 5000;

export function patternAllowed(
  program: Program,
  profile: PersistenceProfile,
  pattern: OutcomePattern,
  limit = patternLimit,
): boolean | 'unknown' {
  const isExact = !pattern.open && pattern.anything.length === 0 && pattern.absent.length === 0;
  if (isExact) return new LegalOutcomes(program).allows(profile, printPattern(pattern));
  const { outcomes, complete } = allowedOutcomes(program, profile, limit);
  if (outcomes.some((outcome) => matches(pattern, outcome))) return true;
  return complete ? false : 'unknown';
}
