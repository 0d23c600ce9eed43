/** The bytes of a page by its version: built at most once for each, never copied where one write covers the page. */
import { pageSizeBytes } from '../page-store.ts';
import { isWholeCut, type DataEvent, type FileHistory } from './file-history.ts';

export const sectorSizeBytes = 512;
export const sectorsPerPage = pageSizeBytes / sectorSizeBytes;

/** One version of the whole page, or one for each of its sectors. */
export type PageVersion = number | readonly number[];

const zeros = new Uint8Array(pageSizeBytes);

/** `undefined` for a hole, or a page of zeros nobody wrote. */
export function pageContent(
  file: FileHistory,
  page: number,
  version: PageVersion,
  cuts: number,
): Uint8Array | undefined {
  if (typeof version === 'number') return wholePage(file, page, version, cuts);
  const torn = new Uint8Array(pageSizeBytes);
  for (const [sector, each] of version.entries()) {
    const from = sector * sectorSizeBytes;
    const bytes = wholePage(file, page, each, cuts);
    if (bytes !== undefined) torn.set(bytes.subarray(from, from + sectorSizeBytes), from);
  }
  return torn;
}

function wholePage(file: FileHistory, page: number, version: number, cuts: number): Uint8Array | undefined {
  const applied: DataEvent[] = [];
  let base = file.basePages.get(page);
  for (const index of file.pageEvents(page)) {
    const event = file.events[index]!;
    const isMask = event.isTruncation === true || isWholeCut(event, page);
    if (event.op > version && !(isMask && event.op <= cuts)) continue;
    if (isWholeCut(event, page)) base = undefined;
    if (coversPage(event, page)) applied.length = 0;
    applied.push(event);
  }
  const last = applied.at(-1);
  if (last === undefined) return base;
  if (applied.length === 1 && coversPage(last, page)) return last.isCut ? undefined : pageOf(last, page);
  const bytes = (base ?? zeros).slice();
  for (const event of applied) apply(bytes, event, page);
  return bytes;
}

function coversPage({ start, end }: DataEvent, page: number): boolean {
  return start <= page * pageSizeBytes && end >= (page + 1) * pageSizeBytes;
}

function pageOf({ data, start }: DataEvent, page: number): Uint8Array {
  const from = page * pageSizeBytes - start;
  return data!.subarray(from, from + pageSizeBytes);
}

function apply(bytes: Uint8Array, { start, end, data }: DataEvent, page: number): void {
  const origin = page * pageSizeBytes;
  const from = Math.max(start, origin);
  const to = Math.min(end, origin + pageSizeBytes);
  if (data === undefined) bytes.fill(0, from - origin, to - origin);
  else bytes.set(data.subarray(from - start, to - start), from - origin);
}
