/**
 * Where things lie in the data directory:
 *
 *     metadata.toml  config.toml  clogdb.pid
 *     clog/<first offset>.clog.log, .clog.ofs
 *     snapshots/<offset>.snapshot_dir/<offset>.snapshot, objects/xx/…
 */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BarrierName, Barriers } from './barriers.ts';

export const clogIn = (data: string): string => join(data, 'clog');
export const snapshotsIn = (data: string): string => join(data, 'snapshots');

/** The data directory, and the barriers that are passed in it. */
export interface Disk {
  readonly data: string;
  readonly barriers: Barriers;
}

/** Offsets in names have 20 digits, so that names sort as numbers do. */
export function digits(offset: number): string {
  return String(offset).padStart(20, '0');
}

/** The offset in a name like `<20 digits><suffix>`. */
export function offsetIn(name: string, suffix: string): number | undefined {
  const number = name.slice(0, -suffix.length);
  return name.endsWith(suffix) && /^\d{20}$/.test(number) ? Number(number) : undefined;
}

/** Under its name a file is the old one or the new one as a whole; which of them after a cut, the caller has to settle. */
export async function replaceFile(
  disk: Disk,
  name: string,
  content: string | Buffer,
  barrier: BarrierName,
): Promise<void> {
  const path = join(disk.data, name);
  await writeFile(`${path}.tmp`, content);
  await disk.barriers.path(barrier, `${path}.tmp`);
  await rename(`${path}.tmp`, path);
}
