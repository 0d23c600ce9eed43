/**
 * Large writes, which are taken run by run, beside plain arrays: with forks that share their pages, barriers after which faces share
 * whole chunks, and stores that are small or nearly full, so that a run is refused and done page by page.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Disk } from './disk.ts';
import { pageSizeBytes, PageStore } from './page-store.ts';
import { strict } from './profiles/strict.ts';
import { MemorySpill } from './testing/memory-spill.ts';

const runs = Number(process.env['POWERCUT_DISK_RUNS'] ?? 25);
const caller = { pid: 1, uid: 0, gid: 0 };
const clock = { monotonicMs: () => 0, wallMs: () => 0 };

const pages = fc.nat({ max: 200 });
/** Mostly where pages and chunks begin, at times a little beside. */
const position = fc.tuple(pages, fc.constantFrom(0, 0, 0, 0, 1, 100, pageSizeBytes - 1));
const offset = position.map(([page, beside]) => page * pageSizeBytes + beside);

type Step =
  | { readonly op: 'write' | 'punch'; readonly offset: number; readonly length: number }
  | { readonly op: 'truncate'; readonly offset: number }
  | { readonly op: 'fsync' | 'lose' | 'fork' | 'cut' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('write' as const), offset, length: offset }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('truncate' as const), offset }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('punch' as const), offset, length: offset }) },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constantFrom('fsync' as const, 'lose' as const, 'fork' as const, 'cut' as const),
    }),
  },
);

class Model {
  volatile: Uint8Array<ArrayBuffer> = new Uint8Array();
  durable: Uint8Array<ArrayBuffer> = new Uint8Array();

  write(offset: number, bytes: Uint8Array): void {
    const longer = new Uint8Array(Math.max(this.volatile.length, offset + bytes.length));
    longer.set(this.volatile);
    longer.set(bytes, offset);
    this.volatile = longer;
  }

  truncate(size: number): void {
    const other = new Uint8Array(size);
    other.set(this.volatile.subarray(0, size));
    this.volatile = other;
  }

  punch(offset: number, length: number): void {
    this.volatile = this.volatile.slice().fill(0, offset, offset + length);
  }
}

function contents(disk: Disk, ino: number): Uint8Array {
  const { size } = disk.inode(ino)!.volatile;
  const target = new Uint8Array(size + 3).fill(7);
  expect(disk.readInto(ino, 0, target, 3, size)).toBe(size);
  return target.subarray(3);
}

function play(steps: readonly Step[], store: PageStore, records: boolean): void {
  const disk = new Disk({ profile: strict, clock, store, records });
  const file = disk.create(caller, Disk.rootIno, 'f', 0o644);
  if (typeof file === 'number') throw new Error(`no file: ${file}`);
  const { ino } = file;
  disk.fsync(caller, ino, false);
  disk.fsyncDirectory(caller, Disk.rootIno);
  const model = new Model();
  const forks: { readonly disk: Disk; readonly bytes: Uint8Array }[] = [];
  let byte = 0;
  for (const step of steps) {
    if (step.op === 'write') {
      byte = (byte % 250) + 1;
      const bytes = new Uint8Array(step.length).fill(byte);
      for (let at = 0; at < step.length; at += 1000) bytes[at] = at / 1000;
      const written = disk.write(caller, ino, step.offset, bytes);
      if (written > 0) model.write(step.offset, bytes.subarray(0, written));
    } else if (step.op === 'truncate') {
      disk.setattr(caller, ino, { size: step.offset });
      model.truncate(step.offset);
    } else if (step.op === 'punch') {
      if (disk.allocate(caller, ino, 3, step.offset, step.length) === 0)
        model.punch(step.offset, step.length);
    } else if (step.op === 'fsync') {
      expect(disk.fsync(caller, ino, false)).toBe(0);
      model.durable = model.volatile;
    } else if (step.op === 'lose') {
      disk.loseUnsynced(caller);
      model.volatile = model.durable;
    } else if (step.op === 'fork' && forks.length < 3) {
      forks.push({ disk: disk.fork(), bytes: model.volatile });
    } else if (step.op === 'cut' && forks.length < 3) {
      forks.push({ disk: disk.crashImage('lose-all'), bytes: model.durable });
    }
    expect(Buffer.compare(contents(disk, ino), model.volatile)).toBe(0);
    const { volatile, durable } = disk.inode(ino)!;
    for (const face of [volatile, durable]) expect(face.pages.count).toBe([...face.pages.indexes()].length);
  }
  for (const { disk: fork, bytes } of forks) {
    expect(Buffer.compare(contents(fork, ino), bytes)).toBe(0);
    fork.release();
  }
  disk.loseUnsynced(caller);
  expect(Buffer.compare(contents(disk, ino), model.durable)).toBe(0);
  disk.release();
  expect([store.usedBytes, store.residentBytes, store.spilledBytes]).toEqual([0, 0, 0]);
}

const stores = {
  'with room': () => new PageStore(20_000 * pageSizeBytes),
  'nearly full': () => new PageStore(700 * pageSizeBytes),
  'of which little is in memory': () =>
    new PageStore(20_000 * pageSizeBytes, {
      memoryBytes: 150 * pageSizeBytes,
      spill: new MemorySpill(),
    }),
};

test.each(Object.entries(stores))(
  'large writes are what plain arrays are: a store %s',
  (_, create) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 40 }), fc.boolean(), (steps, records) => {
        play(steps, create(), records);
      }),
      { numRuns: runs },
    );
  },
  60_000 + runs * 500,
);
