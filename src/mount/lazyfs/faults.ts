/**
 * Faults as LazyFS has them, checked: what the configuration's `[[injection]]` tables and the FIFO's commands ask for. Paths
 * are absolute, in the root directory. Pure data.
 */

export const faultOps = [
  ...[
    'unlink',
    'truncate',
    'fsync',
    'write',
    'create',
    'access',
    'open',
    'read',
    'rename',
    'link',
    'symlink',
  ],
] as const;
export type FaultOp = string;

export type Timing = 'before' | 'after';

/** Kills LazyFS at the first op that matches; every crash of the FIFO is one. */
export interface CrashFault {
  readonly kind: 'crash';
  readonly timing: Timing;
  readonly op: FaultOp;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export interface ClearFault {
  readonly kind: 'clear-cache';
  readonly timing: Timing;
  readonly op: FaultOp;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly occurrence: number;
  readonly crash: boolean;
  /** The call returns first. */
  readonly returns: boolean;
}

export interface TornOpFault {
  readonly kind: 'torn-op';
  readonly file: string;
  readonly occurrence: number;
  /** From 1, sorted. */
  readonly persist: readonly number[];
  readonly parts: number | readonly number[];
  readonly returns: boolean;
}

export interface TornSeqFault {
  readonly kind: 'torn-seq';
  readonly file: string;
  readonly occurrence: number;
  readonly persist: readonly number[];
  readonly returns: boolean;
}

export const pagePatterns = [
  'all',
  'first',
  'last',
  'first-half',
  'last-half',
  'first-and-last',
  'interleaved',
  'random',
] as const;

export interface SyncPagesFault {
  readonly kind: 'sync-pages';
  readonly file: string;
  readonly timing: Timing | 'now';
  readonly op: FaultOp | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly pages: (typeof pagePatterns)[number] | readonly number[];
  readonly occurrence: number;
  readonly crash: boolean;
  readonly returns: boolean;
  readonly syncsOthers: boolean;
}

export type Fault = CrashFault | ClearFault | TornOpFault | TornSeqFault | SyncPagesFault;

export interface Checked {
  /** The fault, or a sentence that says what is wrong. */
  readonly fault: Fault | string;
  readonly unknown: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

const twoPathOps: ReadonlySet<string> = new Set(['rename', 'link', 'symlink']);
/** Names of earlier versions. */
const types: Readonly<Record<string, Fault['kind']>> = {
  'torn-seq': 'torn-seq',
  reorder: 'torn-seq',
  'torn-op': 'torn-op',
  split_write: 'torn-op',
  'clear-cache': 'clear-cache',
  clear: 'clear-cache',
  'sync-pages': 'sync-pages',
};
const keys: Readonly<Record<Fault['kind'], readonly string[]>> = {
  crash: ['timing', 'op', 'from_rgx', 'to_rgx'],
  'clear-cache': ['type', 'timing', 'op', 'from', 'to', 'occurrence', 'crash', 'return', 'ret'],
  'torn-op': ['type', 'file', 'occurrence', 'persist', 'parts', 'parts_bytes', 'return', 'ret'],
  'torn-seq': ['type', 'op', 'file', 'occurrence', 'persist', 'return', 'ret'],
  'sync-pages': [
    ...['type', 'file', 'timing', 'op', 'from', 'to', 'pages', 'occurrence', 'crash', 'return', 'ret'],
    ...['sync_other_files', 'sync-other-files'],
  ],
};

/** A table of the configuration, or a command's fields with their `type`. */
export function checkFault(fields: Fields): Checked {
  const type = fields['type'];
  const kind = typeof type === 'string' ? types[type] : undefined;
  if (kind === undefined) {
    const what = type === undefined ? 'the key type is missing' : `the type "${String(type)}" is not known`;
    return { fault: `${what}: write torn-op, torn-seq, clear-cache or sync-pages`, unknown: [] };
  }
  return { fault: attempt(() => makers[kind](fields)), unknown: unknownKeys(kind, fields) };
}

export function checkCrash(fields: Fields): Checked {
  return {
    fault: attempt((): CrashFault => {
      const { timing, op } = when(fields);
      const from = regex(fields, 'from_rgx');
      const to = regex(fields, 'to_rgx');
      if (to !== undefined && !twoPathOps.has(op))
        wrong(`to_rgx does not go with ${op}: only rename, link and symlink have a second path`);
      if (from === undefined && to === undefined) wrong('from_rgx is missing');
      if (from === undefined && !twoPathOps.has(op)) wrong('from_rgx is missing');
      return { kind: 'crash', timing, op, from, to };
    }),
    unknown: unknownKeys('crash', fields),
  };
}

const makers: Readonly<Record<Fault['kind'], (fields: Fields) => Fault>> = {
  crash: () => wrong('a crash is asked for by the FIFO'),
  'clear-cache': (fields) => {
    const { timing, op } = when(fields);
    const from = path(fields, 'from');
    const to = path(fields, 'to');
    if (to !== undefined && !twoPathOps.has(op))
      wrong(`to does not go with ${op}: only rename, link and symlink have a second path`);
    if (from === undefined && to === undefined) wrong('from is missing');
    return {
      kind: 'clear-cache',
      timing,
      op,
      from,
      to,
      ...count(fields),
      crash: flag(fields, 'crash', true),
      ...returns(fields),
    };
  },
  'torn-op': (fields) => {
    const file = path(fields, 'file') ?? wrong('file is missing');
    const persist = numbers(fields, 'persist') ?? wrong('persist is missing');
    const sizes = numbers(fields, 'parts_bytes');
    if (sizes !== undefined && fields['parts'] !== undefined)
      wrong('parts and parts_bytes exclude each other');
    const parts = sizes ?? wholeNumber(fields, 'parts') ?? wrong('parts or parts_bytes is missing');
    const total = typeof parts === 'number' ? parts : parts.length;
    if (persist.some((part) => part > total))
      wrong(`persist names a part beyond the ${total} that there are`);
    return { kind: 'torn-op', file, persist: sorted(persist), parts, ...count(fields), ...returns(fields) };
  },
  'torn-seq': (fields) => {
    const op = fields['op'] ?? 'write';
    if (op !== 'write') wrong(`op is "${String(op)}": only "write" is known`);
    const file = path(fields, 'file') ?? wrong('file is missing');
    const persist = numbers(fields, 'persist') ?? wrong('persist is missing');
    return { kind: 'torn-seq', file, persist: sorted(persist), ...count(fields), ...returns(fields) };
  },
  'sync-pages': (fields) => {
    const file = path(fields, 'file') ?? wrong('file is missing');
    const timing = fields['timing'] ?? 'now';
    if (timing !== 'now' && timing !== 'before' && timing !== 'after')
      wrong("timing should be 'now', 'before' or 'after'");
    const op = timing === 'now' ? undefined : when(fields).op;
    const others = fields['sync_other_files'] ?? fields['sync-other-files'];
    return {
      kind: 'sync-pages',
      file,
      timing,
      op,
      from: path(fields, 'from'),
      to: path(fields, 'to'),
      pages: pagesOf(fields['pages']),
      ...count(fields),
      crash: flag(fields, 'crash', false),
      ...returns(fields),
      syncsOthers: others === undefined ? true : flag({ others }, 'others', true),
    };
  },
};

class Wrong extends Error {}

function wrong(sentence: string): never {
  throw new Wrong(sentence);
}

function attempt<Result>(make: () => Result): Result | string {
  try {
    return make();
  } catch (error) {
    if (error instanceof Wrong) return error.message;
    throw error;
  }
}

function unknownKeys(kind: Fault['kind'], fields: Fields): string[] {
  return Object.keys(fields).filter((key) => !keys[kind].includes(key));
}

function when(fields: Fields): { readonly timing: Timing; readonly op: FaultOp } {
  const { timing, op } = fields;
  if (timing !== 'before' && timing !== 'after') wrong("timing should be 'before' or 'after'");
  if (typeof op !== 'string' || !(faultOps as readonly string[]).includes(op))
    wrong(`op should be one of ${faultOps.join(', ')}`);
  return { timing, op };
}

function path(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  if (value === undefined || value === 'none') return undefined;
  return typeof value === 'string' && value !== '' ? value : wrong(`${key} should be a path`);
}

/** As LazyFS: a part of the path is enough. */
function regex(fields: Fields, key: string): string | undefined {
  const value = path(fields, key);
  if (value === undefined) return undefined;
  try {
    new RegExp(value);
    return value;
  } catch {
    return wrong(`${key} is no regular expression: ${value}`);
  }
}

function flag(fields: Fields, key: string, otherwise: boolean): boolean {
  const value = fields[key] ?? otherwise;
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : wrong(`${key} should be true or false`);
}

function returns(fields: Fields): { readonly returns: boolean } {
  return { returns: flag({ returns: fields['return'] ?? fields['ret'] }, 'returns', false) };
}

function count(fields: Fields): { readonly occurrence: number } {
  return { occurrence: wholeNumber(fields, 'occurrence') ?? 1 };
}

function wholeNumber(fields: Fields, key: string): number | undefined {
  const value = fields[key];
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number > 0) return number;
  return wrong(`${key} should be a whole number above 0`);
}

function numbers(fields: Fields, key: string): readonly number[] | undefined {
  const value = fields[key];
  if (value === undefined) return undefined;
  const list: unknown[] =
    typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [value];
  if (list.length === 0) wrong(`${key} is empty`);
  return list.map((each) => wholeNumber({ [key]: each }, key)!);
}

function pagesOf(value: unknown): SyncPagesFault['pages'] {
  const pattern = value === 'second-half' ? 'last-half' : value;
  const found = pagePatterns.find((each) => each === pattern);
  return (
    found ??
    numbers({ pages: value }, 'pages') ??
    wrong(`pages is missing: ${pagePatterns.join(', ')}, or numbers`)
  );
}

function sorted(list: readonly number[]): number[] {
  return [...new Set(list)].sort((a, b) => a - b);
}
