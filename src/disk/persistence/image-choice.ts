/** One point in a space of images: a frame, and for each file and attribute the option taken. Pure data. */
import type { Chain } from './chain.ts';
import type { FileHistory } from './file-history.ts';
import type { SizeOption } from './file-sizes.ts';
import type { FileSpace } from './file-space.ts';
import type { PageVersion } from './page-content.ts';
import type { Frame } from './profile.ts';

export interface FileChoice {
  readonly cuts: number;
  readonly size: SizeOption;
  readonly pages: ReadonlyMap<number, PageVersion>;
}

export interface ImageChoice {
  readonly frame: Frame;
  /** For whatever is not named below: the newest that the frame allows, or the oldest. */
  readonly rest: 'newest' | 'oldest';
  readonly files: ReadonlyMap<FileHistory, Partial<FileChoice>>;
  readonly attributes: ReadonlyMap<Chain<unknown>, number>;
}

export const nothingChosen = { files: new Map(), attributes: new Map() } as const;

export function cutsOf(choice: ImageChoice, space: FileSpace): number {
  return choice.files.get(space.file)?.cuts ?? end(choice.rest, space.cuts);
}

export function sizeOf(choice: ImageChoice, space: FileSpace): SizeOption {
  return choice.files.get(space.file)?.size ?? end(choice.rest, space.sizes);
}

export function versionOf(
  choice: ImageChoice,
  space: FileSpace,
  page: number,
  size: SizeOption,
): PageVersion {
  return choice.files.get(space.file)?.pages?.get(page) ?? end(choice.rest, space.versions(page, size));
}

export function attributePositionOf(choice: ImageChoice, ino: number, chain: Chain<unknown>): number {
  return choice.attributes.get(chain) ?? end(choice.rest, choice.frame.attributePositions(ino, chain));
}

function end<Option>(rest: 'newest' | 'oldest', options: readonly Option[]): Option {
  const option = rest === 'newest' ? options.at(-1) : options[0];
  if (option === undefined) throw new Error('every cell of a disk has an option');
  return option;
}
