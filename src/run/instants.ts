/**
 * The instants of cuts that showed something, kept for the end of the run: of each, the images that the same choice leaves under
 * the other profiles. Taken while the disk still has the instant; nothing of the trial waits for them to be looked at.
 */
import { createHash } from 'node:crypto';
import type { DiskControl, Loss } from '../mount/control.ts';
import { isLoss, type CutFacts } from './cut-facts.ts';
import { isRealFileSystem, realProfiles } from '../report/profiles.ts';

/** A target that fails at every cut says the same for ever, and each image is booted. */
const maxInstants = 8;

export interface Instant {
  /** Without what it dropped: that is told with the findings. */
  readonly fault: CutFacts;
  readonly boot: number;
  readonly variants: readonly Variant[];
}

/** The instant under another profile. */
export type Variant =
  | {
      readonly profile: string;
      readonly kind: 'image';
      readonly image: number;
      readonly key: string | undefined;
    }
  /** The very image that the run went on from. */
  | { readonly profile: string; readonly kind: 'own' }
  | { readonly profile: string; readonly kind: 'refused'; readonly why: string };

export class Instants {
  readonly list: Instant[] = [];
  readonly profiles: readonly string[];
  readonly #disk: Pick<DiskControl, 'request'>;

  constructor(disk: Pick<DiskControl, 'request'>, ownProfile: string) {
    this.#disk = disk;
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
    const own = keyOf(fault);
    const variants: Variant[] = [];
    for (const profile of this.profiles) variants.push(await this.#variant(profile, fault, own));
    this.list.push({ fault: { ...fault, files: [], ops: [] }, boot, variants });
    return undefined;
  }

  async #variant(profile: string, { choice }: CutFacts, own: string | undefined): Promise<Variant> {
    try {
      const { image, ...loss } = await this.#disk.request('cut-image', {
        profile,
        choice: choice ?? 'lose-all',
      });
      const key = keyOf(loss);
      if (key === undefined || key !== own) return { profile, kind: 'image', image, key };
      await this.#disk.request('drop-image', { image });
      return { profile, kind: 'own' };
    } catch (error) {
      return { profile, kind: 'refused', why: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** Under which the findings of a run are tried: those of real file systems first, for they decide. */
export function profilesBeside(own: string): readonly string[] {
  // A real file system can be cut by its own rules only.
  return isRealFileSystem(own) ? [] : [...realProfiles, 'strict'].filter((profile) => profile !== own);
}

/** Equal for losses that leave the same image; absent where that cannot be told from the ops alone. */
function keyOf({ ops, opCount, torn = [] }: Pick<Loss, 'ops' | 'opCount' | 'torn'>): string | undefined {
  if (ops.length < opCount || torn.length > 0) return undefined;
  return createHash('sha256')
    .update(ops.map(({ number }) => number).join())
    .digest('base64');
}
