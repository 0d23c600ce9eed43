/**
 * Random litmus programs: one to eight operations on at least two names, with at least one barrier. Small ones on few names, so
 * that operations meet; every program can run. Pure: the same seed and number give the same program.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { ProgramRun } from '../litmus/program-run.ts';
import type { FileReference, Program, Statement } from '../litmus/program.ts';

const maxOps = 8;
/** Draws of statements that cannot run where they would stand. */
const maxDraws = 400;

const directories = ['p', 'q'];
const names = ['a', 'b', 'p/a', 'p/c', 'q/a', 'q/d'];
const barriers = ['fsync', 'fdatasync', 'sync'];

/** Statements that stand for others in the choice: common ones of real programs more often. */
const kinds = [
  ...['create', 'create', 'create', 'write', 'write', 'append', 'append', 'rewrite', 'truncate', 'truncate'],
  ...[
    'rename',
    'rename',
    'rename',
    'rename',
    'exchange',
    'link',
    'link',
    'unlink',
    'unlink',
    'mkdir',
    'rmdir',
  ],
  ...['symlink', 'allocate', 'punch', 'setxattr', 'chmod', 'linkTemporary', 'keepOpen'],
  ...[
    'fsync',
    'fsync',
    'fsync',
    'fsync',
    'fdatasync',
    'fdatasync',
    'fsyncDirectory',
    'fsyncDirectory',
    'sync',
  ],
  ...['writeback', 'writeback', 'wait'],
] as const;

type Kind = (typeof kinds)[number];

class Chance {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed);
  }

  below(bound: number): number {
    return uniformInt(this.#generator, 0, bound - 1);
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!;
  }
}

export function randomProgram(seed: number, number: number): Program {
  const name = `random-${seed}-${number}`;
  // Neighbouring seeds must not give neighbouring programs.
  const chance = new Chance(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  for (;;) {
    const setup = randomSetup(chance);
    const run = randomRun(name, setup, chance);
    if (isWorthJudging(run)) return { name, about: [], setup, run, assertions: [] };
  }
}

/** A barrier with something to be a barrier for, and two names that could be confused. */
function isWorthJudging(run: readonly Statement[]): boolean {
  const named = new Set(run.flatMap(namesOf));
  const hasBarrier = run.some((statement) => barriers.includes(statement.op) || 'sync' in statement);
  return hasBarrier && named.size >= 2 && run.length <= maxOps;
}

function namesOf(statement: Statement): string[] {
  const { path, from, to, file } = statement as {
    path?: string;
    from?: string;
    to?: string;
    file?: FileReference;
  };
  const target = file !== undefined && 'path' in file ? file.path : undefined;
  return [path, from, to, target].filter((name): name is string => name !== undefined && name !== '.');
}

function randomSetup(chance: Chance): Statement[] {
  const made: Statement[] = directories
    .filter(() => chance.below(4) > 0)
    .map((path) => ({ op: 'mkdir', path }));
  const existing = new Set(made.map((statement) => (statement as { path: string }).path));
  for (const path of names) {
    const directory = path.includes('/') ? path.slice(0, path.indexOf('/')) : undefined;
    const isPossible = directory === undefined || existing.has(directory);
    if (isPossible && chance.below(2) === 0) made.push({ op: 'create', path, data: contents(chance, path) });
  }
  return made;
}

function randomRun(name: string, setup: readonly Statement[], chance: Chance): Statement[] {
  const run: Statement[] = [];
  const length = 1 + chance.below(maxOps);
  for (let draws = 0; draws < maxDraws && run.length < length; draws++) {
    const next = randomStatements(chance.pick(kinds), chance, run.length);
    if (canRun(name, setup, [...run, ...next])) run.push(...next);
  }
  return run;
}

function canRun(name: string, setup: readonly Statement[], run: readonly Statement[]): boolean {
  const world = new ProgramRun(name, () => undefined);
  try {
    for (const statement of [...setup, ...run]) {
      world.step(statement);
      // A hint does nothing on paper, but its file must be there.
      if (statement.op === 'writeback') world.step({ op: 'fsync', file: statement.file });
    }
    return true;
  } catch {
    return false;
  }
}

function randomStatements(kind: Kind, chance: Chance, position: number): Statement[] {
  const path = chance.pick(names);
  const other = chance.pick(names);
  const file = { path };
  const sync = chance.below(6) === 0 ? { sync: chance.pick(['sync', 'dsync'] as const) } : {};
  switch (kind) {
    case 'create':
      return [chance.below(4) === 0 ? { op: kind, path } : { op: kind, path, data: contents(chance, 'n') }];
    case 'write':
      return [{ op: kind, file, offset: offsetIn(chance), data: contents(chance, 'w'), ...sync }];
    case 'append':
      return [{ op: kind, file, data: contents(chance, 'z'), ...sync }];
    case 'rewrite':
      return [{ op: kind, path, data: contents(chance, 'r') }];
    case 'truncate':
      return [{ op: kind, file, size: offsetIn(chance) }];
    case 'allocate':
    case 'punch':
      return [{ op: kind, file, offset: offsetIn(chance), length: 4096 * (1 + chance.below(3)) }];
    case 'rename': {
      const isDirectory = chance.below(6) === 0;
      return [
        isDirectory
          ? { op: kind, from: chance.pick(directories), to: 'r' }
          : { op: kind, from: path, to: other },
      ];
    }
    case 'exchange':
      return [{ op: kind, from: path, to: other }];
    case 'link':
      return [{ op: kind, file, path: other }];
    case 'unlink':
      return [{ op: kind, path }];
    case 'mkdir':
    case 'rmdir':
      return [{ op: kind, path: chance.pick([...directories, 'p/e']) }];
    case 'symlink':
      // Never opened by that name: a program would reach what it points to.
      return [{ op: kind, target: 'a', path: 's' }];
    case 'setxattr':
      return [{ op: kind, file, name: 'user.k', value: contents(chance, 'v').subarray(0, 3) }];
    case 'chmod':
      return [{ op: kind, file, mode: 0o600 }];
    // A handle is used at once, so that no later statement depends on it; it stays open to the end.
    case 'linkTemporary':
      return [
        { op: 'tmpfile', handle: `h${position}`, directory: chance.pick(['.', 'p']) },
        { op: 'append', file: { handle: `h${position}` }, data: contents(chance, 't') },
        { op: 'link', file: { handle: `h${position}` }, path },
      ];
    case 'keepOpen':
      return [
        { op: 'open', handle: `h${position}`, path, ...sync },
        { op: 'write', file: { handle: `h${position}` }, offset: 0, data: contents(chance, 'o') },
      ];
    case 'fsync':
    case 'fdatasync':
      return [{ op: kind, file }];
    case 'fsyncDirectory':
      return [{ op: 'fsync', file: { path: chance.pick(['.', ...directories]) } }];
    case 'writeback':
      return [
        chance.below(2) === 0
          ? { op: kind, file }
          : {
              op: kind,
              file,
              range: { offset: 4096 * chance.below(4), length: 4096 * (1 + chance.below(3)) },
            },
      ];
    case 'sync':
    case 'wait':
      return [{ op: kind }];
  }
}

/** Small, a page, pages, and across the ends of pages. */
const lengths = [1, 3, 3, 3, 600, 4096, 5000, 16384, 65536];

function contents(chance: Chance, letter: string): Uint8Array {
  return new Uint8Array(chance.pick(lengths)).fill(letter.charCodeAt(letter.length - 1));
}

function offsetIn(chance: Chance): number {
  return chance.pick([0, 0, 1, 2, 512, 4096, 8192, 10_000]);
}
