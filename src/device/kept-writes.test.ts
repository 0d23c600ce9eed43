import { describe, expect, test } from 'vitest';
import { Refusal } from '../mount/refusal.ts';
import { keptWrites } from './kept-writes.ts';

const writes = [
  { number: 5, offset: 8192, length: 4096 },
  { number: 6, offset: 0, length: 4096 },
  { number: 8, offset: 65536, length: 512 },
];
const whole = (...indexes: number[]) =>
  indexes.map((write) => ({ write, start: 0, end: writes[write]!.length }));

describe('of the writes since the last flush', () => {
  test('a cut keeps nothing, or everything', () => {
    expect(keptWrites(writes, 'lose-all', [])).toEqual([]);
    expect(keptWrites(writes, 'keep-all', [])).toEqual(whole(0, 1, 2));
  });

  test('it keeps those up to an op, some, or all but some', () => {
    expect(keptWrites(writes, { kind: 'prefix', op: 7 }, [])).toEqual(whole(0, 1));
    expect(keptWrites(writes, { kind: 'keep', ops: [8] }, [])).toEqual(whole(2));
    expect(keptWrites(writes, { kind: 'drop', ops: [5, 8] }, [])).toEqual(whole(1));
  });

  test('it keeps sectors of one', () => {
    expect(keptWrites(writes, { kind: 'torn', op: 5, sectors: [1, 0, 7] }, [])).toEqual([
      { write: 0, start: 0, end: 1024 },
      { write: 0, start: 3584, end: 4096 },
      ...whole(1, 2),
    ]);
  });

  test.each([
    ['an op that was flushed', { kind: 'keep', ops: [4] }, [], /op 4 .*flushed/],
    ['a sector that a write does not have', { kind: 'torn', op: 8, sectors: [1] }, [], /no sector 1/],
    ['half a superblock', { kind: 'torn', op: 6, sectors: [0] }, [1024], /superblock/],
  ] as const)('%s is refused', (_, choice, untearable, sentence) => {
    expect(() => keptWrites(writes, choice, untearable)).toThrow(Refusal);
    expect(() => keptWrites(writes, choice, untearable)).toThrow(sentence);
  });
});

describe('by chance', () => {
  const many = (untearable: readonly number[] = []) =>
    Array.from({ length: 500 }, (_, seed) => keptWrites(writes, { kind: 'random', seed }, untearable));

  test('one seed chooses the same again', () => {
    expect(many()).toEqual(many());
  });

  test('nothing, everything, each write alone and torn writes all come about', () => {
    const seen = new Set(many().map((kept) => JSON.stringify(kept)));
    for (const kept of [[], whole(0, 1, 2), whole(0), whole(1), whole(2)])
      expect(seen).toContain(JSON.stringify(kept));
    expect(many().some((kept) => kept.some(({ write, start }) => write === 0 && start > 0))).toBe(true);
  });

  test('what the file system trusts the device with is whole or not there', () => {
    const parts = many([0]).flatMap((kept) => kept.filter(({ write }) => write === 1));
    expect(parts.length).toBeGreaterThan(0);
    expect(parts.every(({ start, end }) => start === 0 && end === 4096)).toBe(true);
  });
});
