// What is compared: our disk in both ways of writing, and the directories that were given. Each has a measuring process; pinning
// moves that process and the server behind the directory, where it is known, to the same core.
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDisk } from '../../dist/mount/start-disk.js';
import { children, prefer } from './processes.mjs';

const clientFile = fileURLToPath(new URL('./client.mjs', import.meta.url));

export async function ownDisk(writes, timedMs) {
  const folder = mkdtempSync(join(tmpdir(), 'powercut-bench-'));
  const mountPoint = join(folder, 'disk');
  mkdirSync(mountPoint);
  chmodSync(folder, 0o755);
  const before = new Set(children());
  // As a run has it: the op log on.
  const disk = await startDisk({
    mountPoint,
    workDirectory: join(folder, 'control'),
    opLogFile: join(folder, 'ops.jsonl'),
    profile: 'strict',
    pins: [],
    owner: { uid: 0, gid: 0 },
    writes,
  });
  await disk.request('mount');
  const servers = children().filter((pid) => !before.has(pid));
  const system = await measured(`powercut, ${writes}`, mountPoint, servers, timedMs);
  const close = async () => {
    await system.close();
    await disk.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...system, close };
}

export async function givenDirectory(name, directory, server, timedMs) {
  const folder = mkdtempSync(join(directory, 'powercut-bench-'));
  const system = await measured(name, folder, server === undefined ? [] : [server], timedMs);
  const close = async () => {
    await system.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...system, close };
}

async function measured(name, directory, servers, timedMs) {
  // Servers that refuse to be root's must get there.
  chmodSync(directory, 0o755);
  const client = fork(clientFile, [directory, String(timedMs), servers.join(',')]);
  await once(client, 'message');
  for (const pid of [client.pid, ...servers]) prefer(pid);
  const measure = async (workload) => {
    client.send({ name: workload });
    const [{ error, ...figures }] = await once(client, 'message');
    if (error !== undefined) console.error(`${name}: ${workload}: ${error}`);
    return figures;
  };
  const close = async () => {
    client.disconnect();
    await once(client, 'exit');
  };
  return { name, measure, close, pin: (cores) => [client.pid, ...servers].forEach((pid) => pin(pid, cores)) };
}

function pin(pid, cores) {
  const { status, stderr } = spawnSync('taskset', ['-a', '-c', '-p', cores, String(pid)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`taskset cannot move ${pid} to ${cores}: ${stderr.trim()}`);
}
