import { expect, test } from 'vitest';
import { LineSplitter, parseObject } from './json-lines.ts';

test('joins what arrives in pieces and keeps the unfinished rest', () => {
  const splitter = new LineSplitter(100);
  expect(splitter.push('{"a"')).toEqual([]);
  expect(splitter.push(':1}\n{"b":2}\n{"c')).toEqual(['{"a":1}', '{"b":2}']);
  expect(splitter.push('":3}\n')).toEqual(['{"c":3}']);
});

test('a line beyond the limit is refused, finished or not', () => {
  expect(() => new LineSplitter(4).push('12345\n')).toThrow('longer than 4');
  const splitter = new LineSplitter(4);
  splitter.push('123');
  expect(() => splitter.push('45')).toThrow('longer than 4');
});

test('only an object is a message', () => {
  expect(parseObject('{"id":1}')).toEqual({ id: 1 });
  for (const line of ['[1]', 'null', '7', '{', '']) expect(parseObject(line)).toBeUndefined();
});
