/**
 * A pattern of outcomes, as assertions of litmus programs have them: entries of an outcome (see outcome.ts), `!path` for a name
 * that is absent, `path=?` for a name whatever it holds, and `...` at the end for "whatever else there is".
 */
import { parseContents, printContents } from './contents.ts';
import { emptyOutcome } from './outcome.ts';

export interface OutcomePattern {
  /** Entries that are there, canonical. */
  readonly present: readonly string[];
  /** Paths that are there, whatever they hold. */
  readonly anything: readonly string[];
  readonly absent: readonly string[];
  /** Other entries may be there. */
  readonly open: boolean;
}

export function matches({ present, anything, absent, open }: OutcomePattern, outcome: string): boolean {
  const entries = outcome === emptyOutcome ? [] : outcome.split(' ');
  const there = new Set(entries);
  const paths = new Set(entries.map(pathOf));
  if (!open && entries.length !== present.length + anything.length) return false;
  return (
    present.every((entry) => there.has(entry)) &&
    anything.every((path) => paths.has(path)) &&
    !absent.some((path) => paths.has(path))
  );
}

/** Throws an Error that says what is wrong. */
export function parsePattern(text: string): OutcomePattern {
  const words = text.trim() === emptyOutcome ? [] : text.trim().split(/\s+/);
  const open = words.at(-1) === '...';
  const entries = open ? words.slice(0, -1) : words;
  const absent = entries.filter((word) => word.startsWith('!')).map((word) => word.slice(1));
  const anything = entries.filter((word) => word.endsWith('=?')).map((word) => word.slice(0, -2));
  const present = entries.filter((word) => !word.startsWith('!') && !word.endsWith('=?')).map(canonicalEntry);
  return { present, anything, absent, open };
}

export function printPattern({ present, anything, absent, open }: OutcomePattern): string {
  const words = [
    ...present,
    ...anything.map((path) => `${path}=?`),
    ...absent.map((path) => `!${path}`),
    ...(open ? ['...'] : []),
  ];
  return words.length === 0 ? emptyOutcome : words.join(' ');
}

const entryPattern = /^([A-Za-z0-9._/-]*[A-Za-z0-9._])(\/|==|=|->)(.*)$/;
const attributesPattern = /^(.*?)(:[0-7]{4})?(\{.*\})?$/;

/** The path of an entry, without the slash of a directory. */
function pathOf(entry: string): string {
  return entryPattern.exec(entry)?.[1] ?? entry;
}

/** Contents may be written in any way; the canonical one is compared. */
function canonicalEntry(entry: string): string {
  const parts = entryPattern.exec(entry);
  if (parts === null)
    throw new Error(`${entry} is no entry of an outcome: write name="text", name/, name==other or !name`);
  const [, path, sign, rest] = parts as unknown as [string, string, string, string];
  if (sign === '==' || sign === '/') return entry;
  const [, contents, mode = '', xattrs = ''] = attributesPattern.exec(rest)!;
  return path + sign + printContents(parseContents(contents!)) + mode + xattrs;
}
