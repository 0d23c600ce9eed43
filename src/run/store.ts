/**
 * The store of one run: `store/<test>/<time>/` and `store/latest`. Folders are 0700 and files 0600: what a database under
 * test holds is nobody else's business.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export interface RunStore {
  readonly directory: string;
  readonly historyFile: string;
  readonly opLogFile: string;
  readonly resultsFile: string;
  readonly runFile: string;
  readonly pageFile: string;
  readonly logsDirectory: string;
  /** Makes `findings/N` and returns it. */
  findingDirectory(number: number): string;
}

export function storeAt(directory: string): RunStore {
  return {
    directory,
    historyFile: join(directory, 'history.jsonl'),
    opLogFile: join(directory, 'disk-ops.jsonl'),
    resultsFile: join(directory, 'results.json'),
    runFile: join(directory, 'run.json'),
    pageFile: join(directory, 'report.html'),
    logsDirectory: join(directory, 'logs'),
    findingDirectory: (number) => makeDirectory(join(directory, 'findings', String(number))),
  };
}

/** Makes the run's folder and points `latest` at it. */
export function createStore(root: string, testName: string, startedAt: Date): RunStore {
  const time = startedAt.toISOString().replaceAll(/[-:]/g, '');
  const directory = resolve(root, testName, time);
  makeDirectory(directory);
  const store = storeAt(directory);
  makeDirectory(store.logsDirectory);
  pointLatest(resolve(root), directory);
  return store;
}

export function writeJson(file: string, value: unknown): void {
  // Whole or not at all: a reader never meets half a file.
  const temporary = `${file}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, file);
}

export function readJson<Value>(file: string): Value {
  return JSON.parse(readFileSync(file, 'utf8')) as Value;
}

function makeDirectory(directory: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

function pointLatest(root: string, directory: string): void {
  const link = join(root, 'latest');
  const temporary = join(root, `.latest-${process.pid}`);
  rmSync(temporary, { force: true });
  symlinkSync(relative(root, directory), temporary);
  renameSync(temporary, link);
}
