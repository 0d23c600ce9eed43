/** The last lines of what a target said, for the report. Never more than a report can bear. */
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join, relative } from 'node:path';

export interface LogEnd {
  /** Path below the logs' directory. */
  readonly name: string;
  readonly lines: readonly string[];
}

const maxLines = 200;
const maxBytes = 256 * 1024;

/** Of every log that is not empty, by name. */
export function logEnds(directory: string): LogEnd[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ name: relative(directory, file), lines: lastLines(file) }))
    .filter(({ lines }) => lines.length > 0);
}

function lastLines(file: string): string[] {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, maxBytes));
    const length = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    const lines = bytes.toString('utf8', 0, length).split('\n');
    // The first line may have begun before what was read.
    if (size > maxBytes) lines.shift();
    if (lines.at(-1) === '') lines.pop();
    return lines.slice(-maxLines);
  } finally {
    closeSync(descriptor);
  }
}
