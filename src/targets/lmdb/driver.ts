/**
 * LMDB behind the driver protocol: one process a client or one for all, the real library, nothing between it and the disk. It runs in the
 * machine from a copy (staging.ts), so that it may import nothing of powercut but what is staged with it.
 *
 * A write that LMDB rejects may have reached the file before the step that failed: nobody knows. Reads go through the memory
 * map, so that a damaged file may end the process by a signal; powercut sees that.
 */
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { open as openDatabase, RootDatabase } from 'lmdb';
import { needleOf } from '../needle.ts';

/** Relative to the disk's directory, where drivers are started. */
const file = 'elements.mdb';
const maxLines = 20;

interface Request {
  readonly id: number;
  readonly f: string;
  readonly value?: unknown;
  readonly workload?: string;
  readonly settings?: Readonly<Record<string, string>>;
}
type Reply = { readonly type: 'ok' | 'fail' | 'info' } & Readonly<Record<string, unknown>>;
type Database = RootDatabase<string, number>;

/** Where the library is an optional one of the user's, powercut says which. */
const { open } = (await import(process.env['POWERCUT_LMDB'] ?? 'lmdb')) as { open: typeof openDatabase };

let database: Database | undefined;
let workload = 'set';
let settings: Readonly<Record<string, string>> = {};

async function handle(request: Request): Promise<Reply> {
  switch (request.f) {
    case 'hello':
      ({ workload = workload, settings = settings } = request);
      if (existsSync(file)) openFile();
      return { type: 'ok', name: 'lmdb', processes: setting('processes') };
    case 'setup':
      openFile();
      return { type: 'ok' };
    case 'add':
      await add(request.value);
      return { type: 'ok' };
    case 'read':
      return { type: 'ok', value: [...latest().getKeys()] };
    case 'verify': {
      const lines = wrongEntries();
      return { type: 'ok', ok: lines.length === 0, method: 'a walk over every entry and its tag', lines };
    }
    case 'close':
      await database?.close();
      return { type: 'ok' };
    default:
      return { type: 'fail', error: `unknown f: ${request.f}` };
  }
}

function openFile(): Database {
  const noSync = setting('sync') === 'noSync';
  database = open<string, number>({
    path: file,
    encoding: 'string',
    noSync,
    noMetaSync: setting('sync') === 'noMetaSync',
    overlappingSync: setting('overlappingSync') === 'yes' && !noSync,
    useWritemap: setting('useWritemap') === 'yes',
    ...(setting('mapSize') === 'auto' ? {} : { mapSize: Number(setting('mapSize')) * 1024 ** 2 }),
    // Its types leave out what its documentation has.
    ...{ mapAsync: setting('mapAsync') === 'yes' },
  });
  return database;
}

async function add(value: unknown): Promise<void> {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new Error(`an element is a whole number, not ${JSON.stringify(value)}`);
  }
  await opened().put(value, needleOf(workload, value));
}

/** As of now, not of this process's last read. */
function latest(): Database {
  opened().resetReadTxn();
  return opened();
}

/** An entry that is whole for LMDB may still hold bytes that were never written there. */
function wrongEntries(): string[] {
  const lines: string[] = [];
  let count = 0;
  for (const { key, value } of latest().getRange()) {
    count++;
    if (value !== needleOf(workload, key) && lines.length < maxLines) {
      lines.push(`entry ${String(key)} has the tag ${JSON.stringify(value)}`);
    }
  }
  const { entryCount } = opened().getStats() as { entryCount: number };
  if (entryCount !== count) lines.push(`it counts ${entryCount} entries and has ${count}`);
  return lines;
}

function opened(): Database {
  if (database === undefined) throw new Error(`${file} is not there`);
  return database;
}

function setting(name: string): string {
  const value = settings[name];
  if (value === undefined) throw new Error(`setting ${name} is missing`);
  return value;
}

/** Requests of several clients run at the same time; a client sends its next one after its answer. */
async function serve(): Promise<void> {
  const running = new Set<Promise<void>>();
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request;
    // What is under way is finished before the end.
    if (request.f === 'close') await Promise.all(running);
    const answering = answer(request).finally(() => running.delete(answering));
    running.add(answering);
    if (request.f === 'close') return answering;
  }
}

async function answer(request: Request): Promise<void> {
  const reply = await handle(request).catch((error: unknown): Reply => {
    const message = error instanceof Error ? error.message : String(error);
    return { type: request.f === 'add' ? 'info' : 'fail', error: message };
  });
  process.stdout.write(`${JSON.stringify({ id: request.id, ...reply })}\n`);
}

if (process.argv[2] !== '--check') await serve();
