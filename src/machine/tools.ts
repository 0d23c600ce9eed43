/**
 * The programs of the system that machines are made of, and how they are found. Everything here is read-only: nothing is
 * started and nothing is installed.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { UnavailableError } from './unavailable.ts';

/** Every program that a machine and its box need, with the Debian package that has it. */
export const machineTools = [
  { program: 'unshare', package: 'util-linux' },
  { program: 'nsenter', package: 'util-linux' },
  { program: 'setpriv', package: 'util-linux' },
  { program: 'setsid', package: 'util-linux' },
  { program: 'mount', package: 'mount' },
  { program: 'umount', package: 'mount' },
  { program: 'sh', package: 'dash' },
  { program: 'cat', package: 'coreutils' },
  { program: 'mkdir', package: 'coreutils' },
] as const satisfies readonly { program: string; package: string }[];

/** Those of `machineTools` that this computer lacks. */
export function missingTools(): { program: string; package: string }[] {
  return machineTools.filter(({ program }) => findProgram(program, searchPath()) === undefined);
}

/** Throws a sentence that names the missing programs and their packages. */
export function requireTools(): void {
  const missing = missingTools();
  if (missing.length === 0) return;
  const programs = missing.map(({ program }) => program).join(', ');
  const packages = [...new Set(missing.map((tool) => tool.package))].join(' ');
  throw new UnavailableError(
    `powercut needs ${programs}, which this computer lacks: install the package ${packages} (apt-get install ${packages})`,
  );
}

/** The file of a tool, whatever PATH a program was given; throws a sentence where it is missing. */
export function toolFile(program: (typeof machineTools)[number]['program']): string {
  const file = findProgram(program, searchPath());
  if (file !== undefined) return file;
  requireTools();
  throw new UnavailableError(`${program} was removed while powercut ran`);
}

/** Where programs are looked for: the caller's PATH, and the system's directories, which a user's PATH may lack. */
export function searchPath(): string {
  const own = (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  const system = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  return [...new Set([...own, ...system])].join(delimiter);
}

/** The file that a name without a slash stands for, or `undefined`. Directories for which `skip` holds are not looked at. */
export function findProgram(
  name: string,
  path: string,
  skip: (directory: string) => boolean = () => false,
): string | undefined {
  for (const directory of path.split(delimiter)) {
    if (!isAbsolute(directory) || skip(directory)) continue;
    const file = join(directory, name);
    if (isExecutable(file)) return file;
  }
  return undefined;
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
