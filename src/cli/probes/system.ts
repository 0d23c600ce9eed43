/** Probes of the computer itself: operating system, Node, memory, space. */
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { platform, release, tmpdir, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { formatSize } from '../../report/format.ts';
import { probe } from './probe.ts';
import type { Probe } from './probe.ts';

const minimumNode = [20, 12] as const;
const comfortableMemoryBytes = 512 * 1024 ** 2;
const comfortableSpaceBytes = 1024 ** 3;

export function probeNode(version = process.versions.node): Probe {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ok = major > minimumNode[0] || (major === minimumNode[0] && minor >= minimumNode[1]);
  if (ok) return probe('node', true, { ok, found: `Node ${version} (${process.execPath})` });
  return probe('node', true, {
    ok,
    found: `Node ${version} is too old`,
    help: `install Node ${minimumNode.join('.')} or newer`,
  });
}

export function probeKernel(): Probe {
  if (platform() === 'linux') return probe('kernel', true, { ok: true, found: `Linux ${release()}` });
  return probe('kernel', true, {
    ok: false,
    found: `${platform()} ${release()}`,
    help: 'run it on Linux, or in a Linux virtual machine or container that has /dev/fuse',
  });
}

export function probeMemory(): Probe {
  const availableBytes = availableMemoryBytes();
  const found = `${formatSize(availableBytes)} available of ${formatSize(totalmem())}`;
  if (availableBytes >= comfortableMemoryBytes) return probe('memory', false, { ok: true, found });
  return probe('memory', false, {
    ok: false,
    found,
    help: `the disk lives in memory: free ${formatSize(comfortableMemoryBytes)} or keep runs short`,
  });
}

/** Space where runs are stored and where work folders are. */
export function probeSpace(store: string): Probe[] {
  return [
    ['space for the store', nearestExisting(resolve(store))] as const,
    ['space for work folders', tmpdir()] as const,
  ].map(([name, directory]) => {
    const { bavail, bsize } = statfsSync(directory);
    const found = `${formatSize(bavail * bsize)} free at ${directory}`;
    if (bavail * bsize >= comfortableSpaceBytes) return probe(name, false, { ok: true, found });
    return probe(name, false, { ok: false, found, help: `free ${formatSize(comfortableSpaceBytes)} there` });
  });
}

function availableMemoryBytes(): number {
  const line = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'));
  return line?.[1] === undefined ? 0 : Number(line[1]) * 1024;
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}
