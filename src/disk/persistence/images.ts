/**
 * Every distinct image of a space, those that differ least from what programs saw first: in the frame (how far metadata got), in
 * one file's size, one page, one attribute; then in two such things; and so on. Images are told apart by the hash of their tree.
 * Lazy: whoever wants ten pays for ten.
 */
import type { Chain } from './chain.ts';
import { combinations, type Pick } from './combinations.ts';
import type { FileHistory } from './file-history.ts';
import type { SizeOption } from './file-sizes.ts';
import type { FileSpace } from './file-space.ts';
import { hashKey } from './hash.ts';
import type { FileChoice, ImageChoice } from './image-choice.ts';
import { ImageHasher } from './image-hash.ts';
import { sectorSizeBytes, sectorsPerPage, type PageVersion } from './page-content.ts';
import { pageSizeBytes } from '../page-store.ts';
import type { CrashSpace, Frame } from './profile.ts';

export interface DistinctImage {
  readonly choice: ImageChoice;
  /** Equal for equal trees. */
  readonly hash: string;
}

/** One thing in which an image can differ from its frame's newest. */
type Alternative =
  | { readonly kind: 'rest' }
  | { readonly kind: 'cuts'; readonly file: FileHistory; readonly cuts: number }
  | { readonly kind: 'size'; readonly file: FileHistory; readonly size: SizeOption }
  | { readonly kind: 'page'; readonly file: FileHistory; readonly page: number; readonly version: number }
  | {
      readonly kind: 'sector';
      readonly file: FileHistory;
      readonly page: number;
      readonly sector: number;
      readonly version: number;
    }
  | { readonly kind: 'attribute'; readonly chain: Chain<unknown>; readonly position: number };

export function* images(space: CrashSpace): Generator<DistinctImage> {
  const hasher = new ImageHasher(space.history);
  const seen = new Set<string>();
  const cache = new WeakMap<Frame, readonly (readonly Alternative[])[]>();
  const kept: Remembered<Frame>[] = [];
  const axesIn = (frame: Frame) => {
    const known = cache.get(frame);
    if (known !== undefined) return known;
    const axes = axesOf(frame, hasher, space);
    cache.set(frame, axes);
    return axes;
  };
  // A distance without a candidate: then there is nothing further out either.
  let isEmpty = false;
  for (let distance = 0; !isEmpty; distance++) {
    kept.push(new Remembered(space.frames(distance)));
    isEmpty = true;
    for (let frameDistance = 0; frameDistance <= distance; frameDistance++) {
      for (const frame of kept[frameDistance]!) {
        const count = distance - frameDistance;
        if (count === 0) isEmpty = false;
        const axes = count === 0 ? [] : axesIn(frame);
        if (axes.length >= count) isEmpty = false;
        for (const picks of combinations(axes, count)) {
          const choice = combine(frame, picks);
          if (choice === undefined) continue;
          const hash = hashKey(hasher.hash(choice));
          if (seen.has(hash)) continue;
          seen.add(hash);
          yield { choice, hash };
        }
      }
    }
  }
}

/** Can be gone through again and again, and is never ahead of whoever went furthest. */
class Remembered<Item> implements Iterable<Item> {
  readonly #items: Item[] = [];
  readonly #rest: Iterator<Item>;

  constructor(items: Iterable<Item>) {
    this.#rest = items[Symbol.iterator]();
  }

  *[Symbol.iterator](): Generator<Item> {
    for (let index = 0; ; index++) {
      if (index === this.#items.length) {
        const next = this.#rest.next();
        if (next.done === true) return;
        this.#items.push(next.value);
      }
      yield this.#items[index]!;
    }
  }
}

/** How many choices there are: at least as many as distinct images. Nothing is built. */
export function countChoices(space: CrashSpace): bigint {
  const hasher = new ImageHasher(space.history);
  let count = 0n;
  let frames = 0n;
  for (let distance = 0; distance < 2; distance++) {
    for (const frame of space.frames(distance)) {
      frames++;
      count += axesOf(frame, hasher, space)
        .filter(([first]) => first!.kind !== 'rest')
        .reduce((product, { length }) => product * BigInt(length + 1), 1n);
      if (frames === maxCountedFrames) break;
    }
  }
  // The frames that were not looked at are taken to be like those that were.
  return space.frameCount <= frames ? count : (count * space.frameCount) / frames;
}

const maxCountedFrames = 1000n;

function axesOf(frame: Frame, hasher: ImageHasher, space: CrashSpace): readonly (readonly Alternative[])[] {
  const coarse: Alternative[][] = [[{ kind: 'rest' }]];
  const fine: Alternative[][] = [];
  for (const ino of hasher.visible(frame)) {
    const inode = space.history.inodes.get(ino);
    if (inode === undefined) continue;
    for (const chain of [inode.mode, ...inode.xattrs.values()]) {
      const positions = frame.attributePositions(ino, chain).slice(0, -1);
      coarse.push(positions.reverse().map((position) => ({ kind: 'attribute', chain, position })));
    }
    if (inode.file === undefined) continue;
    const fileSpace = frame.file(inode.file);
    coarse.push(...fileAxes(fileSpace));
    if (fileSpace.tears) fine.push(...sectorAxes(fileSpace));
  }
  return [...coarse, ...fine].filter(({ length }) => length > 0);
}

function fileAxes(space: FileSpace): Alternative[][] {
  const { file, cuts, sizes } = space;
  const newestSize = sizes.at(-1)!;
  const axes: Alternative[][] = [
    sizes.slice(0, -1).map((size) => ({ kind: 'size', file, size })),
    cuts.slice(0, -1).map((each) => ({ kind: 'cuts', file, cuts: each })),
  ];
  for (const page of file.changedPages()) {
    const older = space.versions(page, newestSize).slice(0, -1).reverse();
    axes.push(older.map((version) => ({ kind: 'page', file, page, version })));
  }
  return axes;
}

function sectorAxes(space: FileSpace): Alternative[][] {
  const { file, sizes } = space;
  const axes: Alternative[][] = [];
  for (const page of file.changedPages()) {
    const older = space.versions(page, sizes.at(-1)!).slice(0, -1).reverse();
    if (older.length === 0) continue;
    const touched = touchedSectors(file, page);
    if (touched.length < 2) continue;
    for (const sector of touched)
      axes.push(older.map((version) => ({ kind: 'sector', file, page, sector, version })));
  }
  return axes;
}

function touchedSectors(file: FileHistory, page: number): readonly number[] {
  const origin = page * pageSizeBytes;
  const events = file.pageEvents(page).map((index) => file.events[index]!);
  return Array.from({ length: sectorsPerPage }, (_, sector) => sector).filter((sector) => {
    const from = origin + sector * sectorSizeBytes;
    return events.some(({ start, end }) => start < from + sectorSizeBytes && end > from);
  });
}

/** Undefined for two alternatives that exclude each other. */
function combine(frame: Frame, picks: readonly Pick<Alternative>[]): ImageChoice | undefined {
  const files = new Map<
    FileHistory,
    { cuts?: number; size?: SizeOption; pages?: Map<number, PageVersion> }
  >();
  const attributes = new Map<Chain<unknown>, number>();
  let rest: 'newest' | 'oldest' = 'newest';
  const of = (file: FileHistory) => {
    const known = files.get(file) ?? {};
    files.set(file, known);
    return known;
  };
  for (const { option } of picks) {
    if (option.kind === 'rest') rest = 'oldest';
    else if (option.kind === 'attribute') attributes.set(option.chain, option.position);
    else if (option.kind === 'cuts') of(option.file).cuts = option.cuts;
    else if (option.kind === 'size') of(option.file).size = option.size;
    else if (!addVersion(of(option.file), option, frame.file(option.file), rest)) return undefined;
  }
  for (const [file, choice] of files) if (!isAllowed(frame.file(file), choice)) return undefined;
  return { frame, rest, files, attributes };
}

function addVersion(
  choice: { pages?: Map<number, PageVersion>; size?: SizeOption },
  option: Extract<Alternative, { readonly kind: 'page' | 'sector' }>,
  space: FileSpace,
  rest: 'newest' | 'oldest',
): boolean {
  choice.pages ??= new Map();
  const known = choice.pages.get(option.page);
  if (option.kind === 'page') {
    choice.pages.set(option.page, option.version);
    return known === undefined;
  }
  // A torn page has sectors of two versions at least: whole pages were chosen before.
  const versions = space.versions(option.page, choice.size ?? space.sizes.at(-1)!);
  const whole = typeof known === 'number' ? known : rest === 'newest' ? versions.at(-1)! : versions[0]!;
  const sectors = typeof known === 'object' ? [...known] : new Array<number>(sectorsPerPage).fill(whole);
  sectors[option.sector] = option.version;
  choice.pages.set(option.page, sectors);
  return true;
}

/** The versions of a page may depend on the size that was chosen for its file. */
function isAllowed(space: FileSpace, choice: Partial<FileChoice>): boolean {
  const size = choice.size ?? space.sizes.at(-1)!;
  for (const [page, version] of choice.pages ?? []) {
    const allowed = space.versions(page, size);
    const versions = typeof version === 'number' ? [version] : version;
    if (!versions.every((each) => allowed.includes(each))) return false;
  }
  return true;
}
