import { expect, test } from 'vitest';
import { parseProgram } from '../litmus/parse.ts';
import { printProgram } from '../litmus/print.ts';
import { shrink, smallerOnes } from './shrink.ts';

const program = parseProgram(
  'it',
  `setup
create a A*8192
mkdir d
run
create b "b"
rename a d/a
fsync b
unlink b`,
);

test('a program shrinks to what shows it', async () => {
  const smallest = await shrink(program, (candidate) =>
    Promise.resolve(printProgram(candidate).includes('rename a d/a')),
  );
  expect(printProgram(smallest)).toBe('setup\ncreate a "AAA"\nmkdir d\n\nrun\nrename a d/a\n');
});

test('a program of which every part matters stays as it is', async () => {
  expect(await shrink(program, () => Promise.resolve(false))).toBe(program);
});

test('only programs that can run are tried', () => {
  const texts = [...smallerOnes(program)].map(printProgram);
  expect(texts.length).toBeGreaterThan(0);
  for (const text of texts) expect(text.includes('rename a d/a') && !text.includes('create a')).toBe(false);
});
