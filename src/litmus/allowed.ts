/** The outcomes that a profile allows at the end of a litmus program, as far as anybody wants to see them. */
import { buildTree } from '../disk/persistence/image-tree.ts';
import { images } from '../disk/persistence/images.ts';
import type { PersistenceProfile } from '../disk/persistence/profile.ts';
import { LegalOutcomes } from './legal.ts';
import { attributesTouched, type Program } from './program.ts';
import { outcomeOf } from './tree-outcome.ts';

export interface AllowedOutcomes {
  /** Those nearest to what programs saw first. */
  readonly outcomes: readonly string[];
  /** There are no others. */
  readonly complete: boolean;
}

export function allowedOutcomes(
  program: Program,
  profile: PersistenceProfile,
  limit: number,
): AllowedOutcomes {
  const space = new LegalOutcomes(program).space(profile);
  const options = attributesTouched(program);
  const outcomes = new Set<string>();
  // Trees may differ in what an outcome does not show.
  let left = limit * 10;
  for (const { choice } of images(space)) {
    if (outcomes.size === limit || left-- === 0) return { outcomes: [...outcomes], complete: false };
    outcomes.add(outcomeOf(buildTree(space.history, choice), options));
  }
  return { outcomes: [...outcomes], complete: true };
}
