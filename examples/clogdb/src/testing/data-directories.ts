/** Data directories for tests, and what a crash may leave of them. */
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Barriers, defences } from '../barriers.ts';
import type { BarrierName } from '../barriers.ts';
import { Database } from '../database.ts';
import type { Config } from '../start-files.ts';
import type { Operation, State } from '../transaction.ts';

/** Neither segments nor snapshots unless a test asks for them. */
const roomy: Config = { segment_size_bytes: 1_000_000, snapshot_interval: 1_000_000 };

/** Without any: these tests tear files themselves, and a sync of a busy disk takes its time. */
export const noBarriers = new Barriers(Object.keys(defences) as BarrierName[]);

export class DataDirectories {
  readonly #parents: string[] = [];
  readonly #databases: Database[] = [];

  /** Of a directory that does not exist yet. */
  fresh(): string {
    const parent = mkdtempSync(join(tmpdir(), 'clogdb-'));
    this.#parents.push(parent);
    return join(parent, 'data');
  }

  async open(data: string, config: Partial<Config> = {}): Promise<Database> {
    const database = await Database.open(data, { ...roomy, ...config }, noBarriers);
    this.#databases.push(database);
    return database;
  }

  /** Opened, with so many transactions, one after the other; and closed. */
  async filled(count: number, config: Partial<Config> = {}): Promise<string> {
    const data = this.fresh();
    const database = await this.open(data, config);
    await putMany(database, 1, count);
    await database.close();
    return data;
  }

  /** A copy of the files as they are: what a kill of the server leaves, whose pid file names no living process. */
  killed(data: string): string {
    const copy = this.fresh();
    cpSync(data, copy, { recursive: true });
    rmSync(join(copy, 'clogdb.pid'), { force: true });
    return copy;
  }

  async remove(): Promise<void> {
    for (const database of this.#databases) await database.close();
    for (const parent of this.#parents) rmSync(parent, { recursive: true });
  }
}

/** `key1` … with their numbers. */
export async function putMany(database: Database, first: number, last: number): Promise<void> {
  for (let number = first; number <= last; number++)
    await database.transact([['put', `key${number}`, number]], true);
}

export async function everything(database: Database): Promise<State> {
  const scan: Operation = ['scan', ''];
  const { results } = await database.transact([scan], true);
  return new Map(results[0] as [string, number][]);
}

/** `key1` to `key<count>`. */
export function numbers(count: number): State {
  return new Map(Array.from({ length: count }, (_, index) => [`key${index + 1}`, index + 1]));
}

/** Full paths of the files in `clog` with this suffix, ascending. */
export function segmentFiles(data: string, suffix = '.clog.log'): string[] {
  const names = readdirSync(join(data, 'clog')).filter((name) => name.endsWith(suffix));
  return names.sort().map((name) => join(data, 'clog', name));
}
