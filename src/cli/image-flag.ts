/** `--image`: what a cut keeps of what it might lose. From its words to a selection; whether that is legal only the disk knows. */
import { Option } from 'commander';
import type { CutChoice } from '../mount/selection.ts';
import { testDefaults } from '../run/options.ts';
import { UsageError } from './errors.ts';
import { unknownName } from './suggest.ts';

const forms = 'lose-all, keep-all, random, prefix:OP, drop:OP,OP, keep:OP,OP, torn:OP:SECTOR,SECTOR';
const kinds = ['lose-all', 'keep-all', 'random', 'prefix', 'drop', 'keep', 'torn'] as const;
/** A cut with more is asked for by a program, not by a command line. */
const maxNumbers = 10_000;

export function imageFlag(): Option {
  return new Option('--image <choice>', `what a cut keeps of what it might lose: ${forms}`)
    .default(testDefaults.image)
    .argParser(parseImage);
}

export function parseImage(text: string): CutChoice {
  const [kind, ...parts] = text.split(':');
  const part = (index: number, what: string) => parts[index] ?? fail(text, `\`${kind}\` needs ${what}`);
  const only = (count: number, choice: CutChoice): CutChoice =>
    parts.length <= count
      ? choice
      : fail(
          text,
          `there is something after \`${text
            .split(':')
            .slice(0, count + 1)
            .join(':')}\``,
        );
  switch (kind) {
    case 'lose-all':
    case 'keep-all':
      return only(0, kind);
    case 'random':
      if (parts.length === 0) return 'random';
      return only(1, { kind, seed: numberIn(text, part(0, 'a seed'), 2 ** 32 - 1) });
    case 'prefix':
      return only(1, { kind, op: numberIn(text, part(0, 'the number of an op')) });
    case 'drop':
    case 'keep':
      return only(1, { kind, ops: numbersIn(text, part(0, 'numbers of ops')) });
    case 'torn': {
      const op = numberIn(text, part(0, 'the number of a write'));
      return only(2, { kind, op, sectors: numbersIn(text, part(1, 'the sectors that are kept')) });
    }
    default:
      throw unknownName('value of --image', kind ?? '', kinds);
  }
}

function numbersIn(text: string, list: string): readonly number[] {
  const numbers = [...new Set(list.split(',').map((number) => numberIn(text, number)))];
  if (numbers.length > maxNumbers) fail(text.slice(0, 40), `more than ${maxNumbers} numbers`);
  return numbers.sort((a, b) => a - b);
}

function numberIn(text: string, word: string, most = Number.MAX_SAFE_INTEGER): number {
  const number = /^\d{1,16}$/.test(word) ? Number(word) : NaN;
  if (number <= most) return number;
  if (word === '') return fail(text, 'a number is missing');
  const bound = most === Number.MAX_SAFE_INTEGER ? '' : ` up to ${most}`;
  return fail(text, `\`${word}\` is not a whole number${bound}`);
}

function fail(text: string, why: string): never {
  throw new UsageError(`--image: in \`${text}\`, ${why} (the forms are: ${forms})`);
}
