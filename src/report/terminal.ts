/** What a terminal can show: its width, and whether it wants colours. Colours must carry no meaning that words do not. */
import { styleText } from 'node:util';

export interface Terminal {
  readonly columns: number;
  readonly colour: boolean;
}

/** Where nothing is known: a file, a pipe, CI. */
export const plainTerminal: Terminal = { columns: 80, colour: false };

/** The part of a stream that says what it is. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Narrower is unreadable, wider is tiring. */
const columnsMin = 40;
const columnsMax = 100;

export function terminalOf(output: Output, env: Readonly<Record<string, string | undefined>>): Terminal {
  if (output.isTTY !== true) return plainTerminal;
  const columns = output.columns ?? 0;
  return {
    columns: columns === 0 ? plainTerminal.columns : Math.min(columnsMax, Math.max(columnsMin, columns)),
    // https://no-color.org: any value but the empty one.
    colour: (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
  };
}

export type Style = 'good' | 'bad' | 'doubtful' | 'strong' | 'faint' | 'heading';

const formats = {
  good: ['bold', 'green'],
  bad: ['bold', 'red'],
  doubtful: ['bold', 'yellow'],
  strong: ['bold'],
  faint: ['dim'],
  heading: ['bold', 'underline'],
} as const satisfies Record<Style, readonly string[]>;

export function paint(terminal: Terminal, style: Style, text: string): string {
  if (!terminal.colour || text === '') return text;
  // Whether the stream takes colours is decided above; without this, newer Nodes ask stdout again.
  return styleText([...formats[style]], text, { validateStream: false });
}
