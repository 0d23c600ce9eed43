/** The kernel's table of mounts (/proc/PID/mountinfo, proc(5)), as far as powercut asks it. */
import { readFileSync } from 'node:fs';

export interface MountEntry {
  readonly mountPoint: string;
  readonly type: string;
  readonly source: string;
  /** `major:minor`; of a FUSE mount the minor is the number of its connection. */
  readonly device: string;
}

/** What a powercut disk calls itself as a mount's source, before the path of its control socket. */
export const sourcePrefix = 'powercut:';
/** What a disk that stands in for LazyFS calls itself: its users look for the name. */
export const lazyFsPrefix = 'lazyfs:';

export function mountTable(
  text: string = readFileSync('/proc/self/mountinfo', 'utf8'),
): readonly MountEntry[] {
  const entries: MountEntry[] = [];
  for (const line of text.split('\n')) {
    // "36 35 98:0 /root /mnt rw,noatime shared:1 … - type source options": optional fields end at the lone hyphen.
    const [before, after] = line.split(' - ', 2);
    const [, , device, , mountPoint] = before?.split(' ') ?? [];
    const [type, source] = after?.split(' ') ?? [];
    if (device === undefined || mountPoint === undefined || type === undefined || source === undefined)
      continue;
    entries.push({ mountPoint: unescapeField(mountPoint), type, source: unescapeField(source), device });
  }
  return entries;
}

/** The mount on top at `directory`, if there is one. Asks only the table: a dead or frozen mount cannot block it. */
export function mountAt(
  directory: string,
  table: readonly MountEntry[] = mountTable(),
): MountEntry | undefined {
  return table.findLast((entry) => entry.mountPoint === directory);
}

/** The control socket's path that a powercut mount names, or undefined for other mounts. */
export function controlSocketOf(entry: MountEntry): string | undefined {
  if (entry.type !== 'fuse') return undefined;
  const prefix = [sourcePrefix, lazyFsPrefix].find((each) => entry.source.startsWith(`${each}/`));
  return prefix === undefined ? undefined : entry.source.slice(prefix.length);
}

/** As the kernel writes a path into the table: space, tab, newline and backslash as octal. */
export function escapeField(text: string): string {
  return text.replace(/[ \t\n\\#]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

function unescapeField(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
