/**
 * LazyFS's configuration file: TOML with the tables that LazyFS knows. Keys that it does not know are warned about, nonsense
 * is refused with a sentence. Pure: takes text, gives values.
 */
import { parse } from 'smol-toml';
import { UsageError } from '../mount-errors.ts';
import { checkFault, type Fault } from './faults.ts';
import { cacheSizeBytes } from './sizes.ts';

export interface LazyFsConfig {
  readonly fifoPath: string;
  /** Undefined: nobody is told when a command is done. */
  readonly completedFifoPath: string | undefined;
  readonly cache: {
    readonly ofSimple: boolean;
    readonly pageSizeBytes: number;
    readonly blockSizeBytes: number;
    readonly pages: number;
    readonly appliesEviction: boolean;
  };
  readonly logsAllOperations: boolean;
  readonly logfile: string | undefined;
  readonly faults: readonly Fault[];
  readonly snapshot: { readonly files: string; readonly save: string } | undefined;
}

export interface ParsedConfig {
  readonly config: LazyFsConfig;
  readonly warnings: readonly string[];
}

type Table = Readonly<Record<string, unknown>>;

const known = {
  '': ['faults', 'cache', 'filesystem', 'injection', 'SNAPSHOT_FILES', 'SNAPSHOT_SAVE'],
  faults: ['fifo_path', 'fifo_path_completed'],
  cache: ['apply_eviction', 'simple', 'manual'],
  'cache.simple': ['custom_size', 'blocks_per_page'],
  'cache.manual': ['io_block_size', 'page_size', 'no_pages'],
  filesystem: ['log_all_operations', 'logfile'],
} as const;

const blockSizeBytes = 4096;
const defaultPages = 5;

/** Throws a UsageError that names the file and what to write. */
export function parseConfig(text: string, file: string): ParsedConfig {
  const reader = new Reader(parseToml(text, file), file);
  return { config: reader.config(), warnings: reader.warnings };
}

function parseToml(text: string, file: string): Table {
  try {
    return parse(text);
  } catch (error) {
    const said = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    const hint = /^\s*\[\s*file system\s*\]/m.test(text)
      ? 'write [filesystem], in one word, for [file system]'
      : 'write it as https://toml.io/en/v1.0.0 has it';
    throw new UsageError(`the configuration ${file} is no TOML (${said}): ${hint}`, { cause: error });
  }
}

class Reader {
  readonly warnings: string[] = [];
  readonly #top: Table;
  readonly #file: string;

  constructor(top: Table, file: string) {
    this.#top = top;
    this.#file = file;
  }

  config(): LazyFsConfig {
    this.#warnOfUnknown('', this.#top);
    const faults = this.#table('faults') ?? this.#refuse('the table [faults] is missing');
    const cache = this.#table('cache') ?? this.#refuse('the table [cache] is missing');
    const filesystem = this.#table('filesystem') ?? {};
    const logfile = this.#text(filesystem, 'filesystem', 'logfile', '');
    const completed = this.#text(faults, 'faults', 'fifo_path_completed', '');
    return {
      fifoPath:
        this.#text(faults, 'faults', 'fifo_path', 'faults.fifo') || this.#refuse('faults.fifo_path is empty'),
      completedFifoPath: completed === '' ? undefined : completed,
      cache: this.#cache(cache),
      logsAllOperations: this.#flag(filesystem, 'filesystem', 'log_all_operations'),
      logfile: logfile === '' ? undefined : logfile,
      faults: this.#injections(),
      snapshot: this.#snapshot(),
    };
  }

  #cache(cache: Table): LazyFsConfig['cache'] {
    const appliesEviction = this.#flag(cache, 'cache', 'apply_eviction');
    const simple = this.#table('cache.simple', cache['simple']);
    const manual = this.#table('cache.manual', cache['manual']);
    if (simple !== undefined) {
      const blocks = this.#count(simple, 'cache.simple', 'blocks_per_page', 1);
      const text = this.#text(simple, 'cache.simple', 'custom_size', '');
      const sizeBytes = cacheSizeBytes(text);
      if (sizeBytes === undefined)
        return this.#refuse(`cache.simple.custom_size is "${text}": write a number and a unit, "0.5GB"`);
      const pageSizeBytes = blocks * blockSizeBytes;
      const pages = Math.max(1, Math.floor(sizeBytes / pageSizeBytes));
      return { ofSimple: true, blockSizeBytes, pageSizeBytes, pages, appliesEviction };
    }
    const block = this.#count(manual ?? {}, 'cache.manual', 'io_block_size', blockSizeBytes);
    const page = this.#count(manual ?? {}, 'cache.manual', 'page_size', blockSizeBytes);
    const pages = this.#count(manual ?? {}, 'cache.manual', 'no_pages', defaultPages);
    if (page % block !== 0)
      this.#refuse(`cache.manual.page_size (${page}) is no multiple of io_block_size (${block})`);
    return { ofSimple: false, blockSizeBytes: block, pageSizeBytes: page, pages, appliesEviction };
  }

  #injections(): Fault[] {
    const tables = this.#top['injection'] ?? [];
    if (!Array.isArray(tables)) this.#refuse('injections are an array of tables: write [[injection]]');
    return (tables as Table[]).map((table, index) => {
      const checked = checkFault(table);
      for (const key of checked.unknown)
        this.warnings.push(`the key ${key} of [[injection]] ${index + 1} is not known: it is ignored`);
      if (typeof checked.fault === 'string')
        return this.#refuse(`[[injection]] ${index + 1}: ${checked.fault}`);
      return checked.fault;
    });
  }

  #snapshot(): LazyFsConfig['snapshot'] {
    const files = this.#text(this.#top, '', 'SNAPSHOT_FILES', '');
    const save = this.#text(this.#top, '', 'SNAPSHOT_SAVE', '');
    return files === '' || save === '' ? undefined : { files, save };
  }

  #table(name: keyof typeof known, value: unknown = this.#top[name]): Table | undefined {
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.#refuse(`${name} is no table: write [${name}]`);
    this.#warnOfUnknown(name, value as Table);
    return value as Table;
  }

  #warnOfUnknown(name: keyof typeof known, table: Table): void {
    const keys: readonly string[] = known[name];
    for (const key of Object.keys(table)) {
      if (keys.includes(key)) continue;
      const where = name === '' ? 'the configuration' : `[${name}]`;
      this.warnings.push(
        `the key ${key} of ${where} is not known: it is ignored (known are ${keys.join(', ')})`,
      );
    }
  }

  #text(table: Table, name: string, key: string, otherwise: string): string {
    const value = table[key] ?? otherwise;
    return typeof value === 'string' ? value : this.#refuse(`${pathOf(name, key)} is to be text in quotes`);
  }

  #flag(table: Table, name: string, key: string): boolean {
    const value = table[key] ?? false;
    return typeof value === 'boolean' ? value : this.#refuse(`${pathOf(name, key)} is to be true or false`);
  }

  #count(table: Table, name: string, key: string, otherwise: number): number {
    const value = table[key] ?? otherwise;
    if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
    return this.#refuse(`${pathOf(name, key)} is to be a whole number above 0`);
  }

  #refuse(what: string): never {
    throw new UsageError(`the configuration ${this.#file} cannot be used: ${what}`);
  }
}

function pathOf(name: string, key: string): string {
  return name === '' ? key : `${name}.${key}`;
}
