/**
 * Where LazyFS's log goes: standard output and the log file, at once, from whichever thread speaks; and beside it, where
 * asked, our own log of one JSON object a line. A log that cannot be written ends, and the disk goes on.
 */
import { appendFileSync, writeSync } from 'node:fs';
import { formatLine, type LogLine } from './log-lines.ts';

export interface LogPlaces {
  readonly logfile: string | undefined;
  readonly jsonFile: string | undefined;
}

export class LazyFsLog {
  readonly #places: LogPlaces;

  constructor(places: LogPlaces) {
    this.#places = places;
  }

  say(...lines: readonly LogLine[]): void {
    const { logfile } = this.#places;
    const logger = logfile === undefined ? 'console' : 'global';
    const now = new Date();
    const text = lines.map((line) => formatLine(line, logger, now)).join('');
    quietly(() => writeSync(1, text));
    if (logfile !== undefined) quietly(() => appendFileSync(logfile, text));
  }

  /** `name` says what happened; JSON keys carry their units. */
  event(name: string, facts: object): void {
    const { jsonFile } = this.#places;
    if (jsonFile === undefined) return;
    const line = JSON.stringify({ timeMs: Date.now(), event: name, ...facts });
    quietly(() => appendFileSync(jsonFile, `${line}\n`, { mode: 0o600 }));
  }
}

/** A full disk or a closed pipe is no reason to stop serving. */
function quietly(write: () => void): void {
  try {
    write();
  } catch {
    return;
  }
}
