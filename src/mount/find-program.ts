/** Where a program lies, by PATH; undefined when it is not installed. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export function findProgram(name: string): string | undefined {
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name));
  return candidates.find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The same, in the system's directories as well, which a user's PATH may lack. */
export function findSystemProgram(name: string): string | undefined {
  const system = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'];
  return findProgram(name) ?? system.map((folder) => join(folder, name)).find(isExecutable);
}
