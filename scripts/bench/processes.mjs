// Processes and the processor time they spend, as /proc says.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** Of all threads of a process, in the kernel too. */
export function spentByMs(pid) {
  return readdirSync(`/proc/${pid}/task`).reduce(
    (sum, thread) =>
      sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6,
    0,
  );
}

/** The children of this process. */
export function children() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] === String(process.pid);
      } catch {
        return false;
      }
    });
}

/** Ahead of whatever else runs here, all systems alike: what is measured is how fast they are, not how busy the computer is. */
export function prefer(pid) {
  preferSession(pid);
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      setPriority(Number(thread), constants.priority.PRIORITY_HIGHEST);
    } catch {
      // Not root: then it is measured among the rest.
    }
  }
}

/**
 * Sessions share the processor first, and their processes after that: a server in a session of its own would wait for others. Where
 * all sessions that take part are ahead, they share it among themselves as on a computer that has nothing else to do.
 */
export function preferSession(pid) {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(constants.priority.PRIORITY_HIGHEST));
  } catch {
    // A kernel that does not group by session, or not root.
  }
}
