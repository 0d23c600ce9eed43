/**
 * The bytes of files, in both faces: reading, writing, cutting off, punching holes, and moving un-synced pages to the
 * durable face or back. Each function costs the pages it touches, never the size of the file.
 *
 * Invariant: off the pages in `inode.dirty` the two faces name the same pages.
 */
import { EFBIG, EINVAL, ENOSPC, type Errno } from './errno.ts';
import type { Inode } from './inode.ts';
import { hole, pageSizeBytes, type PageStore } from './page-store.ts';

/** 2^53 keeps every offset exact in a double; ext4's own limit is 16 TiB. */
export const maxFileSizeBytes = 2 ** 44;

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
    const step = Math.min(pageSizeBytes - inPage, end - position);
    const page = inode.volatile.pages.get(Math.floor(position / pageSizeBytes));
    store.copyOut(page, inPage, target, targetOffset + position - offset, step);
    position += step;
  }
  return Math.max(0, end - offset);
}

/** Writes what fits: a short count when the disk fills up, ENOSPC when nothing fitted. */
export function writeBytes(
  store: PageStore,
  inode: Inode,
  offset: number,
  bytes: Uint8Array,
): number | Errno {
  if (offset + bytes.length > maxFileSizeBytes) return EFBIG;
  let done = 0;
  while (done < bytes.length) {
    const position = offset + done;
    const inPage = position % pageSizeBytes;
    const step = Math.min(pageSizeBytes - inPage, bytes.length - done);
    const index = Math.floor(position / pageSizeBytes);
    const page =
      step === pageSizeBytes ? replacePage(store, inode, index) : writablePage(store, inode, index);
    if (page === hole) break;
    store.copyIn(page, inPage, bytes, done, step);
    inode.dirty.add(index, inPage, inPage + step);
    done += step;
  }
  if (done === 0 && bytes.length > 0) return ENOSPC;
  inode.volatile.size = Math.max(inode.volatile.size, offset + done);
  return done;
}

/** Sets the size; bytes beyond an earlier end read as zeros. */
export function truncate(store: PageStore, inode: Inode, size: number): 0 | Errno {
  if (size > maxFileSizeBytes) return EFBIG;
  if (size < inode.volatile.size) {
    const result = punch(store, inode, size, inode.volatile.size - size, true);
    if (result !== 0) return result;
  }
  inode.volatile.size = size;
  return 0;
}

/** Makes [offset, offset + length) read as zeros, whole pages as holes. `toEnd`: the last page is dropped whole. */
export function punch(
  store: PageStore,
  inode: Inode,
  offset: number,
  length: number,
  toEnd = false,
): 0 | Errno {
  const end = offset + length;
  const firstWhole = Math.ceil(offset / pageSizeBytes);
  const endWhole = toEnd ? Math.ceil(end / pageSizeBytes) : Math.floor(end / pageSizeBytes);
  const edges: [index: number, from: number, to: number][] = [];
  if (firstWhole > endWhole) {
    edges.push([firstWhole - 1, offset % pageSizeBytes, end % pageSizeBytes]);
  } else {
    if (offset % pageSizeBytes !== 0) edges.push([firstWhole - 1, offset % pageSizeBytes, pageSizeBytes]);
    if (endWhole * pageSizeBytes < end) edges.push([endWhole, 0, end % pageSizeBytes]);
  }
  for (const [index, from, to] of edges) {
    if (inode.volatile.pages.get(index) === hole) continue;
    const page = writablePage(store, inode, index);
    if (page === hole) return ENOSPC;
    store.zero(page, from, to);
    inode.dirty.forget(index, from, to);
  }
  for (const index of [...inode.volatile.pages.indexes(firstWhole)]) {
    if (index >= endWhole) continue;
    store.release(inode.volatile.pages.get(index));
    inode.volatile.pages.set(index, hole);
    inode.dirty.forget(index, 0, pageSizeBytes);
  }
  return 0;
}

/** lseek(2) SEEK_DATA (3) and SEEK_HOLE (4), at page granularity. */
export function seek(inode: Inode, offset: number, whence: number): number | Errno {
  if (offset < 0 || offset >= inode.volatile.size) return ENXIO;
  const pages = inode.volatile.pages;
  const first = Math.floor(offset / pageSizeBytes);
  if (whence === 3) {
    const data = pages.nextData(first);
    if (data === undefined || data * pageSizeBytes >= inode.volatile.size) return ENXIO;
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
  moveDirtyPages(store, inode, inode.volatile.pages, inode.durable.pages);
  inode.durable.size = inode.volatile.size;
}

/** The cut: the volatile face goes back to what is durable. */
export function revertData(store: PageStore, inode: Inode): void {
  moveDirtyPages(store, inode, inode.durable.pages, inode.volatile.pages);
  inode.volatile.size = inode.durable.size;
}

function moveDirtyPages(
  store: PageStore,
  inode: Inode,
  from: Inode['volatile']['pages'],
  to: Inode['volatile']['pages'],
): void {
  for (const index of inode.dirty.pages()) {
    const page = from.get(index);
    const old = to.get(index);
    if (page === old) continue;
    store.retain(page);
    store.release(old);
    to.set(index, page);
  }
  inode.dirty.clear();
}

/** A page that will be overwritten whole: its old bytes are not copied. `hole` when the store is full. */
function replacePage(store: PageStore, inode: Inode, index: number): number {
  const old = inode.volatile.pages.get(index);
  if (old !== hole && !store.isShared(old)) return old;
  const page = store.allocate();
  if (page === hole) return hole;
  store.release(old);
  inode.volatile.pages.set(index, page);
  return page;
}

/** A page of the volatile face that may be written in place, with its old bytes. `hole` when the store is full. */
function writablePage(store: PageStore, inode: Inode, index: number): number {
  const old = inode.volatile.pages.get(index);
  if (old !== hole && !store.isShared(old)) return old;
  const page = store.allocate();
  if (page === hole) return hole;
  store.copyPage(old, page);
  store.release(old);
  inode.volatile.pages.set(index, page);
  return page;
}
