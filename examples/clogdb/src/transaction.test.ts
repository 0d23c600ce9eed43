import { describe, expect, test } from 'vitest';
import { Refusal, execute, parseOperations } from './transaction.ts';
import type { Operation, Value } from './transaction.ts';

/** What becomes of a state, and the results. */
function after(state: Record<string, Value>, ...operations: Operation[]): [Record<string, Value>, Value[]] {
  const map = new Map(Object.entries(state));
  const results = execute(map, operations);
  return [Object.fromEntries(map), results];
}

describe('an operation', () => {
  test('puts, gets and deletes a value, and sees what those before it did', () => {
    expect(after({ a: 1 }, ['put', 'b', 2], ['get', 'b'], ['delete', 'a'], ['get', 'a'])).toEqual([
      { b: 2 },
      [null, 2, null, null],
    ]);
  });

  test('scans the keys with a prefix', () => {
    expect(
      after({ x1: 1, x2: 2, y: 3 }, ['put', 'x3', 4], ['delete', 'x1'], ['scan', 'x'])[1].at(-1),
    ).toEqual([
      ['x2', 2],
      ['x3', 4],
    ]);
  });

  test('compares and sets, where nothing is null', () => {
    expect(after({ a: { n: [1] } }, ['cas', 'a', { n: [1] }, 2], ['cas', 'b', null, 3])[0]).toEqual({
      a: 2,
      b: 3,
    });
    expect(() => after({ a: 1 }, ['cas', 'a', 2, 3])).toThrow('cas of a: found 1');
  });

  test('appends to a list', () => {
    expect(after({ a: [1] }, ['append', 'a', 2], ['append', 'b', 1])[0]).toEqual({ a: [1, 2], b: [1] });
    expect(() => after({ a: 1 }, ['append', 'a', 2])).toThrow('it is not a list');
  });

  test('transfers what is there', () => {
    expect(after({ a: 5 }, ['transfer', 'a', 'b', 5])[0]).toEqual({ a: 0, b: 5 });
    expect(after({ a: 5 }, ['transfer', 'a', 'a', 5])[0]).toEqual({ a: 5 });
    expect(() => after({ a: 5 }, ['transfer', 'a', 'b', 6])).toThrow('it has less than 6');
    expect(() => after({ a: 'x' }, ['transfer', 'a', 'b', 0])).toThrow('a is not a number');
  });
});

test('a transaction happens as a whole or not at all', () => {
  const state = new Map<string, Value>([['a', 1]]);
  const operations: Operation[] = [
    ['put', 'a', 2],
    ['delete', 'a'],
    ['put', 'b', 1],
    ['cas', 'c', 1, 2],
  ];
  expect(() => execute(state, operations)).toThrow(Refusal);
  expect([...state]).toEqual([['a', 1]]);
});

describe('what a client sends', () => {
  test('is a list of operations', () => {
    expect(parseOperations('[["put","a",null],["transfer","a","b",3]]')).toEqual([
      ['put', 'a', null],
      ['transfer', 'a', 'b', 3],
    ]);
  });

  test('is taken as the log will have it', () => {
    expect(parseOperations('[["put","a",[1e400,-0]]]')).toEqual([['put', 'a', [null, 0]]]);
  });

  test.each([
    ['{"a":1', 'JSON'],
    ['[]', 'a transaction is a list of 1 to 1000 operations'],
    ['[["put","a",1],["put","a"]]', 'operation 1 is not one: ["put","a"]'],
    ['[["toString","a"]]', 'operation 0 is not one'],
    ['[["get",1]]', 'operation 0 is not one'],
    ['[["transfer","a","b",-1]]', 'operation 0 is not one'],
    ['[["transfer","a","b",0.5]]', 'operation 0 is not one'],
  ])('or is refused with a sentence: %s', (text, sentence) => {
    expect(() => parseOperations(text)).toThrow(sentence);
    expect(() => parseOperations(text)).toThrow(Refusal);
  });
});
