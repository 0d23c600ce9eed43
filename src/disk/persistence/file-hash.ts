/**
 * The hash of what one file of an image holds: a sum over its pages, and its size. Content is hashed once for each version of a
 * page; images that differ in a few pages, or in the size, cost those alone.
 */
import { pageSizeBytes } from '../page-store.ts';
import type { FileHistory } from './file-history.ts';
import type { SizeOption } from './file-sizes.ts';
import type { FileSpace } from './file-space.ts';
import { hashBytes, hashNumber, minus, mix, plus, zeroHash, type Hash } from './hash.ts';
import { cutsOf, sizeOf, versionOf, type ImageChoice } from './image-choice.ts';
import { pageContent, type PageVersion } from './page-content.ts';
import { indexAfter } from './sorted.ts';

export class FileHasher {
  readonly #file: FileHistory;
  readonly #pages = new Map<string, Hash>();
  /** Pages that no op changed, sorted, and the sums of the hashes of those before each. */
  readonly #unchanged: readonly number[];
  readonly #unchangedSums: readonly Hash[];
  /** With the newest version of each page, by size and cuts. */
  readonly #newest = new WeakMap<FileSpace, Map<string, Hash>>();

  constructor(file: FileHistory) {
    this.#file = file;
    this.#unchanged = [...file.basePages.keys()]
      .filter((page) => !file.isChanged(page))
      .sort((a, b) => a - b);
    const sums = [zeroHash];
    for (const page of this.#unchanged)
      sums.push(plus(sums.at(-1)!, hashPage(page, file.basePages.get(page), file.baseSize)));
    this.#unchangedSums = sums;
  }

  hash(choice: ImageChoice): Hash {
    const space = choice.frame.file(this.#file);
    const size = sizeOf(choice, space);
    const cuts = cutsOf(choice, space);
    const chosen = choice.files.get(this.#file)?.pages;
    // Where most is another one than the newest, the differences are more than the whole.
    if (choice.rest === 'oldest' || 2 * (chosen?.size ?? 0) > this.#file.changedPageCount)
      return this.#sum(space, choice, size, cuts);
    const newest = this.#newestOf(choice, space, size, cuts);
    if (chosen === undefined) return newest;
    let sum = newest;
    for (const [page, version] of chosen) {
      sum = minus(sum, this.#page(page, space.versions(page, size).at(-1)!, cuts, size.size));
      sum = plus(sum, this.#page(page, version, cuts, size.size));
    }
    return sum;
  }

  #newestOf({ frame }: ImageChoice, space: FileSpace, size: SizeOption, cuts: number): Hash {
    let known = this.#newest.get(space);
    if (known === undefined) this.#newest.set(space, (known = new Map()));
    const key = `${size.size} ${size.op} ${cuts}`;
    let hash = known.get(key);
    if (hash !== undefined) return hash;
    const top = space.sizes.at(-1)!;
    const newest: ImageChoice = { frame, rest: 'newest', files: new Map(), attributes: new Map() };
    hash =
      size === top || cuts !== space.cuts.at(-1)!
        ? this.#sum(space, newest, size, cuts)
        : this.#resized(this.#newestOf(newest, space, top, cuts), space, top, size, cuts);
    known.set(key, hash);
    return hash;
  }

  /** Only pages from the lesser end on look different (FileSpace.versions). */
  #resized(sum: Hash, space: FileSpace, from: SizeOption, to: SizeOption, cuts: number): Hash {
    const first = Math.max(0, Math.ceil(Math.min(from.size, to.size) / pageSizeBytes) - 1);
    const last = Math.ceil(Math.max(from.size, to.size) / pageSizeBytes);
    let result = plus(minus(sum, this.#unchangedSum(from.size)), this.#unchangedSum(to.size));
    result = plus(minus(result, hashNumber(from.size)), hashNumber(to.size));
    for (const page of this.#changedPages(first, last)) {
      for (const [size, combine] of [
        [from, minus],
        [to, plus],
      ] as const)
        result = combine(result, this.#page(page, space.versions(page, size).at(-1)!, cuts, size.size));
    }
    return result;
  }

  *#changedPages(first: number, last: number): Generator<number> {
    const file = this.#file;
    if (last - first < file.changedPageCount) {
      for (let page = first; page < last; page++) if (file.isChanged(page)) yield page;
    } else {
      for (const page of file.changedPages()) if (page >= first && page < last) yield page;
    }
  }

  #sum(space: FileSpace, choice: ImageChoice, size: SizeOption, cuts: number): Hash {
    let sum = plus(hashNumber(size.size), this.#unchangedSum(size.size));
    for (const page of this.#file.changedPages())
      sum = plus(sum, this.#page(page, versionOf(choice, space, page, size), cuts, size.size));
    return sum;
  }

  #unchangedSum(size: number): Hash {
    const pages = this.#unchanged;
    const whole = indexAfter(pages, Math.floor(size / pageSizeBytes) - 1);
    const next = pages[whole];
    const sum = this.#unchangedSums[whole]!;
    return next === undefined ? sum : plus(sum, hashPage(next, this.#file.basePages.get(next), size));
  }

  #page(page: number, version: PageVersion, cuts: number, size: number): Hash {
    const length = Math.min(pageSizeBytes, size - page * pageSizeBytes);
    if (length <= 0) return zeroHash;
    const isWhole = typeof version === 'number';
    const key = `${page} ${isWhole ? version : version.join()} ${lastCut(this.#file, page, cuts)} ${length}`;
    let hash = this.#pages.get(key);
    if (hash !== undefined) return hash;
    hash = hashPage(page, pageContent(this.#file, page, version, cuts), size);
    this.#pages.set(key, hash);
    return hash;
  }
}

/** Nothing of a hole, of zeros, and of what lies past the size. */
export function hashPage(page: number, bytes: Uint8Array | undefined, size: number): Hash {
  const content = bytes === undefined ? zeroHash : hashBytes(bytes, size - page * pageSizeBytes);
  return content === zeroHash ? zeroHash : mix(content, hashNumber(page));
}

/** What the cuts mean for one page: content is the same between two of them. */
function lastCut(file: FileHistory, page: number, cuts: number): number {
  let last = 0;
  for (const index of file.pageEvents(page)) {
    const { op, isCut } = file.events[index]!;
    if (isCut && op <= cuts) last = op;
  }
  return last;
}
