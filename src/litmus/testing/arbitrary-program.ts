/** Random litmus programs for fast-check: whatever cannot run at its place is left out, so that they shrink well. */
import fc from 'fast-check';
import { parseProgram } from '../parse.ts';
import type { Program, Statement } from '../program.ts';
import { ProgramRun } from '../program-run.ts';
import { parseStatement } from '../statements.ts';

const file = fc.constantFrom('a', 'b', 'd/a', 'e/a');
const directory = fc.constantFrom('d', 'e', 'd/s', 'e/s');
const name = fc.oneof(file, directory);
const data = fc.constantFrom('"x"', '"yyyy"', 'p*600', 'q*5000');
const offset = fc.constantFrom(0, 1, 512, 4095, 4096);

const statement: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(file, data).map(([path, bytes]) => `create ${path} ${bytes}`) },
  { weight: 1, arbitrary: directory.map((path) => `mkdir ${path}`) },
  {
    weight: 3,
    arbitrary: fc.tuple(file, offset, data).map(([path, at, bytes]) => `write ${path} ${at} ${bytes}`),
  },
  { weight: 2, arbitrary: fc.tuple(file, data).map(([path, bytes]) => `append ${path} ${bytes}`) },
  { weight: 1, arbitrary: fc.tuple(file, data).map(([path, bytes]) => `rewrite ${path} ${bytes}`) },
  { weight: 2, arbitrary: fc.tuple(file, offset).map(([path, size]) => `truncate ${path} ${size}`) },
  { weight: 1, arbitrary: fc.tuple(file, offset).map(([path, at]) => `punch ${path} ${at} 4096`) },
  { weight: 4, arbitrary: fc.tuple(name, name).map(([from, to]) => `rename ${from} ${to}`) },
  { weight: 1, arbitrary: fc.tuple(name, name).map(([from, to]) => `exchange ${from} ${to}`) },
  { weight: 1, arbitrary: fc.tuple(file, file).map(([from, to]) => `link ${from} ${to}`) },
  { weight: 2, arbitrary: file.map((path) => `unlink ${path}`) },
  { weight: 1, arbitrary: directory.map((path) => `rmdir ${path}`) },
  {
    weight: 1,
    arbitrary: fc.tuple(file, fc.constantFrom('0600', '0640')).map(([path, mode]) => `chmod ${path} ${mode}`),
  },
  { weight: 1, arbitrary: file.map((path) => `setxattr ${path} user.k "v"`) },
  { weight: 4, arbitrary: fc.oneof(name, fc.constant('.')).map((path) => `fsync ${path}`) },
  { weight: 1, arbitrary: file.map((path) => `fdatasync ${path}`) },
);

/** Everything that the generator names may exist at the start. */
const setups = fc.subarray(['create a "A"', 'create b o*5000', 'mkdir d', 'mkdir e', 'create d/a "DA"']);

export function arbitraryProgram(maxLength: number): fc.Arbitrary<Program> {
  return fc.tuple(setups, fc.array(statement, { minLength: 1, maxLength })).map(([setup, run]) => {
    const program = new ProgramRun('random', () => undefined);
    const kept = (lines: readonly string[]) =>
      lines.map(parseStatement).filter((each) => canStep(program, each));
    const ready = kept(setup);
    const done = kept(run);
    const empty = parseProgram('random', 'run\nsync');
    return { ...empty, setup: ready, run: done };
  });
}

function canStep(program: ProgramRun, statement: Statement): boolean {
  try {
    program.step(statement);
    return true;
  } catch {
    return false;
  }
}
