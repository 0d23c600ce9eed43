/**
 * What the server says, made readable: without colours, without the banner, without a warning of its logging that says
 * nothing about its data. Pure.
 */

/** Where Cargo keeps the sources that log lines name. */
const registry = /\S*\/registry\/src\/[^/\s]+\//g;
/** Escape sequences for colours: some parts of the server print them whatever NO_COLOR says. */

const colours = /\u001b\[[\d;]*m/g;
const banner = /[│┌└─]|[\u2800-\u28ff]/;
const noise = [
  // Where powercut put it for the machine.
  /^spacetimedb-standalone path: /,
  /^warning: some trace filter directives would enable traces that are disabled statically$/,
  /^ \| `axum::rejection=trace` would enable the TRACE level/,
  /^ = note: the static max level is/,
  /^ = help: to enable TRACE logging/,
  / WARN .*: Skipping tokio metrics for /,
];

export function readable(lines: readonly string[]): string[] {
  return lines
    .map((line) => line.replaceAll(colours, '').replaceAll(registry, '').trimEnd())
    .filter((line) => line !== '' && !banner.test(line) && !noise.some((pattern) => pattern.test(line)));
}

/** What it said of things that went wrong; all that it said where there is nothing of the kind. */
export function complaints(lines: readonly string[]): readonly string[] {
  const wrong = lines.filter((line) => /\b(ERROR|WARN)\b/.test(line));
  return wrong.length > 0 ? wrong : lines;
}

/** The error that ended the server, in one line: an `Error:` with its causes, or the message of a panic. */
export function lastError(lines: readonly string[]): string | undefined {
  const start = lines.findLastIndex((line) => /^Error: |^thread '.*' panicked at /.test(line));
  if (start < 0) return undefined;
  const rest = lines.slice(start);
  const end = rest.findIndex((line) => /^Stack backtrace:|^note: run with `RUST_BACKTRACE/.test(line));
  return (
    (end < 0 ? rest : rest.slice(0, end))
      .map((line) =>
        line
          .trim()
          .replace(/^Error: /, '')
          .replace(/:$/, ''),
      )
      // A parser draws the place of its error, which says nothing without its columns.
      .filter((line) => line !== 'Caused by' && !/^\d* *\|/.test(line))
      .map((line, index) => (index === 0 ? line : line.replace(/^\d+: /, '')))
      .join(': ')
  );
}
