/**
 * Untrusted text made fit for people's eyes: names of files, log lines and errors come from the programs under test and
 * may hold anything. A control character must never reach a terminal or turn the reading direction of a page.
 */

/** Controls (C0, DEL, C1), line and paragraph separators, bidirectional overrides, and halves of surrogate pairs. */
const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]|\p{Cs}/gu;

const wellKnown: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text on one line, with everything that a terminal or a page could take for a command written as an escape. */
export function printable(text: string): string {
  return text.replace(unprintable, escape);
}

function escape(character: string): string {
  const known = wellKnown[character];
  if (known !== undefined) return known;
  const code = character.charCodeAt(0);
  const digits = code.toString(16);
  return code <= 0xff ? `\\x${digits.padStart(2, '0')}` : `\\u${digits.padStart(4, '0')}`;
}

/** As `printable`, for the lines of a log: colours that programs print are dropped, tabs become spaces. */
export function printableLine(line: string): string {
  return printable(line.replace(/\u001b\[[0-9;]*m/g, '').replaceAll('\t', '    '));
}
