import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blockSizeBytes, BlockStore, none } from './block-store.ts';
import { blockOf, Fragments, offsetOf, pieceUnitsFor, unitBytes, unitsPerBlock } from './fragments.ts';
import { MemorySpill } from './testing/memory-spill.ts';

function setUp(frames: number) {
  const spill = new MemorySpill();
  const blocks = new BlockStore({ memoryBytes: frames * blockSizeBytes, spill });
  return { blocks, fragments: new Fragments(blocks) };
}

test('pieces are powers of two that hold what was asked for', () => {
  expect([0, 1, 64, 65, 300, 2048, 2049, 4096].map((size) => pieceUnitsFor(size) * unitBytes)).toEqual([
    64, 64, 64, 128, 512, 2048, 4096, 4096,
  ]);
});

test('a block holds as many pieces as fit, and goes with the last', () => {
  const { blocks, fragments } = setUp(10);
  const places = Array.from({ length: unitsPerBlock + 1 }, () => fragments.take(1, false));
  expect(new Set(places).size).toBe(unitsPerBlock + 1);
  expect(blocks.residentCount).toBe(2);
  for (const place of places.slice(0, unitsPerBlock)) fragments.give(place);
  expect(blocks.residentCount).toBe(1);
  fragments.give(places.at(-1)!);
  expect(blocks.residentCount).toBe(0);
  expect(() => {
    fragments.give(places[0]!);
  }).toThrow('not divided');
});

test('no piece is taken from a block that was spilled', () => {
  const { blocks, fragments } = setUp(1);
  const first = fragments.take(4, false);
  const second = fragments.take(8, false);
  expect(blocks.isResident(blockOf(first))).toBe(false);
  const third = fragments.take(4, false);
  expect(blockOf(third)).not.toBe(blockOf(first));
  for (const place of [first, second, third]) fragments.give(place);
  expect([blocks.residentCount, blocks.spilledCount]).toEqual([0, 0]);
});

test('pieces never overlap, whatever is taken and given back', () => {
  const step = fc.record({
    units: fc.constantFrom(1, 2, 4, 8, 16, 32),
    gives: fc.nat(3),
    which: fc.nat(100),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { blocks, fragments } = setUp(3);
      const taken: { place: number; units: number }[] = [];
      for (const { units, gives, which } of steps) {
        if (gives === 0 && taken.length > 0) {
          const [piece] = taken.splice(which % taken.length, 1);
          fragments.give(piece!.place);
        } else {
          const place = fragments.take(units, false);
          expect(place).not.toBe(none);
          taken.push({ place, units });
        }
        const covered = taken.flatMap((piece) =>
          Array.from({ length: piece.units }, (_, unit) => piece.place + unit),
        );
        expect(new Set(covered).size).toBe(covered.length);
        for (const { place, units: size } of taken)
          expect(offsetOf(place) + size * unitBytes).toBeLessThanOrEqual(blockSizeBytes);
      }
      for (const { place } of taken) fragments.give(place);
      expect([blocks.residentCount, blocks.spilledCount]).toEqual([0, 0]);
    }),
    { numRuns: 50 },
  );
});
