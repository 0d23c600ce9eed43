/** Every profile by name. A sixth profile is a file beside this one and a line here. */
import { lazyfs } from './lazyfs.ts';
import type { Profile } from './profile.ts';
import { strict } from './strict.ts';

export const profiles: ReadonlyMap<string, Profile> = new Map(
  [strict, lazyfs].map((profile) => [profile.name, profile]),
);
