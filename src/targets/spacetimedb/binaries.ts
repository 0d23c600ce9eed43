/**
 * Where SpacetimeDB's server is on this computer, and which version it is. Read-only. The program is
 * `spacetimedb-standalone`: Cargo installs it under that name, and `spacetime start` of the command line replaces itself by
 * the one beside it.
 */
import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { isExecutable, searchPath } from '../../machine/tools.ts';
import type { Detected } from '../target.ts';
import { driven, parseVersion } from './version.ts';

const program = 'spacetimedb-standalone';
const commandLine = 'spacetime';
/** For everybody who has Rust; scripts/install-spacetimedb.sh does the same in a shorter time. */
const install = 'cargo install spacetimedb-standalone --version 1.2.0 --locked';

/** The first of: PATH, Cargo's folder, beside the command line, the command line's own folder. */
export function findServer(path = searchPath(), home = homedir()): string | undefined {
  const onPath = path.split(delimiter).filter(isAbsolute);
  const beside = onPath
    .map((directory) => join(directory, commandLine))
    .filter(isExecutable)
    .map((file) => dirname(realpathSync(file)));
  const installed = [join(home, '.cargo/bin'), ...beside, join(home, '.local/share/spacetime/bin/current')];
  return [...onPath, ...installed].map((directory) => join(directory, program)).find(isExecutable);
}

const versionTimeoutMs = 20_000;

export async function detectServer(file = findServer()): Promise<Detected> {
  if (file === undefined) {
    const sentence = `no SpacetimeDB server on this computer: neither PATH nor ~/.cargo/bin nor the folder of \`${commandLine}\` has ${program}; ${install}`;
    return { found: false, sentence };
  }
  let said: string;
  try {
    said = (await promisify(execFile)(file, ['--version'], { timeout: versionTimeoutMs })).stdout;
  } catch (error) {
    const sentence = `${file} --version failed: ${whyOf(error)}; take it out of PATH, or install it anew: ${install}`;
    return { found: false, sentence };
  }
  const version = parseVersion(said);
  if (version === undefined) {
    return {
      found: false,
      sentence: `${file} --version says no version that could be understood: ${said.trim()}`,
    };
  }
  if (!driven(version)) {
    const sentence = `${file} is SpacetimeDB ${version}, which powercut does not drive (it drives 1.2.x and 2.x): ${install}`;
    return { found: false, sentence };
  }
  return { found: true, version, path: file };
}

/** Node's own message repeats the command, and no more. */
function whyOf(error: unknown): string {
  const { code, killed, stderr, message } = error as Error &
    Partial<Record<'code' | 'killed' | 'stderr', unknown>>;
  if (killed === true) return `no answer within ${versionTimeoutMs / 1000} s`;
  if (typeof code !== 'number') return message;
  const [said] = String(stderr ?? '')
    .trim()
    .split('\n');
  return `it ended with exit code ${code}${said === '' ? '' : `: ${said}`}`;
}
