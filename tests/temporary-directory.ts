/**
 * The temporary directory of one run of the end-to-end tests: its own, so that two runs on one computer do not clear away or
 * count each other's leftovers, and so that what the whole run leaves behind is seen at its end.
 */
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function setup(): () => void {
  // Short: paths of sockets lie in it, and they have 107 bytes.
  const directory = mkdtempSync(join(tmpdir(), 'pct-'));
  // As /tmp: tests run programs as other users.
  chmodSync(directory, 0o1777);
  process.env['TMPDIR'] = directory;
  return () => {
    const left = readdirSync(directory);
    rmSync(directory, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`the end-to-end tests left behind: ${left.join(', ')}`);
  };
}
