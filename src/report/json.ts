/**
 * The one object that `--json` prints and results.json holds: docs/results.md promises its keys to programs. More may come;
 * none may go or change its meaning. What there is nothing to say about is absent, so that the text reads back as Results.
 */
import type { Results } from './results.ts';

/** One JSON object and a newline, fit for stdout and for a file. */
export function renderJson(results: Results): string {
  return `${harmless(JSON.stringify(results, null, 2))}\n`;
}

/** JSON lets DEL, C1 controls and direction marks stand as they are; a terminal or a log viewer would obey them. */
function harmless(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
