/** Every profile by name, as a live disk takes it. The list is that of persistence/catalogue.ts; a profile with faces of its own is here. */
import { persistenceProfiles } from '../persistence/catalogue.ts';
import { lazyfs } from './lazyfs.ts';
import { onStrictFaces } from './on-strict-faces.ts';
import type { Profile } from './profile.ts';
import { strict } from './strict.ts';

const ownFaces: ReadonlyMap<string, Profile> = new Map(
  [strict, lazyfs].map((profile) => [profile.name, profile]),
);

export const profiles: ReadonlyMap<string, Profile> = new Map(
  [...persistenceProfiles.values()].map((each) => [
    each.name,
    ownFaces.get(each.name) ?? onStrictFaces(each),
  ]),
);
