/** Every persistence profile by name. A sixth one is a file beside these and a line here. */
import { ext4 } from './ext4.ts';
import { lazyfs } from './lazyfs.ts';
import type { PersistenceProfile } from './profile.ts';
import { xfs } from './xfs.ts';

export const persistenceProfiles: ReadonlyMap<string, PersistenceProfile> = new Map(
  [ext4, xfs, lazyfs].map((profile) => [profile.name, profile]),
);
