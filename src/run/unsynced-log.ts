/**
 * What was seen un-synced in a run: the distinct files of all reports and cuts, each at its largest, with the target's
 * word on it.
 */
import picomatch from 'picomatch';
import type { UnsyncedFile } from '../mount/control.ts';
import type { UnsyncedEntry } from '../report/results.ts';
import type { ExpectedUnsynced } from '../targets/target.ts';

const maxFiles = 5000;

export class UnsyncedLog {
  readonly #files = new Map<string, UnsyncedFile>();
  #isFull = false;

  /** Files beyond the first 5000 were left out. */
  get isFull(): boolean {
    return this.#isFull;
  }

  add(files: readonly UnsyncedFile[]): void {
    for (const file of files) {
      const known = this.#files.get(file.path);
      if (known === undefined && this.#files.size >= maxFiles) this.#isFull = true;
      else if (known === undefined || file.sizeBytes >= known.sizeBytes) this.#files.set(file.path, file);
    }
  }

  entries(expected: readonly ExpectedUnsynced[]): UnsyncedEntry[] {
    const rules = expected.map((rule) => ({ rule, matches: picomatch(rule.glob, { dot: true }) }));
    return [...this.#files.values()].map((file) => {
      const found = rules.find(({ matches }) => matches(file.path))?.rule;
      return {
        path: file.path,
        sizeBytes: file.sizeBytes,
        ranges: file.ranges,
        ...(file.names.length > 0 ? { names: file.names } : {}),
        ageMs: file.ageMs,
        lastOp: file.lastOp,
        ...(file.process === undefined ? {} : { process: file.process }),
        ...(found === undefined ? {} : { expected: { harmless: found.harmless, why: found.why } }),
      };
    });
  }
}
