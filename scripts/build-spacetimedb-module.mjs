// Assembles src/targets/spacetimedb/module.wat to module.wasm, with the module's definition in SpacetimeDB's encoding (BSATN,
// RawModuleDef::V9). The result is a file of the project; with --check nothing is written, and a result that differs is an error.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import initializeWabt from 'wabt';

const type = { string: 4, i64: 12, u64: 13 };

/** `primaryKey` and `indexed` are positions of columns; `autoIncrement` numbers the primary key. */
const tables = [
  { name: 'kv', typeName: 'Kv', columns: { k: type.u64, v: type.i64 }, indexed: [], autoIncrement: false },
  {
    name: 'el',
    typeName: 'El',
    columns: { seq: type.u64, k: type.u64, v: type.i64 },
    indexed: [1],
    autoIncrement: true,
  },
  {
    name: 'elements',
    typeName: 'Elements',
    columns: { seq: type.u64, value: type.u64, tag: type.string },
    indexed: [],
    autoIncrement: true,
  },
];

/** In the order of the numbers by which module.wat tells them apart. */
const reducers = [
  { name: 'put', parameters: { k: type.u64, v: type.i64 } },
  { name: 'cas', parameters: { k: type.u64, old: type.i64, new: type.i64 } },
  { name: 'append', parameters: { k: type.u64, v: type.i64 } },
  { name: 'transfer', parameters: { from: type.u64, to: type.u64, amount: type.i64 } },
  { name: 'add', parameters: { k: type.u64, delta: type.i64 } },
  { name: 'insert_element', parameters: { value: type.u64, tag: type.string } },
];

const u8 = (value) => [value];
const u16 = (value) => [value & 0xff, value >> 8];
const u32 = (value) => [...u16(value & 0xffff), ...u16(value >>> 16)];
const i128 = (value) => [...u32(value), ...Array(12).fill(0)];
const text = (value) => [...u32(Buffer.byteLength(value)), ...Buffer.from(value)];
const list = (values, encode) => [...u32(values.length), ...values.flatMap(encode)];
const some = (encoded) => [0, ...encoded];
const none = [1];

const product = (fields) =>
  list(Object.entries(fields), ([name, fieldType]) => [...some(text(name)), ...u8(fieldType)]);

function tableDefinition({ name, columns, indexed, autoIncrement }, number) {
  const primaryKey = 0;
  const index = (column) => [
    ...none,
    ...some(text(Object.keys(columns)[column])),
    ...u8(0),
    ...list([column], u16),
  ];
  const unique = (column) => [...none, ...u8(0), ...list([column], u16)];
  const sequence = (column) => [...none, ...u16(column), ...none, ...none, ...none, ...i128(1)];
  const [user, open] = [1, 0];
  return [
    ...text(name),
    ...u32(number),
    ...list([primaryKey], u16),
    ...list([primaryKey, ...indexed], index),
    ...list([primaryKey], unique),
    ...list(autoIncrement ? [primaryKey] : [], sequence),
    ...none,
    ...u8(user),
    ...u8(open),
  ];
}

function moduleDefinition() {
  const version9 = 1;
  const isProduct = 2;
  return [
    ...u8(version9),
    ...list(tables, ({ columns }) => [isProduct, ...product(columns)]),
    ...list(
      tables.map((table, number) => ({ table, number })),
      ({ table, number }) => tableDefinition(table, number),
    ),
    ...list(reducers, ({ name, parameters }) => [...text(name), ...product(parameters), ...none]),
    ...list(
      tables.map(({ typeName }, number) => ({ typeName, number })),
      ({ typeName, number }) => [...u32(0), ...text(typeName), ...u32(number), ...u8(1)],
    ),
    // No exports beside these, no row-level security.
    ...u32(0),
    ...u32(0),
  ];
}

async function assemble(source) {
  const definition = moduleDefinition();
  const escaped = definition.map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
  const filled = source
    .replace('"@definition"', `"${escaped}"`)
    .replace('@definition-length', String(definition.length));
  const wabt = await initializeWabt();
  const module = wabt.parseWat('module.wat', filled);
  try {
    module.validate();
    return Buffer.from(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

const folder = new URL('../src/targets/spacetimedb/', import.meta.url);
const target = new URL('module.wasm', folder);
const binary = await assemble(readFileSync(new URL('module.wat', folder), 'utf8'));
if (!process.argv.includes('--check')) {
  writeFileSync(target, binary);
} else if (!binary.equals(readFileSync(target))) {
  console.error(`${fileURLToPath(target)} is not what module.wat assembles to: run ${process.argv[1]}`);
  process.exitCode = 1;
}
