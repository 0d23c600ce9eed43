import { describe, expect, test } from 'vitest';
import { checkSequence } from './sequence.ts';
import { contract, Script } from './testing/script.ts';

const window = { acknowledged: { lossWindowMs: 1000 }, order: 'any' } as const;
const unordered = contract({ ...window, kill: window });

function found(script: Script): readonly string[] {
  const { violations } = checkSequence(script.history, script.facts(unordered));
  return violations.map(
    ({ class: kind, ops }) => `${kind}: ${ops.map(({ value }) => String(value)).join(' ')}`,
  );
}

describe('what is recovered', () => {
  test('may lack a tail that the contract lets go', () => {
    expect(found(new Script().adds(1, 2, 3, 4).cut().finalRead([1, 2]))).toEqual([]);
    expect(found(new Script().adds(1, 2, 3, 4).cut().finalRead([]))).toEqual([]);
  });

  test('must have no hole, though the contract promises no order', () => {
    expect(found(new Script().adds(1, 2, 3, 4).cut().finalRead([1, 3]))).toEqual(['lost-write: 2']);
    expect(found(new Script().adds(1, 2, 3).interrupt('kill').finalRead([1, 3]))).toEqual(['lost-write: 2']);
  });

  test('may lack an add that nobody knows of', () => {
    expect(found(new Script().add(1).add(2, 'info').add(3).cut().finalRead([1, 3]))).toEqual([]);
  });

  test('may go on after a lost tail', () => {
    const script = new Script().adds(1, 2, 3).cut().finalRead([1]).adds(4, 5).cut().finalRead([1, 4]);
    expect(found(script)).toEqual([]);
  });

  test('must not lack what a cut had left', () => {
    const script = new Script().adds(1, 2, 3).cut().finalRead([1, 2]).adds(4).cut().finalRead([1, 4]);
    expect(found(script)).toEqual(['lost-write: 2']);
  });
});

describe('a history that is no sequence is refused', () => {
  test('two adds at the same time', () => {
    const script = new Script().invoke(1, 'add', 1).invoke(2, 'add', 2).complete(1, 'ok').complete(2, 'ok');
    expect(() => found(script)).toThrow('op 1 adds 2 while another add is running');
  });

  test('adds that descend', () => {
    expect(() => found(new Script().adds(2, 1))).toThrow('op 2 adds 1 after 2');
  });

  test('not: an add that the cut left without a completion', () => {
    expect(found(new Script().add(1).add(2, null).cut().finalRead([1]).add(3).finalRead([1, 3]))).toEqual([]);
  });
});
