/**
 * SQLite behind the driver protocol: one process a client, the real library, nothing between it and the disk. It runs in the
 * machine from a copy (staging.ts), so that it may import nothing of powercut but what is staged with it.
 *
 * An op fails (it certainly did not happen) only where SQLite refuses it before its commit; after any other error nobody
 * knows what the log or the journal holds.
 */
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { DatabaseSync } from '@photostructure/sqlite';
import { needleOf } from '../needle.ts';

/** Relative to the disk's directory, where drivers are started. */
const file = 'elements.db';

interface Request {
  readonly id: number;
  readonly f: string;
  readonly value?: unknown;
  readonly workload?: string;
  readonly settings?: Readonly<Record<string, string>>;
}
type Reply = { readonly type: 'ok' | 'fail' | 'info' } & Readonly<Record<string, unknown>>;

type Database = InstanceType<typeof DatabaseSync>;
type Row = Readonly<Record<string, unknown>>;

let database: Database | undefined;
let workload = 'set';
let settings: Readonly<Record<string, string>> = {};

function handle(request: Request): Reply {
  switch (request.f) {
    case 'hello':
      ({ workload = workload, settings = settings } = request);
      if (existsSync(file)) open();
      return { type: 'ok', name: 'sqlite', version: sqliteVersion(), processes: 'per-client' };
    case 'setup':
      open().exec('CREATE TABLE elements (value INTEGER PRIMARY KEY, tag TEXT NOT NULL)');
      return { type: 'ok' };
    case 'add':
      add(request.value);
      return { type: 'ok' };
    case 'read':
      return { type: 'ok', value: select('SELECT value FROM elements').map(({ value }) => value) };
    case 'verify': {
      const lines = [...integrityErrors(), ...wrongTags()];
      return {
        type: 'ok',
        ok: lines.length === 0,
        method: 'PRAGMA integrity_check and the tag of every row',
        lines,
      };
    }
    case 'close':
      database?.close();
      return { type: 'ok' };
    default:
      return { type: 'fail', error: `unknown f: ${request.f}` };
  }
}

/** Reading the schema rolls back a hot journal or recovers the log: what cannot be opened is told here. */
function open(): Database {
  const opening = new DatabaseSync(file);
  opening.exec(`PRAGMA busy_timeout = ${setting('busy_timeout')}`);
  const mode = setting('journal_mode').toLowerCase();
  const actual = opening.prepare(`PRAGMA journal_mode = ${mode}`).get()?.['journal_mode'];
  if (actual !== mode) throw new Error(`journal_mode is ${String(actual)}, not ${mode}`);
  opening.exec(`PRAGMA synchronous = ${setting('synchronous')}`);
  opening.exec(`PRAGMA wal_autocheckpoint = ${setting('wal_autocheckpoint')}`);
  opening.prepare('SELECT count(*) FROM sqlite_schema').get();
  return (database = opening);
}

function add(value: unknown): void {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new Error(`an element is a whole number, not ${JSON.stringify(value)}`);
  }
  opened().prepare('INSERT INTO elements (value, tag) VALUES (?, ?)').run(value, needleOf(workload, value));
}

function select(sql: string): readonly Row[] {
  return opened().prepare(sql).all() as readonly Row[];
}

function opened(): Database {
  if (database === undefined) throw new Error(`${file} is not there`);
  return database;
}

function integrityErrors(): string[] {
  // What it says of a schema comes as a single row of many lines, below one that names the schema.
  const lines = select('PRAGMA integrity_check(20)')
    .flatMap((row) => String(row['integrity_check']).split('\n'))
    .filter((line) => !line.startsWith('*** in database'));
  return lines.length === 1 && lines[0] === 'ok' ? [] : lines;
}

/** A row that is whole for SQLite may still hold bytes that were never written there. */
function wrongTags(): string[] {
  return select('SELECT value, tag FROM elements')
    .filter(({ value, tag }) => tag !== needleOf(workload, value))
    .slice(0, 20)
    .map(({ value, tag }) => `row ${String(value)} has the tag ${JSON.stringify(tag)}`);
}

function setting(name: string): string {
  const value = settings[name];
  if (value === undefined || !/^\w+$/.test(value)) throw new Error(`setting ${name} is ${String(value)}`);
  return value;
}

function sqliteVersion(): string {
  const memory = new DatabaseSync(':memory:');
  try {
    return String(memory.prepare('SELECT sqlite_version() AS version').get()?.['version']);
  } finally {
    memory.close();
  }
}

/** Primary result codes of SQLite that mean: refused, nothing was changed. */
const refusals = new Map([
  [1, 'SQLITE_ERROR'],
  [5, 'SQLITE_BUSY'],
  [6, 'SQLITE_LOCKED'],
  [8, 'SQLITE_READONLY'],
  [19, 'SQLITE_CONSTRAINT'],
]);

function failed(request: Request, error: unknown): Reply {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined;
  const name = code === undefined ? undefined : (refusals.get(code) ?? `SQLite error ${code}`);
  const certain = request.f !== 'add' || code === undefined || refusals.has(code);
  return { type: certain ? 'fail' : 'info', error: name === undefined ? message : `${name}: ${message}` };
}

async function serve(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request;
    let reply: Reply;
    try {
      reply = handle(request);
    } catch (error) {
      reply = failed(request, error);
    }
    process.stdout.write(`${JSON.stringify({ id: request.id, ...reply })}\n`);
    if (request.f === 'close') return;
  }
}

if (process.argv[2] === '--version') process.stdout.write(`${sqliteVersion()}\n`);
else await serve();
