/**
 * What /proc tells about processes. Synchronous and short; a process that ends meanwhile is simply not there.
 * Never reads through a path on the disk: a frozen disk would hold the reader.
 */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** The children of a process, in the pid namespace of this /proc. */
export function childrenOf(pid: number): number[] {
  const listed = read(`/proc/${pid}/task/${pid}/children`);
  // Kernels without CONFIG_PROC_CHILDREN lack the file; a dead process lacks it too, and has no children then.
  if (listed !== undefined) return listed.split(' ').filter(Boolean).map(Number);
  return allPids().filter((candidate) => statusOf(candidate)?.parent === pid);
}

export interface ProcessStatus {
  /** R, S, D, T (stopped), Z (zombie), … */
  readonly state: string;
  readonly parent: number;
  /** When it started, in clock ticks since boot: with the pid it identifies a process. */
  readonly startTicks: number;
}

export function statusOf(pid: number): ProcessStatus | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name, in parentheses, may hold blanks and parentheses itself: fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent, startTicks] = [fields[0], Number(fields[1]), Number(fields[19])];
  return state === undefined ? undefined : { state, parent, startTicks };
}

/** The pid namespace of a process, as text that identifies it; `undefined` if it is gone. */
export function pidNamespaceOf(pid: number | 'self'): string | undefined {
  return link(`/proc/${pid}/ns/pid`);
}

/** The command line of a process, word by word; empty when it is gone. */
export function commandLineOf(pid: number | 'self'): string[] {
  return (read(`/proc/${pid}/cmdline`) ?? '').split('\0').slice(0, -1);
}

/** Every live process in a pid namespace (not in those nested within it). */
export function processesIn(pidNamespace: string): number[] {
  return allPids().filter((pid) => pidNamespaceOf(pid) === pidNamespace && statusOf(pid)?.state !== 'Z');
}

export function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function link(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}
