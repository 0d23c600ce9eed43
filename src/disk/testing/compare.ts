/** Holds a disk against its model: everything that a program, a report, a cut or an image can show. */
import { expect } from 'vitest';
import type { Disk } from '../disk.ts';
import type { Model, Node, Entry } from './model.ts';
import { reachable } from './model.ts';
import type { Pair } from './pair.ts';
import { expectEqual } from './same.ts';

export function expectSame({ disk, model }: Pair, what: string): void {
  const real: Record<string, unknown> = {};
  const naive: Record<string, unknown> = {};
  for (const [ino, node] of model.volatile) {
    real[ino] = realInode(disk, ino);
    naive[ino] = naiveInode(model, ino, node);
  }
  expectEqual(real, naive, `inodes ${what}`);
  const unsynced = model.unsynced();
  const reported = disk.unsynced().map(({ path, ageMs: _ageMs, lastOp, ...file }) => {
    if (lastOp.number === 0) throw new Error(`nobody knows which op made ${path} un-synced`);
    return { ...file, ranges: [...file.ranges], names: [...file.names].sort() };
  });
  const shown = {
    files: disk.stats().files,
    unsyncedFiles: disk.unsyncedFiles,
    unsyncedBytes: disk.unsyncedBytes,
    unsynced: reported.sort((a, b) => a.ino - b.ino),
  };
  const expected = {
    files: model.volatile.size,
    unsyncedFiles: unsynced.length,
    unsyncedBytes: unsynced.reduce((sum, ino) => sum + model.dirtOf(ino).written.size, 0),
    unsynced: unsynced.map((ino) => report(model, ino)).sort((a, b) => a.ino - b.ino),
  };
  expectEqual(shown, expected, `un-synced report ${what}`);
}

function realInode(disk: Disk, ino: number): unknown {
  const inode = disk.inode(ino);
  if (inode === undefined) return 'missing';
  const { kind, mode, nlink, size, blocks512, target } = inode;
  const bytes = Buffer.alloc(kind === 'file' ? size : 0);
  if (kind === 'file') expectEqual(disk.readInto(ino, 0, bytes, 0, size), size, `bytes of ${ino}`);
  const entries = disk.entries(ino);
  return {
    kind,
    mode,
    nlink,
    target,
    size: kind === 'file' ? size : 0,
    blocks: kind === 'file' ? blocks512 / 8 : 0,
    mtime: inode.mtime.seconds * 1000,
    ctime: inode.ctime.seconds * 1000,
    bytes: bytes.toString('latin1'),
    entries: typeof entries === 'number' ? [] : [...entries].sort(),
    xattrs: disk
      .listXattr(ino)
      .map((name) => [name, Buffer.from(disk.getXattr(ino, name) as Uint8Array).toString()])
      .sort(),
  };
}

function naiveInode(model: Model, ino: number, node: Node<Entry>): unknown {
  const { kind, mode, target, data, mtime, ctime } = node;
  return {
    kind,
    mode,
    nlink: model.nlink(ino),
    target,
    size: data.length,
    blocks: node.allocated.size,
    mtime,
    ctime,
    bytes: Buffer.from(data).toString('latin1'),
    entries: [...node.entries].map(([name, entry]) => [name, entry.ino]).sort(),
    xattrs: [...node.xattrs].sort(),
  };
}

function report(model: Model, ino: number) {
  const { kind } = model.volatile.get(ino)!;
  const { written, attributes } = model.dirtOf(ino);
  const now = model.volatile.get(ino)!.entries;
  const kept = model.durable.get(ino)!.entries;
  const changed = model.changedNames(ino);
  const found = reachable(model.durable);
  const wheres = model.wheres(ino);
  const isNamed = wheres.some(
    ({ dir, name }) => found.has(dir) && model.durable.get(dir)!.entries.get(name)?.ino === ino,
  );
  return {
    ino,
    kind: kind === 'symlink' ? 'other' : kind,
    sizeBytes: written.size,
    ranges: rangesOf(written),
    metadata: attributes || model.sizeDiffers(ino) || changed.length > 0,
    names: changed.map((name) => `${!now.has(name) ? '-' : kept.has(name) ? '=' : '+'}${name}`).sort(),
    nameUnsynced: ino !== 1 && wheres.length > 0 && !isNamed,
  };
}

function rangesOf(written: ReadonlySet<number>): { offset: number; length: number }[] {
  const ranges: { offset: number; length: number }[] = [];
  for (const at of [...written].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last.offset + last.length === at) last.length++;
    else ranges.push({ offset: at, length: 1 });
  }
  return ranges;
}

/** The ops of a loss against what an image lacks: each difference has an op, and each op a difference. */
export function expectLossExplains({ disk, model, touched }: Pair): void {
  const { ops, opCount, files } = disk.loss('lose-all');
  expect(opCount).toBe(ops.length);
  expect(files).toEqual(disk.unsynced());
  const lost = ops.map(({ number }) => touched.get(number)).filter((touch) => touch !== undefined);
  expect(lost.length, 'every lost op is one that was made').toBe(ops.length);
  for (const ino of model.unsynced()) {
    const { pages, attributes } = model.dirtOf(ino);
    if (pages.size > 0 || model.sizeDiffers(ino))
      expect(
        lost.some((touch) => touch.ino === ino && touch.isData),
        `an op lost the data of ${ino}`,
      ).toBe(true);
    if (attributes)
      expect(
        lost.some((touch) => touch.ino === ino && !touch.isData),
        `an op lost attributes of ${ino}`,
      ).toBe(true);
    for (const name of model.changedNames(ino)) {
      const isTouched = lost.some(({ wheres }) =>
        wheres.some((where) => where.dir === ino && where.name === name),
      );
      expect(isTouched, `an op lost ${name} in ${ino}`).toBe(true);
    }
  }
  for (const { ino, isData, wheres } of lost) {
    const { pages, attributes } = model.dirtOf(ino ?? 0);
    const isLost =
      ino === undefined
        ? wheres.some(({ dir, name }) => model.volatile.has(dir) && model.changedNames(dir).includes(name))
        : isData
          ? pages.size > 0 || model.sizeDiffers(ino)
          : attributes;
    expect(isLost, `the image lacks something of the op on ${ino ?? JSON.stringify(wheres)}`).toBe(true);
  }
}
