/**
 * What is written into the faults FIFO: lines of `lazyfs::…`, as many in one write as there may be, of any length. Pure: text
 * in, commands out.
 */
import { checkCrash, checkFault, type Checked } from './faults.ts';

export type Command =
  | {
      readonly kind:
        'clear-cache' | 'cache-checkpoint' | 'display-cache-usage' | 'unsynced-data-report' | 'help';
    }
  | {
      readonly kind: 'fault';
      readonly name: 'crash' | 'torn-op' | 'torn-seq' | 'clear-cache' | 'sync-pages';
      readonly checked: Checked;
      readonly tokens: readonly string[];
    }
  | { readonly kind: 'snapshot'; readonly files: string; readonly save: string }
  | { readonly kind: 'unknown' };

const plain = [
  'clear-cache',
  'cache-checkpoint',
  'display-cache-usage',
  'unsynced-data-report',
  'help',
] as const;
const faultNames = ['crash', 'torn-op', 'torn-seq', 'sync-pages', 'clear-cache'] as const;

/** One line, without its end. */
export function parseCommand(line: string): Command {
  const [prefix, name, ...tokens] = line.trim().split('::');
  if (prefix !== 'lazyfs' || name === undefined) return { kind: 'unknown' };
  const simple = plain.find((each) => each === name);
  if (simple !== undefined && tokens.length === 0) return { kind: simple };
  if (name === 'snapshot') return snapshot(fieldsOf(tokens));
  const fault = faultNames.find((each) => each === name);
  if (fault === undefined) return { kind: 'unknown' };
  const fields = fieldsOf(tokens);
  const checked = fault === 'crash' ? checkCrash(fields) : checkFault({ ...fields, type: fault });
  const unknown = checked.unknown.filter((key) => key !== 'type');
  const isWrong = typeof checked.fault === 'string' || unknown.length === 0;
  const all: Checked = isWrong ? checked : { fault: `the key ${unknown.join(', ')} is not known`, unknown };
  return { kind: 'fault', name: fault, checked: all, tokens };
}

function snapshot({ files_rgx: files, save }: Readonly<Record<string, string>>): Command {
  return files === undefined || save === undefined ? { kind: 'unknown' } : { kind: 'snapshot', files, save };
}

/** `key=value` each; a value may hold `=`. */
function fieldsOf(tokens: readonly string[]): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (const token of tokens) {
    const at = token.indexOf('=');
    if (at < 0) fields[token] = '';
    else fields[token.slice(0, at)] = token.slice(at + 1);
  }
  return fields;
}

const lineLimitLength = 1024 * 1024;

/** Cuts what comes through a FIFO into lines. A writer that leaves the end off is done when nothing follows. */
export class CommandLines {
  #rest = '';

  push(text: string): string[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    // Nobody means a line of a megabyte.
    if (this.#rest.length > lineLimitLength) this.#rest = '';
    return lines.filter((line) => line.trim() !== '');
  }

  get hasRest(): boolean {
    return this.#rest.trim() !== '';
  }

  /** What came without an end. */
  takeRest(): string[] {
    const rest = this.#rest;
    this.#rest = '';
    return rest.trim() === '' ? [] : [rest];
  }
}
