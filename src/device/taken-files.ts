/**
 * What a cut took of a tree: the tree as programs saw it, held against the one that the recovered file system has. Reads both,
 * and changes neither.
 */
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Range } from '../disk/op.ts';
import type { TakenFile } from '../mount/control.ts';

const pageSizeBytes = 4096;
const chunkBytes = 256 * pageSizeBytes;
const maxFiles = 1_000;
const maxRanges = 100;

/** In the order of their paths; at most 1000. */
export function takenFiles(seen: string, recovered: string): TakenFile[] {
  const taken: TakenFile[] = [];
  for (const path of pathsIn(seen, recovered)) {
    if (taken.length >= maxFiles) break;
    const change = changeOf(join(seen, path), join(recovered, path));
    if (change !== undefined) taken.push({ path, ...change });
  }
  return taken;
}

/** Of both trees, each path once. What lies in a directory that came back is told with the directory. */
function pathsIn(seen: string, recovered: string): string[] {
  const paths: string[] = [];
  const visit = (directory: string): void => {
    const names = new Set([...namesIn(join(seen, directory)), ...namesIn(join(recovered, directory))]);
    for (const name of [...names].sort()) {
      const path = directory === '' ? name : `${directory}/${name}`;
      paths.push(path);
      if (kindOf(join(seen, path)) === 'directory') visit(path);
    }
  };
  visit('');
  return paths;
}

function changeOf(seen: string, recovered: string): Omit<TakenFile, 'path'> | undefined {
  const [was, is] = [kindOf(seen), kindOf(recovered)];
  if (was === undefined) return { change: 'came back', sizeBytes: 0, ranges: [] };
  if (was !== is) {
    const sizeBytes = was === 'file' ? lstatSync(seen).size : 0;
    return { change: 'gone', sizeBytes, ranges: sizeBytes === 0 ? [] : [{ offset: 0, length: sizeBytes }] };
  }
  if (was === 'symlink')
    return readlinkSync(seen) === readlinkSync(recovered)
      ? undefined
      : { change: 'differs', sizeBytes: 0, ranges: [] };
  if (was !== 'file') return undefined;
  const ranges = differingRanges(seen, recovered);
  const isAlike = ranges.length === 0 && lstatSync(seen).size === lstatSync(recovered).size;
  if (isAlike) return undefined;
  const sizeBytes = ranges.reduce((sum, { length }) => sum + length, 0);
  return { change: 'differs', sizeBytes, ranges: ranges.slice(0, maxRanges) };
}

/** Of the file as it was seen, by pages, merged. */
function differingRanges(seen: string, recovered: string): Range[] {
  const ranges: { offset: number; length: number }[] = [];
  const [one, other] = [openSync(seen, 'r'), openSync(recovered, 'r')];
  try {
    const [before, after] = [Buffer.alloc(chunkBytes), Buffer.alloc(chunkBytes)];
    for (let at = 0; ; at += chunkBytes) {
      const length = readSync(one, before, 0, chunkBytes, at);
      if (length === 0) return ranges;
      after.fill(0, readSync(other, after, 0, chunkBytes, at));
      const isShort = at + length > lstatSync(recovered).size;
      if (!isShort && before.compare(after, 0, length, 0, length) === 0) continue;
      addDiffering(ranges, at, before.subarray(0, length), after, lstatSync(recovered).size);
    }
  } finally {
    closeSync(one);
    closeSync(other);
  }
}

function addDiffering(
  ranges: { offset: number; length: number }[],
  at: number,
  before: Buffer,
  after: Buffer,
  recoveredSize: number,
): void {
  for (let page = 0; page < before.length; page += pageSizeBytes) {
    const end = Math.min(page + pageSizeBytes, before.length);
    const isThere = at + end <= recoveredSize;
    if (isThere && before.compare(after, page, end, page, end) === 0) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last.offset + last.length === at + page) last.length += end - page;
    else ranges.push({ offset: at + page, length: end - page });
  }
}

function namesIn(directory: string): string[] {
  return kindOf(directory) === 'directory' ? readdirSync(directory) : [];
}

function kindOf(path: string): 'file' | 'directory' | 'symlink' | 'other' | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'directory';
  return found.isSymbolicLink() ? 'symlink' : 'other';
}
