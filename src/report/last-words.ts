/**
 * The last words of a target that failed: the end of what it said on its own, as it said it. For people who know that target
 * better than any message of powercut's. Pure.
 */
import { clip, columnsOf, wrap } from './columns.ts';
import { printableLine } from './printable.ts';

/** What a screen has room for; results.json and the page have more. */
const linesMax = 8;
const rowsMaxPerLine = 4;

/** Rows of at most `columns`; the indentation of a line is kept, for it says which line belongs to which. */
export function lastWords(log: readonly string[] | undefined, columns: number): readonly string[] {
  const lines = (log ?? []).map((line) => printableLine(line).trimEnd()).filter((line) => line !== '');
  return lines.slice(-linesMax).flatMap((line) => rowsOf(line, columns));
}

function rowsOf(line: string, columns: number): readonly string[] {
  if (columnsOf(line) <= columns) return [line];
  const indent = /^ */.exec(line)![0].slice(0, Math.floor(columns / 2));
  const rows = wrap(line, columns - indent.length);
  const shown = rows.slice(0, rowsMaxPerLine);
  if (shown.length < rows.length) shown.push(clip(`${shown.pop()!} …`, columns - indent.length));
  return shown.map((row) => indent + row);
}
