/** Where Redis's programs are on this computer. Read-only. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findProgram, searchPath } from '../../machine/tools.ts';
import type { Detected } from '../target.ts';

export const server = 'redis-server';

export async function detectRedis(path = searchPath()): Promise<Detected> {
  const file = findProgram(server, path);
  if (file === undefined) {
    return {
      found: false,
      sentence: `no Redis server on this computer: PATH has no ${server}; apt-get install redis-server`,
    };
  }
  try {
    const { stdout } = await promisify(execFile)(file, ['--version'], { timeout: 20_000 });
    return { found: true, version: /\bv=(\S+)/.exec(stdout)?.[1] ?? stdout.trim(), path: file };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { found: false, sentence: `${file} --version failed: ${why}` };
  }
}
