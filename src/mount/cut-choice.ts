/** What a cut of a disk leaves and takes by a profile and a choice, whichever of the disk's two ways of knowing it serves. */
import type { Disk } from '../disk/disk.ts';
import type { Profile } from '../disk/profiles/profile.ts';
import type { NumberedSelection } from '../disk/recording/chosen-cut.ts';
import type { Selection } from './control.ts';
import { LossDescription } from './loss-description.ts';
import { Refusal } from './refusal.ts';

export interface Cut {
  readonly image: Disk;
  /** Of the disk, and of the image, which must both stay as they are until it is finished. */
  readonly description: LossDescription;
  /** What was taken is all that was un-synced. */
  readonly isOfFaces: boolean;
}

/** The two faces know what `strict` and `lazyfs` lose, and what a kill leaves; for all else the log is asked. */
export function cutBy(disk: Disk, profile: Profile, choice: Selection, timeMs: number): Cut {
  if (choice === 'keep-all' || (choice === 'lose-all' && isFacesOf(disk.profile, profile))) {
    const description = new LossDescription(() => disk.lossInSteps(choice, timeMs));
    return { image: disk.crashImage(choice), description, isOfFaces: true };
  }
  const cut = disk.cut(profile.persistence, numbered(choice));
  if ('refused' in cut) throw new Refusal(`cannot cut: ${cut.refused}`);
  return { image: cut.image, description: new LossDescription(cut.loss), isOfFaces: false };
}

function isFacesOf(faces: Profile, { name, names }: Profile): boolean {
  return names === faces.names && (name === 'strict' || name === 'lazyfs');
}

function numbered(choice: Selection): NumberedSelection {
  if (typeof choice === 'string') return { kind: choice };
  switch (choice.kind) {
    case 'drop':
    case 'keep':
      return { kind: choice.kind, ops: new Set(choice.ops) };
    case 'torn':
      return { ...choice, sectors: new Set(choice.sectors) };
    case 'random':
    case 'prefix':
      return choice;
  }
}
