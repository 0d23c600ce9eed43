/**
 * Copies the compiled clogdb into the run directory, where programs in a machine can read it: they run as an unprivileged user,
 * who can read neither a checkout in root's home nor files that were installed under a strict umask.
 */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { builtFile } from '../built-file.ts';

/** The path of the staged program. */
export function stageClogdb(runDirectory: string): string {
  const from = dirname(builtFile('examples/clogdb/main.js'));
  const to = join(runDirectory, 'clogdb');
  mkdirSync(to, { recursive: true });
  chmodSync(to, 0o755);
  for (const name of readdirSync(from).filter((each) => each.endsWith('.js'))) {
    copyFileSync(join(from, name), join(to, name));
    chmodSync(join(to, name), 0o644);
  }
  writeFileSync(join(to, 'package.json'), '{ "type": "module" }\n');
  chmodSync(join(to, 'package.json'), 0o644);
  return join(to, 'main.js');
}
