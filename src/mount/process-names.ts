/**
 * Names of the processes behind ops, read from /proc at first sight: later the process may be gone. A pid's name is read
 * again after a second, because fork and exec share a pid and pids come back.
 */
import { readFileSync } from 'node:fs';

const refreshMs = 1000;
const keepAtMost = 10_000;

export class ProcessNames {
  readonly #read: (pid: number) => string | undefined;
  readonly #known = new Map<number, { name: string; readMs: number }>();

  constructor(read: (pid: number) => string | undefined = readName) {
    this.#read = read;
  }

  /** Notes the process behind an op that is being made at `nowMs`; its name, where there is one. */
  see(pid: number, nowMs: number): string | undefined {
    const known = this.#known.get(pid);
    if (known !== undefined && nowMs - known.readMs < refreshMs) return known.name;
    if (pid === 0) return undefined;
    const name = this.#read(pid);
    if (name === undefined) return known?.name;
    if (known !== undefined) {
      known.name = name;
      known.readMs = nowMs;
    } else {
      if (this.#known.size >= keepAtMost) this.#known.clear();
      this.#known.set(pid, { name, readMs: nowMs });
    }
    return name;
  }

  /** The name of a process seen earlier. */
  nameOf(pid: number): string | undefined {
    return this.#known.get(pid)?.name;
  }
}

/** FUSE names the calling thread; threads are called after their work, so the name is the process's. */
function readName(thread: number): string | undefined {
  try {
    const status = readFileSync(`/proc/${thread}/status`, 'latin1');
    const process = /^Tgid:\s*(\d+)$/m.exec(status)?.[1];
    return readFileSync(`/proc/${process ?? thread}/comm`, 'utf8').trimEnd();
  } catch {
    // Gone already, or hidden from this user.
    return undefined;
  }
}
