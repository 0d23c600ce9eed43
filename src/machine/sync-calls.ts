/**
 * Who calls sync(2) and syncfs(2) among the programs that powercut starts. The kernel does not pass these calls on to a FUSE disk,
 * so that what a program entrusts to them counts as un-synced: a reader of a verdict has to know. Heard through a tracing instance
 * of powercut's own, which only root can have; where there is none nothing is heard, and nothing else changes.
 * (sync_file_range(2) promises nothing on any disk: "none of these operations writes out the file's metadata", its manual page.)
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toolFile } from './tools.ts';

export interface SyncCalls {
  readonly program: string;
  readonly call: 'sync' | 'syncfs';
  readonly count: number;
}

export interface SyncWatch {
  /** What was called so far; ends the watch. */
  end(): readonly SyncCalls[];
}

const tracing = '/sys/kernel/tracing';
const instanceName = /^powercut-[0-9a-f]{12}$/;
const calls = ['sync', 'syncfs'] as const;
/** For each processor: some hundreds of calls. What comes after more of them is not told apart from what came before. */
const bufferKiB = 32;

/**
 * Follows the children that this process starts from now on, and theirs. Call it from the main thread, in a mount namespace of
 * powercut's own: tracefs is mounted there if need be. Costs some ten milliseconds.
 */
export function watchSyncCalls(): SyncWatch | undefined {
  const instance = join(tracing, 'instances', `powercut-${randomBytes(6).toString('hex')}`);
  try {
    if (!isMounted() && !mountTracing()) return undefined;
    removeAbandoned();
    mkdirSync(instance);
  } catch {
    return undefined;
  }
  try {
    follow(instance);
    return { end: () => ending(instance) };
  } catch {
    remove(instance);
    return undefined;
  }
}

/** Pure: the calls that a trace tells of, the most frequent first. */
export function parseTrace(trace: string): readonly SyncCalls[] {
  const found = new Map<string, SyncCalls>();
  for (const [, program, call] of trace.matchAll(
    /^\s*(.+)-\d+\s+\[\d+\]\s+\S+\s+[\d.]+: sys_(sync|syncfs)\(/gm,
  )) {
    const key = `${call} ${program}`;
    const count = (found.get(key)?.count ?? 0) + 1;
    found.set(key, { program: program!, call: call as SyncCalls['call'], count });
  }
  return [...found.values()].sort((a, b) => b.count - a.count);
}

function isMounted(): boolean {
  try {
    return readdirSync(tracing).includes('instances');
  } catch {
    return false;
  }
}

function mountTracing(): boolean {
  const mount = [toolFile('mount'), '-n', '-t', 'tracefs', 'tracefs', tracing] as const;
  return spawnSync(mount[0], mount.slice(1), { stdio: 'ignore' }).status === 0;
}

function follow(instance: string): void {
  const write = (file: string, text: string) => writeFileSync(join(instance, file), text);
  write('buffer_size_kb', String(bufferKiB));
  // The kernel traces by the pids of its first namespace, which nothing else tells a process in another one.
  write('trace_marker', 'here');
  const pid = /-(\d+)\s+\[\d+\][^:]*: tracing_mark_write: here/.exec(readTrace(instance))?.[1];
  if (pid === undefined) throw new Error('the trace does not show its own mark');
  write('set_event_pid', pid);
  write('options/event-fork', '1');
  for (const call of calls) write(`events/syscalls/sys_enter_${call}/enable`, '1');
}

function ending(instance: string): readonly SyncCalls[] {
  try {
    return parseTrace(readTrace(instance));
  } catch {
    return [];
  } finally {
    remove(instance);
  }
}

function readTrace(instance: string): string {
  return readFileSync(join(instance, 'trace'), 'utf8');
}

function remove(instance: string): void {
  try {
    rmdirSync(instance);
  } catch {
    // Taken away already, or read by somebody: the next run tries again.
  }
}

/** Of a powercut that was killed: the kernel strikes out the pids of the dead, so nobody is left in its list. */
function removeAbandoned(): void {
  const directory = join(tracing, 'instances');
  for (const name of readdirSync(directory).filter((each) => instanceName.test(each))) {
    const instance = join(directory, name);
    try {
      const followed = readFileSync(join(instance, 'set_event_pid'), 'utf8').trim();
      if (/^(no pid)?$/.test(followed)) remove(instance);
    } catch {
      // Its own powercut has just removed it.
    }
  }
}
