/** A target on a machine, as a run would hold it: on a plain directory, where files can be looked at, or on the real disk. */
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createMachine } from '../../../src/machine/create-machine.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { createWorkDirectory } from '../../../src/machine/work-directory.ts';
import { startDisk } from '../../../src/mount/start-disk.ts';
import { resolveSettings } from '../../../src/targets/settings.ts';
import type { Client, Completion, Settings, Target, TargetInstance } from '../../../src/targets/target.ts';

export interface Rig {
  readonly machine: Machine;
  /** Off the disk; the unprivileged user passes through it. */
  readonly folder: string;
  /** What programs find on the disk; the real disk has none. */
  readonly plain: string;
  readonly logs: string;
  open(target: Target, settings?: Settings): TargetInstance;
  close(): Promise<void>;
}

const nobody = { uid: 65534, gid: 65534 };

/** A booted machine on a plain directory, or on a disk that forgets. */
export async function rig(on: 'directory' | 'disk'): Promise<Rig> {
  const work = await createWorkDirectory(nobody);
  const plain = join(work.path, 'plain');
  const logs = join(work.path, 'logs');
  for (const directory of [plain, logs]) mkdirSync(directory, { mode: 0o755 });
  chownSync(plain, nobody.uid, nobody.gid);
  const options = {
    mountPoint: work.mountPoint,
    workDirectory: work.control,
    profile: 'strict',
    pins: [],
    owner: nobody,
  };
  const disk = on === 'disk' ? await startDisk(options) : undefined;
  const machine = createMachine({
    disk,
    directory: work.mountPoint,
    ...(disk === undefined ? { plainDirectory: plain } : {}),
  });
  await machine.boot();
  const close = async (): Promise<void> => {
    await machine.close();
    await disk?.close();
    await work.remove();
  };
  const open = (target: Target, settings: Settings = {}): TargetInstance =>
    target.open({
      machine,
      settings: resolveSettings(target, settings),
      workload: 'set',
      logDirectory: logs,
      runDirectory: work.run,
    });
  return { machine, folder: work.path, plain, logs, open, close };
}

/** Set up and started. */
export async function started(made: Rig, target: Target, settings?: Settings): Promise<TargetInstance> {
  const instance = made.open(target, settings);
  await instance.setup();
  await instance.start();
  return instance;
}

/** Longer than any op takes on a slow computer. */
export const opTimeoutMs = 30_000;

export function add(client: Client, value: number): Promise<Completion> {
  return client.invoke({ f: 'add', value }, opTimeoutMs);
}

/** Everything that is stored, sorted; by a client of its own. */
export async function readAll(instance: TargetInstance): Promise<number[]> {
  const client = await instance.connect();
  const { type, value, error } = await client.invoke({ f: 'read' }, opTimeoutMs);
  await client.close();
  if (type !== 'ok' || !Array.isArray(value)) throw new Error(`read: ${type} ${error ?? ''}`);
  return (value as number[]).toSorted((a, b) => a - b);
}

/** Adds `each` numbers by each of `clients` clients at the same time; the acknowledged ones, sorted. */
export async function addByMany(instance: TargetInstance, clients: number, each: number): Promise<number[]> {
  const acknowledged: number[] = [];
  const work = async (client: Client, first: number): Promise<void> => {
    for (let value = first; value < first + each; value++) {
      if ((await add(client, value)).type === 'ok') acknowledged.push(value);
    }
    await client.close();
  };
  const connected = await Promise.all(Array.from({ length: clients }, () => instance.connect()));
  await Promise.all(connected.map((client, number) => work(client, number * each)));
  return acknowledged.sort((a, b) => a - b);
}

/** A directory that only its owner may enter, as a home directory is. */
export function makeHome(made: Rig): string {
  const home = join(made.folder, 'home');
  mkdirSync(home);
  chmodSync(home, 0o700);
  return home;
}
