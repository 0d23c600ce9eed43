import { expect, test } from 'vitest';
import { jsonInPieces } from './json-pieces.ts';

function joined(object: object): { readonly text: string; readonly count: number } {
  const pieces: string[] = [];
  const steps = jsonInPieces(object);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return { text: pieces.join('') + step.value.text, count: pieces.length };
    pieces.push(step.value ?? '');
  }
}

const long = (length: number) =>
  Array.from({ length }, (_, index) => ({ number: index, text: `"${index}"` }));

test.each([
  ['nothing', {}],
  ['no list', { a: 1, 'b"': 'x', c: { d: [1] } }],
  ['short lists', { a: [], b: [1, 2], c: undefined, d: true }],
  ['a long list alone', { a: long(1000) }],
  ['long lists between others', { a: 1, b: long(257), c: [], d: long(512), e: { f: null } }],
])('is what JSON.stringify says: %s', (_, object) => {
  expect(joined(object).text).toBe(JSON.stringify(object));
});

test('comes in many pieces where lists are long', () => {
  expect(joined({ a: long(1000) }).count).toBe(4);
});
