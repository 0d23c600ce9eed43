/**
 * What commands print: `--json` prints one JSON object on stdout and nothing else there; people's lines that are no answer go
 * to stderr. A reader that goes away (`powercut list | head -1`) is no error of powercut's.
 */

/** Call once, first: a broken pipe ends the output quietly, and the command goes on to its exit code. */
export function tolerateClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

/**
 * Resolves when everything printed has left this process: a pipe takes 64 KiB at a time, and what still waits for it would
 * be lost at `process.exit`.
 */
export async function printed(): Promise<void> {
  const streams = [process.stdout, process.stderr];
  await Promise.all(
    streams.map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))),
  );
}

export function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function printJson(value: unknown): void {
  printLine(JSON.stringify(value, undefined, 2));
}

/** For people, beside the answer. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Rows as aligned columns, two spaces apart; the last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}
