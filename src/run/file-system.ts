/** The real file system of a run, as its results tell of it. */
import { spawnSync } from 'node:child_process';
import { release } from 'node:os';
import { usualSizeBytes } from '../device/file-system-disk.ts';
import { realFileSystem } from '../device/real-file-system.ts';
import { searchPath } from '../machine/tools.ts';
import type { Results } from '../report/results.ts';
import type { TestOptions } from './options.ts';

export function describeFileSystem({
  fileSystem,
  room,
}: Pick<TestOptions, 'fileSystem' | 'room'>): Results['fileSystem'] {
  const found = fileSystem === undefined ? undefined : realFileSystem(fileSystem);
  if (found === undefined) return undefined;
  return {
    name: found.name,
    kernel: release(),
    mkfs: `${found.mkfsOnZeros.join(' ')} (${versionOf(found.mkfsOnZeros[0])})`,
    mountOptions: found.usualMountOptions,
    sizeBytes: room.capacityBytes ?? usualSizeBytes,
  };
}

function versionOf(program: string): string {
  const { stdout, stderr } = spawnSync(program, ['-V'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: searchPath() },
  });
  return /\d+(?:\.\d+)+/.exec(`${stdout}${stderr}`)?.[0] ?? 'unknown version';
}
