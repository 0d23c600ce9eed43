/**
 * Text laid out in a terminal's columns: how wide it is, where it wraps, how it is shortened. Works on plain text, before
 * any colour; it must never cut a grapheme in two.
 */

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The columns that a terminal gives to the text. */
export function columnsOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) columns += graphemeColumns(segment);
  return columns;
}

function graphemeColumns(grapheme: string): number {
  let columns = 0;
  for (const character of grapheme) columns = Math.max(columns, characterColumns(character));
  return columns;
}

function characterColumns(character: string): number {
  if (/^[\p{M}\p{Cf}]$/u.test(character)) return 0;
  return isWide(character.codePointAt(0)!) || /^\p{Emoji_Presentation}$/u.test(character) ? 2 : 1;
}

/** East Asian wide and full-width blocks, by Unicode's EastAsianWidth.txt, coarsely. */
const wideBlocks: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
];

function isWide(codePoint: number): boolean {
  return wideBlocks.some(([first, last]) => codePoint >= first && codePoint <= last);
}

/** Breaks at spaces into lines of at most `columns`; a word longer than a line is broken where it must be. */
export function wrap(text: string, columns: number): string[] {
  const width = Math.max(2, columns);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (word === '') continue;
    const joined = line === '' ? word : `${line} ${word}`;
    if (columnsOf(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = breakWord(word, width);
    line = pieces.pop() ?? '';
    lines.push(...pieces);
  }
  if (line !== '') lines.push(line);
  return lines;
}

function breakWord(word: string, columns: number): string[] {
  if (columnsOf(word) <= columns) return [word];
  const pieces: string[] = [];
  let piece = '';
  let used = 0;
  for (const { segment } of graphemes.segment(word)) {
    const wide = graphemeColumns(segment);
    if (used + wide > columns) {
      pieces.push(piece);
      piece = '';
      used = 0;
    }
    piece += segment;
    used += wide;
  }
  return [...pieces, piece];
}

/**
 * Breaks a shell command so that it can still be copied and run: each line but the last ends in a backslash. A word, or an
 * option with its value, is never broken, however long.
 */
export function wrapCommand(command: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of commandParts(command)) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (line === '' || columnsOf(joined) <= columns - 2) {
      line = joined;
      continue;
    }
    lines.push(`${line} \\`);
    line = `  ${word}`;
  }
  lines.push(line);
  return lines;
}

/** Options together with their values, other words alone. */
function commandParts(command: string): readonly string[] {
  const parts: string[] = [];
  let option = '';
  for (const word of shellWords(command)) {
    const isOption = /^--?[a-z]/.test(word);
    if (isOption && option !== '') parts.push(option);
    if (isOption) option = word;
    else {
      parts.push(option === '' ? word : `${option} ${word}`);
      option = '';
    }
  }
  return option === '' ? parts : [...parts, option];
}

/** The words of a command with their quotes on. */
function shellWords(command: string): readonly string[] {
  return command.match(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s])+/g) ?? [];
}

/** Shortens in the middle, so that a path keeps its beginning and its name. */
export function fit(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  const parts = [...graphemes.segment(text)].map(({ segment }) => segment);
  const room = columns - 1;
  const head = take(parts, Math.floor(room * 0.4));
  const tail = take(parts.reverse(), room - columnsOf(head.join('')));
  return `${head.join('')}…${tail.reverse().join('')}`;
}

function take(parts: readonly string[], columns: number): string[] {
  const taken: string[] = [];
  let used = 0;
  for (const part of parts) {
    used += graphemeColumns(part);
    if (used > columns) break;
    taken.push(part);
  }
  return taken;
}

/** Shortens at the end. */
export function clip(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  const parts = [...graphemes.segment(text)].map(({ segment }) => segment);
  return `${take(parts, columns - 1).join('')}…`;
}

/** Fills with spaces up to `columns`. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

export function padLeft(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - columnsOf(text))) + text;
}
