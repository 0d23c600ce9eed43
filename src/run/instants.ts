/**
 * The instants of cuts that showed something, kept for the end of the run: of each, the images that the same choice leaves under
 * the other profiles. Taken while the disk still has the instant; nothing of the trial waits for them to be looked at.
 */
import type { DiskControl } from '../mount/control.ts';
import { isLoss, type CutFacts } from './cut-facts.ts';
import { isRealFileSystem, realProfiles } from '../report/profiles.ts';

/** A target that fails at every cut says the same for ever, and each image is booted. */
const maxInstants = 8;

export interface Instant {
  /** Without what it dropped: that is told with the findings. */
  readonly fault: CutFacts;
  readonly boot: number;
  /** What the run itself went on from, once more: those that are the same need not be looked at. */
  readonly own: Variant;
  readonly variants: readonly Variant[];
}

/** The instant under another profile: an image that the disk keeps, or why there is none. */
export type Variant =
  | { readonly profile: string; readonly image: number }
  | { readonly profile: string; readonly refused: string };

export class Instants {
  readonly list: Instant[] = [];
  readonly profiles: readonly string[];
  readonly #disk: Pick<DiskControl, 'request'>;
  readonly #ownProfile: string;

  constructor(disk: Pick<DiskControl, 'request'>, ownProfile: string) {
    this.#disk = disk;
    this.#ownProfile = ownProfile;
    this.profiles = profilesBeside(ownProfile);
  }

  /** Keeps the instant of a fault that showed something; or says in a clause why it cannot be tried elsewhere. */
  async keep(fault: CutFacts | undefined, boot: number): Promise<string | undefined> {
    if (fault === undefined || !isLoss(fault)) return 'nothing was taken from the disk';
    if (this.list.some((instant) => instant.fault.number === fault.number)) return undefined;
    if (fault.image === undefined) return 'it showed only when its cut was over';
    if (fault.isSecond === true) return 'it came of two cuts, of which only the second could be tried';
    if (this.list.length >= maxInstants)
      return `only the first ${maxInstants} cuts that showed something are tried`;
    const variants: Variant[] = [];
    for (const profile of this.profiles) variants.push(await this.#variant(profile, fault));
    const own = await this.#variant(this.#ownProfile, fault);
    this.list.push({ fault: { ...fault, files: [], ops: [] }, boot, own, variants });
    return undefined;
  }

  /** What the cut of this number was asked to keep, where its instant is kept. */
  choiceAt(cut: number): CutFacts['choice'] {
    return this.list.find(({ fault }) => fault.number === cut)?.fault.choice;
  }

  async #variant(profile: string, { choice = 'lose-all' }: CutFacts): Promise<Variant> {
    try {
      return { profile, image: (await this.#disk.request('cut-image', { profile, choice })).image };
    } catch (error) {
      return { profile, refused: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** Under which the findings of a run are tried: those of real file systems first, for they decide. */
export function profilesBeside(own: string): readonly string[] {
  // A real file system can be cut by its own rules only.
  return isRealFileSystem(own) ? [] : [...realProfiles, 'strict'].filter((profile) => profile !== own);
}
