/**
 * A disk with a real file system on it: ext4, XFS or btrfs of this computer's kernel, on a loop device over a file that a process
 * of ours serves and cuts. It answers what any disk answers (mount/control.ts); what it can tell of files is less, since the
 * kernel does not say what it still holds in memory. Root only, and only in a box (machine/box.ts).
 */
import { basename, dirname } from 'node:path';
import type { DiskControl, DiskOptions } from '../mount/control.ts';
import { compiledFile, startDiskProcess } from '../mount/start-disk.ts';
import type { RealFileSystemName } from './real-file-system.ts';

export interface FileSystemDiskOptions extends Pick<
  DiskOptions,
  'mountPoint' | 'workDirectory' | 'capacityBytes' | 'memoryBytes' | 'opLogFile' | 'owner' | 'epochMs'
> {
  readonly fileSystem: RealFileSystemName;
}

/** Of a disk of which nobody said how large it is; what was never written costs nothing. */
export const usualSizeBytes = 2 * 1024 ** 3;
/** mkfs writes to all of it, and a run begins with mkfs. */
export const largestSizeBytes = 64 * 1024 ** 3;

/** Empty and not mounted yet. Rejects with a sentence when it cannot be. */
export function startFileSystemDisk(options: FileSystemDiskOptions): Promise<DiskControl> {
  return startDiskProcess(options, compiledFile(import.meta.url, 'file-system-process.js'));
}

/** How its device files are named, so that a loop device that somebody left can be told: after the run's work directory. */
export function deviceNamePrefix(workDirectory: string): string {
  return basename(dirname(workDirectory)).replaceAll(/[^\w.-]/g, '_') || 'powercut';
}
