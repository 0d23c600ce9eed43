/** Parsers for the values of options, shared by commands. Each throws a UsageError that names its option. */
import { Option } from 'commander';
import { realFileSystems } from '../device/real-file-system.ts';
import { profiles } from '../disk/profiles/catalogue.ts';
import type { DiskRoom } from '../mount/control.ts';
import { testDefaults } from '../run/options.ts';
import { parseDuration } from './duration.ts';
import { UsageError } from './errors.ts';
import { parseSize } from './size.ts';
import { unknownName } from './suggest.ts';

/** Seeds are 32 bits wide, as the random generator's state is. */
export const maxSeed = 2 ** 32 - 1;

/** Below it no program could do anything on a disk. */
const minSizeBytes = 1024 ** 2;

export function durationFlag(flag: string, about: string): Option {
  return new Option(`${flag} <duration>`, about).argParser((text) => parseDuration(text, flag));
}

export function wholeFlag(flag: string, about: string, minimum: number, maximum: number): Option {
  return new Option(`${flag} <n>`, about).argParser((text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new UsageError(
      `${flag}: \`${text}\` is not a whole number from ${String(minimum)} to ${String(maximum)}`,
    );
  });
}

/** One of a few words, in any case. */
export function choiceFlag(flag: string, choices: readonly string[], about: string): Option {
  return new Option(`${flag} <${choices.join('|')}>`, about).argParser((text) => {
    const found = choices.find((choice) => choice.toLowerCase() === text.toLowerCase());
    if (found === undefined) throw unknownName(`value of ${flag}`, text, choices);
    return found;
  });
}

/** `a,b`: several names, each once. */
export function namesFlag(flag: string, about: string): Option {
  return new Option(`${flag} <a,b>`, about).argParser((text) => {
    const names = text.split(',').map((name) => name.trim());
    if (names.includes('')) throw new UsageError(`${flag}: an empty name in \`${text}\``);
    return [...new Set(names)];
  });
}

/** `name=value`, repeatable; of one name the last counts. */
export function settingsFlag(about: string): Option {
  return new Option('--set <name=value>', about).argParser<Readonly<Record<string, string>>>(
    (text, before) => {
      const [, name, value] = /^([^=\s]+)=(.*)$/s.exec(text) ?? [];
      if (name === undefined || value === undefined) {
        throw new UsageError(`--set: \`${text}\` is not name=value`);
      }
      return { ...before, [name]: value };
    },
  );
}

/** A text that may be given several times. */
export function repeatableFlag(flags: string, about: string): Option {
  return new Option(flags, about).argParser<readonly string[]>((text, before) => [...(before ?? []), text]);
}

/** Options that several commands share, worded once. */
export function profileFlag(usual: string): Option {
  const known = [...profiles.keys()];
  return new Option('--profile <name>', 'which ops may survive a cut').default(usual).argParser((name) => {
    if (!known.includes(name)) throw unknownName('profile', name, known);
    return name;
  });
}

export function fileSystemFlag(): Option {
  const names = realFileSystems.map(({ name }) => name);
  return choiceFlag(
    '--filesystem',
    names,
    'put the target on a real file system in place of a profile; root only',
  );
}

export function writesFlag(): Option {
  return choiceFlag(
    '--writes',
    ['through', 'cached'],
    'see each write as it is made, or let the kernel keep them back: faster, by the page',
  ).default(testDefaults.writes);
}

export function pinFlag(): Option {
  return repeatableFlag('--pin <glob>', 'paths that are always durable; repeatable').default(
    testDefaults.pins,
    'none',
  );
}

/** What `capacityFlag` and `memoryFlag` leave. */
export interface RoomFlags {
  readonly capacity?: number;
  readonly memory?: number;
}

export function capacityFlag(): Option {
  return sizeFlag('--capacity', 'size of the disk (default: what memory and spill can take, at most 64GiB)');
}

export function memoryFlag(): Option {
  return sizeFlag(
    '--memory',
    'how much of the disk is kept in memory, the rest in a file (default: half of what is free, at most 4GiB)',
  );
}

export function roomOf({ capacity, memory }: RoomFlags): DiskRoom {
  return {
    ...(capacity === undefined ? {} : { capacityBytes: capacity }),
    ...(memory === undefined ? {} : { memoryBytes: memory }),
  };
}

function sizeFlag(flag: string, about: string): Option {
  return new Option(`${flag} <size>`, about).argParser((text) => {
    const sizeBytes = parseSize(text, flag);
    if (sizeBytes < minSizeBytes) throw new UsageError(`${flag}: \`${text}\` is less than 1MiB`);
    return sizeBytes;
  });
}
