/**
 * The images that were kept, by number, until somebody drops them: each with what its cut took, or how to find that out. A number is
 * never given twice.
 */
import type { Disk } from '../disk/disk.ts';
import type { LossDescription } from './loss-description.ts';
import { Refusal } from './refusal.ts';

export interface KeptImage {
  readonly disk: Disk;
  readonly description: LossDescription;
  /** The disk that it was cut from; undefined where the description is finished. */
  readonly before: Disk | undefined;
}

/** Each costs the pages in which it differs; a caller that never drops any must hear of it. */
const maxImages = 10_000;

export class KeptImages {
  readonly #images = new Map<number, KeptImage>();
  #lastNumber = 0;

  /** Returns its number, from 1. Refused when there are too many; then the image is given back. */
  keep(image: KeptImage): number {
    if (this.#images.size >= maxImages) {
      image.disk.release();
      throw new Refusal(`${maxImages} images are kept already: drop some`);
    }
    const number = ++this.#lastNumber;
    this.#images.set(number, image);
    return number;
  }

  find(number: number): KeptImage {
    const image = this.#images.get(number);
    if (image === undefined) throw new Refusal(`there is no image ${number}: it was dropped or never kept`);
    return image;
  }

  drop(number: number): void {
    this.find(number).disk.release();
    this.#images.delete(number);
  }
}
