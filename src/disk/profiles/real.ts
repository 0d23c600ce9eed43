/**
 * The profiles of real file systems on a live disk. Its two faces are those of `strict`, which promises no more than any of them: what
 * is un-synced is so everywhere. What a cut leaves is chosen by the file system's own rules, from the log of the disk.
 */
import { btrfs } from '../persistence/btrfs.ts';
import { ext4 } from '../persistence/ext4.ts';
import { lossRules } from '../persistence/loss-rules.ts';
import type { PersistenceProfile } from '../persistence/profile.ts';
import { xfs } from '../persistence/xfs.ts';
import type { Profile } from './profile.ts';

export const realFileSystems: readonly Profile[] = [ext4, xfs, btrfs].map(liveProfile);

function liveProfile(persistence: PersistenceProfile): Profile {
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
