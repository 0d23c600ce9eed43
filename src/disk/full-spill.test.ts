/**
 * A disk whose memory and spill are full: writes are refused or cut short, and everything else goes on. Held against plain
 * arrays of bytes, one for what programs see and one for what a cut leaves.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Disk } from './disk.ts';
import * as errno from './errno.ts';
import { pageSizeBytes, PageStore } from './page-store.ts';
import { strict } from './profiles/strict.ts';
import { MemorySpill } from './testing/memory-spill.ts';
import { caller, ok, tickingClock } from './testing/path-disk.ts';

const files = ['a', 'b'];

type Step =
  | { readonly op: 'write'; readonly file: number; readonly offset: number; readonly length: number }
  | { readonly op: 'truncate'; readonly file: number; readonly size: number }
  | { readonly op: 'fsync'; readonly file: number }
  | { readonly op: 'cut' };

const file = fc.nat(files.length - 1);
const offset = fc.nat(40).map((pages) => pages * 1024);
const steps = fc.array(
  fc.oneof<fc.WeightedArbitrary<Step>[]>(
    { weight: 10, arbitrary: fc.record({ op: fc.constant('write'), file, offset, length: fc.nat(9000) }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant('truncate'), file, size: offset }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constant('fsync'), file }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('cut') }) },
  ),
  { maxLength: 60, size: 'max' },
);

class Shadow {
  volatile: Buffer = Buffer.alloc(0);
  durable: Buffer = Buffer.alloc(0);

  resize(size: number): void {
    const resized = Buffer.alloc(size);
    this.volatile.copy(resized);
    this.volatile = resized;
  }
  write(at: number, bytes: Uint8Array): void {
    if (at + bytes.length > this.volatile.length) this.resize(at + bytes.length);
    this.volatile.set(bytes, at);
  }
  sync(): void {
    this.durable = Buffer.from(this.volatile);
  }
  cut(): void {
    this.volatile = Buffer.from(this.durable);
  }
}

function bytesOf(disk: Disk, name: string): Buffer {
  const { ino, size } = ok(disk.lookup(Disk.rootIno, name));
  const bytes = Buffer.alloc(size);
  expect(disk.readInto(ino, 0, bytes, 0, size)).toBe(size);
  return bytes;
}

test(
  'what was written is read, what was synced outlives cuts, and what was refused never was',
  { timeout: 60_000 },
  () => {
    let refused = 0;
    fc.assert(
      fc.property(steps, (story) => {
        const spill = new MemorySpill(6);
        const store = new PageStore(2 ** 24, { memoryBytes: 3 * pageSizeBytes, spill });
        let disk = new Disk({ profile: strict, clock: tickingClock(), store });
        for (const name of files) ok(disk.create(caller, Disk.rootIno, name, 0o644));
        ok(disk.fsyncDirectory(caller, Disk.rootIno));
        const shadows = files.map(() => new Shadow());
        for (const [index, step] of story.entries()) {
          if (step.op === 'cut') {
            const image = disk.crashImage('lose-all');
            disk.release();
            disk = image;
            for (const shadow of shadows) shadow.cut();
          } else {
            const shadow = shadows[step.file]!;
            const { ino } = ok(disk.lookup(Disk.rootIno, files[step.file]!));
            if (step.op === 'write') {
              const bytes = Buffer.alloc(step.length, index + 1);
              const written = disk.write(caller, ino, step.offset, bytes);
              if (written < step.length) refused++;
              if (written < 0) expect(written).toBe(errno.ENOSPC);
              if (written > 0) shadow.write(step.offset, bytes.subarray(0, written));
            } else if (step.op === 'truncate') {
              ok(disk.setattr(caller, ino, { size: step.size }));
              shadow.resize(step.size);
            } else {
              ok(disk.fsync(caller, ino, false));
              shadow.sync();
            }
          }
          for (const [which, name] of files.entries())
            expect(bytesOf(disk, name).equals(shadows[which]!.volatile), `${name} after ${step.op}`).toBe(
              true,
            );
        }
        const image = disk.crashImage('lose-all');
        for (const [which, name] of files.entries())
          expect(bytesOf(image, name).equals(shadows[which]!.durable), `${name} in the image`).toBe(true);
        image.release();
        disk.release();
        expect([store.usedBytes, store.residentBytes, store.spilledBytes, spill.slots.size]).toEqual([
          0, 0, 0, 0,
        ]);
      }),
      { numRuns: 150 },
    );
    expect(refused).toBeGreaterThan(50);
  },
);
