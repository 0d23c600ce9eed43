/**
 * The bytes of files, in both faces: reading, writing, cutting off, punching holes, and moving un-synced pages to the
 * durable face or back. Each function costs the pages it touches, never the size of the file.
 *
 * Invariant: off the pages in `inode.dirty` the two faces name the same pages.
 */
import type { DirtyRanges } from './dirty-ranges.ts';
import { EFBIG, EINVAL, ENOSPC, type Errno } from './errno.ts';
import type { Face } from './face.ts';
import type { Inode } from './inode.ts';
import { chunkPages } from './page-chunks.ts';
import { noPages } from './page-map.ts';
import { hole, pageSizeBytes, type PageStore } from './page-store.ts';

/** ext4's own limit, a page less than 16 TiB. */
export const maxFileSizeBytes = 2 ** 44 - pageSizeBytes;

/**
 * Pages from the beginning of a file that are kept as far as they were written; beyond them whole ones save the copies of
 * pieces that grow, and the difference is small against the file.
 */
const compactPages = 16;

/** From here on whole pages are read and written together, at a third of the cost for each. Fewer are not worth the detour. */
const runPages = 4;

/** lseek: no more data after this offset. Linux: ENXIO. */
const ENXIO = -6;

export function readInto(
  store: PageStore,
  inode: Inode,
  offset: number,
  target: Uint8Array,
  targetOffset: number,
  length: number,
): number {
  const end = Math.min(offset + length, inode.volatile.size);
  let position = offset;
  while (position < end) {
    const inPage = position % pageSizeBytes;
    if (inPage === 0 && end - position >= runPages * pageSizeBytes) {
      const pages = new Int32Array(Math.floor((end - position) / pageSizeBytes));
      inode.volatile.pages.copyRun(position / pageSizeBytes, pages);
      store.copyRunOut(pages, target, targetOffset + position - offset);
      position += pages.length * pageSizeBytes;
      continue;
    }
    const step = Math.min(pageSizeBytes - inPage, end - position);
    const page = inode.volatile.pages.get(Math.floor(position / pageSizeBytes));
    store.copyOut(page, inPage, target, targetOffset + position - offset, step);
    position += step;
  }
  return Math.max(0, end - offset);
}

/** Writes what fits: a short count when the disk or the file fills up, ENOSPC or EFBIG when nothing fitted. */
export function writeBytes(
  store: PageStore,
  inode: Inode,
  offset: number,
  bytes: Uint8Array,
  beyondLimit = false,
): number | Errno {
  if (bytes.length === 0) return 0;
  if (offset >= maxFileSizeBytes) return EFBIG;
  const length = Math.min(bytes.length, maxFileSizeBytes - offset);
  let done = 0;
  while (done < length) {
    const position = offset + done;
    const inPage = position % pageSizeBytes;
    if (inPage === 0 && length - done >= runPages * pageSizeBytes) {
      const count = Math.floor((length - done) / pageSizeBytes);
      if (writeRun(store, inode, position / pageSizeBytes, count, bytes, done)) {
        done += count * pageSizeBytes;
        continue;
      }
    }
    const step = Math.min(pageSizeBytes - inPage, length - done);
    const index = Math.floor(position / pageSizeBytes);
    const page = writablePage(store, inode, index, { from: inPage, to: inPage + step, beyondLimit });
    if (page === hole) break;
    store.copyIn(page, inPage, bytes, done, step);
    inode.addDirty(index, inPage, inPage + step);
    done += step;
  }
  if (done === 0) return ENOSPC;
  inode.volatile.size = Math.max(inode.volatile.size, offset + done);
  return done;
}

/**
 * `count` whole pages at once, in pages of their own; false where there is no room for them all, and nothing happened. Pages that could
 * be written in place are given back, which costs no more than to write there.
 */
function writeRun(
  store: PageStore,
  inode: Inode,
  first: number,
  count: number,
  bytes: Uint8Array,
  from: number,
): boolean {
  const pages = new Int32Array(count);
  if (!store.allocateRun(pages)) return false;
  store.copyRunIn(pages, bytes, from);
  inode.volatile.ownPages().putRun(store, first, pages);
  inode.ownDirty().addWhole(first, count);
  return true;
}

/** Sets the size; bytes beyond an earlier end read as zeros. */
export function truncate(store: PageStore, inode: Inode, size: number): 0 | Errno {
  if (size > maxFileSizeBytes) return EFBIG;
  if (size < inode.volatile.size) {
    // To the end of its last page, of which nothing is left to keep.
    const end = Math.ceil(inode.volatile.size / pageSizeBytes) * pageSizeBytes;
    punch(store, inode, size, end - size);
  }
  inode.volatile.size = size;
  return 0;
}

/** Makes [offset, offset + length) read as zeros, whole pages as holes. */
export function punch(store: PageStore, inode: Inode, offset: number, length: number): void {
  const end = offset + length;
  const first = Math.floor(offset / pageSizeBytes);
  const last = Math.floor(end / pageSizeBytes);
  const inFirst = offset % pageSizeBytes;
  const inLast = end % pageSizeBytes;
  if (first === last) {
    zeroInPage(store, inode, first, inFirst, inLast);
    return;
  }
  if (inFirst > 0) zeroInPage(store, inode, first, inFirst, pageSizeBytes);
  if (inLast > 0) zeroInPage(store, inode, last, 0, inLast);
  const from = inFirst > 0 ? first + 1 : first;
  for (const index of inode.volatile.pages.indexes(from, last))
    inode.ownDirty().forget(index, 0, pageSizeBytes);
  if (inode.volatile.pages !== noPages) inode.volatile.pages.clear(store, from, last);
}

/** lseek(2) SEEK_DATA (3) and SEEK_HOLE (4), at page granularity. */
export function seek(inode: Inode, offset: number, whence: number): number | Errno {
  if (offset < 0 || offset >= inode.volatile.size) return ENXIO;
  const pages = inode.volatile.pages;
  const first = Math.floor(offset / pageSizeBytes);
  if (whence === 3) {
    const data = pages.nextData(first);
    if (data === undefined) return ENXIO;
    return data === first ? offset : data * pageSizeBytes;
  }
  if (whence !== 4) return EINVAL;
  let index = first;
  while (pages.get(index) !== hole) index++;
  const at = index === first ? offset : index * pageSizeBytes;
  return Math.min(at, inode.volatile.size);
}

/** A data barrier: the durable face takes over every un-synced page, and the size. */
export function syncData(store: PageStore, inode: Inode): void {
  const durable = inode.ownDurable(store);
  moveDirtyPages(store, inode, inode.volatile, durable);
  durable.size = inode.volatile.size;
}

/** The cut: the volatile face goes back to what is durable. */
export function revertData(store: PageStore, inode: Inode): void {
  if (inode.durable.pages.count === 0) dropPages(store, inode);
  else moveDirtyPages(store, inode, inode.durable, inode.volatile);
  inode.volatile.size = inode.durable.size;
}

/** Of a file that has none in the durable face: at once, not one by one. */
function dropPages(store: PageStore, inode: Inode): void {
  inode.volatile.releasePages(store);
  inode.clearDirty();
}

function moveDirtyPages(store: PageStore, inode: Inode, from: Face, to: Face): void {
  const { dirty } = inode;
  dirty.forEachPage((index) => {
    if (to.pages.sharesChunk(from.pages, index)) return;
    if (isDense(dirty, index)) {
      to.ownPages().shareChunk(store, from.pages, index);
      return;
    }
    const page = from.pages.get(index);
    if (page === to.pages.get(index)) return;
    store.retain(page);
    to.ownPages().put(store, index, page);
  });
  inode.clearDirty();
}

/** A guess, and only about what is faster: whether most pages around this one are un-synced, so that faces had better share them all. */
function isDense(dirty: DirtyRanges, index: number): boolean {
  if (index === 0 || dirty.pageCount < chunkPages) return false;
  const start = index - (index % chunkPages);
  return dirty.has(start + 1) && dirty.has(start + chunkPages / 2) && dirty.has(start + chunkPages - 1);
}

/** Part of a page as zeros. Needs a page of its own where faces share one: freeing space must not fail for want of it. */
function zeroInPage(store: PageStore, inode: Inode, index: number, from: number, to: number): void {
  const old = inode.volatile.pages.get(index);
  if (from === to || old === hole) return;
  // Beyond what the page keeps there are zeros already.
  const end = Math.min(to, store.sizeOf(old));
  if (from < end) {
    const page = writablePage(store, inode, index, { from, to: end, beyondLimit: true });
    store.zero(page, from, end);
  }
  inode.ownDirty().forget(index, from, to);
}

/** A page of the volatile face of which bytes [from, to) may be written in place. `hole` when the store is full. */
function writablePage(
  store: PageStore,
  inode: Inode,
  index: number,
  { from, to, beyondLimit }: { from: number; to: number; beyondLimit: boolean },
): number {
  const { pages } = inode.volatile;
  const own = pages.writable(store, index, to);
  if (own !== hole) return own;
  const isWhole = from === 0 && to === pageSizeBytes;
  const sizeBytes = index < compactPages ? to : pageSizeBytes;
  const page = isWhole
    ? store.allocate(pageSizeBytes, beyondLimit)
    : store.allocateCopy(pages.get(index), sizeBytes, beyondLimit);
  if (page !== hole) inode.volatile.ownPages().put(store, index, page);
  return page;
}
