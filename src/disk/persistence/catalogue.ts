/** Every persistence profile by name. A sixth one is a file beside these and a line here. */
import { btrfs } from './btrfs.ts';
import { ext4 } from './ext4.ts';
import { lazyfs } from './lazyfs.ts';
import type { PersistenceProfile } from './profile.ts';
import { strict } from './strict.ts';
import { xfs } from './xfs.ts';

export const persistenceProfiles: ReadonlyMap<string, PersistenceProfile> = new Map(
  [strict, ext4, xfs, btrfs, lazyfs].map((profile) => [profile.name, profile]),
);
