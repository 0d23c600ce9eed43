/**
 * Powercut without root lives in a user namespace that knows one user only: it is root there, with root's rights over the
 * mounts and processes of that namespace and nobody else's, and whatever belongs to anybody else belongs to no one. So the
 * disk and its programs are that user's, too. Read from the kernel's maps (user_namespaces(7)), because a user id of 0
 * alone does not tell. Only looks.
 */
import { readFileSync } from 'node:fs';

export interface SoleUser {
  /** Who the user is outside of the namespace. */
  readonly uid: number;
  readonly gid: number;
}

/** As powercut sees its only user from inside. */
export const soleOwner = { uid: 0, gid: 0 } as const;

/** Servers refuse to run as root, also as one who is root nowhere else. */
const nobody = 65534;

/** The only user of this process's user namespace, if it is root of one that has no other. */
export function soleUser(readMap: (file: string) => string = read): SoleUser | undefined {
  const uid = onlyId(readMap('/proc/self/uid_map'));
  const gid = onlyId(readMap('/proc/self/gid_map'));
  if (uid === undefined || gid === undefined) return undefined;
  return { uid: uid === 0 ? nobody : uid, gid: gid === 0 ? nobody : gid };
}

/** Lines of a map: first id inside, first id outside, how many. */
function onlyId(map: string): number | undefined {
  const lines = map.split('\n').filter((line) => line.trim() !== '');
  const [inside, outside, count] = lines[0]?.trim().split(/\s+/).map(Number) ?? [];
  return lines.length === 1 && inside === 0 && count === 1 ? outside : undefined;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // A kernel without user namespaces.
    return '';
  }
}
