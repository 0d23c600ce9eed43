import { expect, test } from 'vitest';
import { addCommand, elementsOf, wrongTags } from './elements.ts';

test('an element is stored with its text, and read back as a number', () => {
  expect(addCommand('set', 12)).toEqual(['HSETNX', 'elements', '12', 'powercut-set-000000012;']);
  expect(elementsOf(['12', '3'])).toEqual([12, 3]);
});

test('a text that belongs to another element is told', () => {
  expect(wrongTags(['1', 'powercut-set-000000001;', '2', 'powercut-set-000000003;'], 'set')).toEqual([
    'element 2 has the tag "powercut-set-000000003;"',
  ]);
});

test('what is no list is no data', () => {
  expect(() => elementsOf('OK')).toThrow('"OK" instead of a list');
});
