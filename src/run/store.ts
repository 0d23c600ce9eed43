/**
 * The store of one run: `store/<test>/<time>/` and `store/latest`. Folders are 0700 and files 0600: what a database under
 * test holds is nobody else's business. A store with results.json is complete: it is written last.
 */
import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { UsageError } from '../targets/usage-error.ts';

export interface RunStore {
  readonly directory: string;
  readonly historyFile: string;
  readonly opLogFile: string;
  readonly resultsFile: string;
  readonly runFile: string;
  readonly pageFile: string;
  readonly logsDirectory: string;
  readonly findingsDirectory: string;
  /** Makes `findings/N` and returns it. */
  findingDirectory(number: number): string;
}

export function storeAt(directory: string): RunStore {
  const findingsDirectory = join(directory, 'findings');
  return {
    directory,
    historyFile: join(directory, 'history.jsonl'),
    opLogFile: join(directory, 'disk-ops.jsonl'),
    resultsFile: join(directory, 'results.json'),
    runFile: join(directory, 'run.json'),
    pageFile: join(directory, 'report.html'),
    logsDirectory: join(directory, 'logs'),
    findingsDirectory,
    findingDirectory: (number) => makeDirectory(join(findingsDirectory, String(number))),
  };
}

/** Makes the run's folder, which nobody else has, and points `latest` at it. */
export function createStore(root: string, testName: string, startedAt: Date): RunStore {
  const time = startedAt.toISOString().replaceAll(/[-:]/g, '');
  const parent = makeDirectory(resolve(root, testName));
  const store = storeAt(makeOwn(join(parent, time)));
  makeDirectory(store.logsDirectory);
  pointLatest(resolve(root), store.directory);
  return store;
}

export function writeJson(file: string, value: unknown): void {
  writeWhole(file, `${JSON.stringify(value, null, 2)}\n`);
}

/** Whole or not at all: a reader never meets half a file. */
export function writeWhole(file: string, text: string): void {
  const temporary = `${file}.tmp`;
  try {
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Throws a UsageError where the file is not what powercut wrote. */
export function readJson<Value>(file: string): Value {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`${file} is not JSON: ${error.message}`, { cause: error });
  }
}

function makeDirectory(directory: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

/** Two runs may begin in the same millisecond. */
function makeOwn(wanted: string): string {
  for (let attempt = 1; ; attempt++) {
    const directory = attempt === 1 ? wanted : `${wanted}-${attempt}`;
    try {
      mkdirSync(directory, { mode: 0o700 });
      return directory;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Atomically: there is always a `latest`, whoever makes one at the same time. */
function pointLatest(root: string, directory: string): void {
  const link = join(root, 'latest');
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === false) {
    throw new UsageError(`${link} is not a link that powercut made: move it away, or choose another --store`);
  }
  const temporary = join(root, `.latest-${randomUUID()}`);
  symlinkSync(relative(root, directory), temporary);
  renameSync(temporary, link);
}
