/** As much of TOML as two small files need: `name = number`, one a line, and comments. */
export type Table = Readonly<Record<string, number>>;

export function formatToml(about: string, table: Table): string {
  const lines = Object.entries(table).map(([name, value]) => `${name} = ${value}\n`);
  return `# ${about}\n${lines.join('')}`;
}

/** Every field must be there; throws a sentence that names the file and the field. */
export function parseToml<Name extends string>(
  file: string,
  text: string,
  fields: readonly Name[],
): Readonly<Record<Name, number>> {
  const table = new Map<string, number>();
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const [, name, number] = /^\s*(\w+)\s*=\s*(\d{1,15})\s*$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`${file}: line ${index + 1} is not \`name = number\``);
    table.set(name, Number(number));
  }
  for (const field of fields) {
    if (!table.has(field))
      throw new Error(`${file}: missing field \`${field}\` (the file has ${text.length} bytes)`);
  }
  return Object.fromEntries(table) as Record<Name, number>;
}
