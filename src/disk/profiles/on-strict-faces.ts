/**
 * A profile on a live disk that has no faces of its own. The two faces are then those of `strict`, which promises no more than any
 * file system: what is un-synced is so everywhere. What a cut leaves is chosen by the profile's own rules, from the log of the disk.
 */
import { lossRules } from '../persistence/loss-rules.ts';
import type { PersistenceProfile } from '../persistence/profile.ts';
import type { Profile } from './profile.ts';

export function onStrictFaces(persistence: PersistenceProfile): Profile {
  const { name, about } = persistence;
  return {
    name,
    about,
    names: 'volatile',
    attributes: 'volatile',
    rules: lossRules(persistence),
    persistence,
  };
}
