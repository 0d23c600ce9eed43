// Prints rows under headings, as wide as they need; nothing when there are no rows.
export function printTable(headings, rows) {
  if (rows.length === 0) return;
  const lines = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines)
    console.log(`  ${line.map((cell, column) => cell.padEnd(widths[column])).join('  ')}`.trimEnd());
}
