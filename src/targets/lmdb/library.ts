/**
 * Where lmdb's binding for Node is on this computer. It is the user's to install (an optional peer of powercut's): beside
 * powercut, or in the project that powercut is called from. Read-only.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtFile } from '../built-file.ts';
import type { Detected } from '../target.ts';

export const library = 'lmdb';
export const driverFile = 'targets/lmdb/driver.js';

const timeoutMs = 20_000;

/** The folder of the package. */
export function findLibrary(
  from: readonly string[] = [dirname(builtFile(driverFile)), process.cwd()],
): string | undefined {
  return from.map((directory) => findPackage(library, directory)).find((found) => found !== undefined);
}

/** A package as Node finds it from a folder: in the nearest node_modules up the tree that has it. */
export function findPackage(name: string, from: string): string | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate);
    if (directory === dirname(directory)) return undefined;
  }
}

export interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export function manifestOf(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
}

/** Loads it in a process of its own: powercut itself never does. `from`: where it is looked for. */
export async function detectLibrary(from?: readonly string[]): Promise<Detected> {
  const directory = findLibrary(from);
  if (directory === undefined) {
    return {
      found: false,
      sentence:
        'lmdb is not installed: `npm install lmdb`, here or beside powercut (it comes prebuilt for most platforms)',
    };
  }
  const complaint = await load(directory);
  if (complaint === undefined)
    return { found: true, version: manifestOf(directory).version, path: directory };
  return {
    found: false,
    sentence: `lmdb in ${directory} cannot be loaded: ${complaint}; install it anew (npm install lmdb)`,
  };
}

function load(directory: string): Promise<string | undefined> {
  const env = { ...process.env, POWERCUT_LMDB: entryOf(directory) };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [builtFile(driverFile), '--check'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: timeoutMs,
      env,
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.once('error', (error) => (errors += error.message));
    child.once('close', (code) => {
      const said = errors.split('\n').find((line) => /error/i.test(line)) ?? errors.trim();
      resolve(code === 0 ? undefined : said || `its process ended with code ${String(code)}`);
    });
  });
}

/** What `import 'lmdb'` loads. */
function entryOf(directory: string): string {
  return pathToFileURL(join(directory, 'node-index.js')).href;
}
