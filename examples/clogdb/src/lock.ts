/**
 * The pid file, and the lock that it is. It names its process by pid, start time and boot, so that one that a crash left
 * behind is never taken for a living one. No barrier: a lost or stale pid file is harmless.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Throws a sentence when a living process holds it. Returns what gives it back. */
export function takeLock(path: string): () => void {
  const own = `${path}.${process.pid}`;
  rmSync(own, { force: true });
  writeFileSync(own, identityOf(process.pid) ?? `${process.pid}`);
  try {
    for (;;) {
      // By link(2) the file is there with its content or not at all.
      if (unless('EEXIST', () => linkSync(own, path))) return () => rmSync(path, { force: true });
      const holder = readOrEmpty(path);
      const pid = Number(holder.split(' ')[0]);
      if (holder !== '' && identityOf(pid) === holder) {
        throw new Error(`${path}: process ${pid} has this data directory open`);
      }
      const aside = `${own}.stale`;
      if (!unless('ENOENT', () => renameSync(path, aside))) continue;
      // Another start may have been faster and have put its own there: that one is given back.
      if (readOrEmpty(aside) !== holder) unless('EEXIST', () => linkSync(aside, path));
      rmSync(aside);
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** False where it failed with that code; other errors are thrown. */
function unless(code: string, act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return false;
    throw error;
  }
}

/** `pid start-time boot`, or nothing where no such process lives. */
function identityOf(pid: number): string | undefined {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  // Fields count from behind the name, which may hold anything: the state is the 3rd, the start time the 22nd.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  if (startTime === undefined || state === 'Z' || state === 'X') return undefined;
  return `${pid} ${startTime} ${readOrEmpty('/proc/sys/kernel/random/boot_id').trim()}`;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
