/** Where PostgreSQL's programs are on this computer. Read-only. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { isExecutable, searchPath } from '../../machine/tools.ts';
import type { Detected } from '../target.ts';

/** Debian keeps the servers of several major versions here, none of them on PATH. */
const debianRoot = '/usr/lib/postgresql';
const needed = ['postgres', 'initdb'];

/** The directory with `postgres` and `initdb`: the first on PATH, else Debian's newest. */
export function findBinaries(path = searchPath(), root = debianRoot): string | undefined {
  const found = [...path.split(delimiter).filter(isAbsolute), ...debianDirectories(root)].find(isComplete);
  if (found === undefined) return undefined;
  // Behind a link lies the whole installation, pg_amcheck included.
  const real = dirname(realpathSync(join(found, 'postgres')));
  return isComplete(real) ? real : found;
}

function isComplete(directory: string): boolean {
  return needed.every((program) => isExecutable(join(directory, program)));
}

export async function detectPostgres(): Promise<Detected> {
  const directory = findBinaries();
  if (directory === undefined) {
    const sentence =
      `no PostgreSQL server on this computer: neither PATH nor ${debianRoot}/*/bin has postgres and initdb; ` +
      'apt-get install postgresql';
    return { found: false, sentence };
  }
  const path = join(directory, 'postgres');
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 20_000 });
    return { found: true, version: /\(PostgreSQL\) (\S+)/.exec(stdout)?.[1] ?? stdout.trim(), path };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { found: false, sentence: `${path} --version failed: ${why}` };
  }
}

function debianDirectories(root: string): string[] {
  if (!existsSync(root)) return [];
  const versions = readdirSync(root).filter((name) => /^\d+(\.\d+)?$/.test(name));
  return versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(root, version, 'bin'));
}
