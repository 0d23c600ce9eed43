/**
 * What of a file comes nearest to keeping some ops and no others: the size and, for each page, the newest version that shows
 * nothing of what is not to be kept; sector by sector where no whole version shows all that is to be.
 */
import { pageSizeBytes } from '../page-store.ts';
import { lastIndexAtOrBefore } from './chain.ts';
import type { DataEvent, FileHistory } from './file-history.ts';
import type { SizeOption } from './file-sizes.ts';
import type { FileSpace } from './file-space.ts';
import type { FileChoice } from './image-choice.ts';
import { sectorSizeBytes, sectorsPerPage, type PageVersion } from './page-content.ts';
import { indexAfter } from './sorted.ts';

export function fileKeeping(space: FileSpace, isKept: (op: number) => boolean): FileChoice {
  const { file, cuts } = space;
  const size = sizeKeeping(space, isKept);
  const pages = new Map<number, PageVersion>();
  for (const page of file.changedPages()) pages.set(page, pageKeeping(space, page, size, isKept));
  return { size, cuts: cuts.findLast((op) => op === 0 || isKept(op)) ?? cuts[0]!, pages };
}

/** A write of which later ones left nothing to see: whether it was kept cannot be told. */
export function isOverwritten(
  file: FileHistory,
  chosen: FileChoice['pages'] | undefined,
  op: number,
): boolean {
  const event = file.eventOf(op);
  if (event === undefined) return true;
  for (let page = Math.floor(event.start / pageSizeBytes); page * pageSizeBytes < event.end; page++) {
    const version = chosen?.get(page);
    const indices = file.pageEvents(page);
    const place = indexAfter(indices, lastIndexAtOrBefore(file.events, op)) - 1;
    const next = indices[coveredAt(file, indices, place, rangeOf(page))];
    if (next === undefined) return false;
    if (typeof version === 'number' && file.events[next]!.op > version) return false;
  }
  return true;
}

/** The size that the last op gave of those that are kept; where it cannot be alone, that of the last of them that can. */
function sizeKeeping({ file, sizes }: FileSpace, isKept: (op: number) => boolean): SizeOption {
  const wanted = file.sizes.findLast(({ op }) => isKept(op))?.after ?? file.baseSize;
  let best: SizeOption | undefined;
  for (const option of sizes) {
    if (option.op !== 0 && !isKept(option.op)) continue;
    if (option.size === wanted) return option;
    if (best === undefined || option.op >= best.op) best = option;
  }
  return best ?? sizes[0]!;
}

function pageKeeping(
  space: FileSpace,
  page: number,
  size: SizeOption,
  isKept: (op: number) => boolean,
): PageVersion {
  const { file } = space;
  const options = space.versions(page, size);
  // Sectors past the size do not show.
  const { start, end } = rangeOf(page);
  const shownEnd = Math.ceil(size.size / sectorSizeBytes) * sectorSizeBytes;
  const seen = { start, end: Math.min(end, shownEnd) };
  const whole = versionKeeping(file, page, options, isKept, seen) ?? options[0]!;
  if (!space.tears || whole === options.at(-1)) return whole;
  const isAllThere = file.pageEvents(page).every((index) => {
    const { op } = file.events[index]!;
    return op <= whole || !isKept(op);
  });
  if (isAllThere) return whole;
  return Array.from({ length: sectorsPerPage }, (_, sector) => {
    const from = start + sector * sectorSizeBytes;
    const range = { start: from, end: Math.min(from + sectorSizeBytes, shownEnd) };
    return versionKeeping(file, page, options, isKept, range) ?? whole;
  });
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function rangeOf(page: number): Range {
  return { start: page * pageSizeBytes, end: (page + 1) * pageSizeBytes };
}

/** The newest version that shows nothing, in a range of the page, of an op that is not to be kept. */
function versionKeeping(
  file: FileHistory,
  page: number,
  options: readonly number[],
  isKept: (op: number) => boolean,
  range: Range,
): number | undefined {
  const indices = file.pageEvents(page);
  // How many events show themselves beyond each place of the list, as differences.
  const shown = new Int32Array(indices.length + 1);
  for (let place = 0; place < indices.length; place++) {
    const event = file.events[indices[place]!]!;
    if (isKept(event.op) || event.end <= range.start || event.start >= range.end) continue;
    shown[place]!++;
    shown[coveredAt(file, indices, place, range)]!--;
  }
  for (let place = 1; place < indices.length; place++) shown[place]! += shown[place - 1]!;
  let place = indices.length - 1;
  return options.findLast((version) => {
    while (place >= 0 && file.events[indices[place]!]!.op > version) place--;
    return place < 0 || shown[place] === 0;
  });
}

/** The place in the list of the first later event that leaves nothing of this one to see in the range; its length for none. */
function coveredAt(file: FileHistory, indices: readonly number[], place: number, range: Range): number {
  const event = file.events[indices[place]!]!;
  let next = place + 1;
  while (next < indices.length && !covers(file.events[indices[next]!]!, event, range)) next++;
  return next;
}

function covers(later: DataEvent, earlier: DataEvent, range: Range): boolean {
  return later.start <= Math.max(earlier.start, range.start) && later.end >= Math.min(earlier.end, range.end);
}
