/** Every profile by name. A sixth profile is a file beside these, its rules in persistence/, and a line here. */
import { lazyfs } from './lazyfs.ts';
import type { Profile } from './profile.ts';
import { realFileSystems } from './real.ts';
import { strict } from './strict.ts';

export const profiles: ReadonlyMap<string, Profile> = new Map(
  [strict, ...realFileSystems, lazyfs].map((profile) => [profile.name, profile]),
);
