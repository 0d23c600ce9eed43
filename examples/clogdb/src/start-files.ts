/**
 * The two small files that every start reads. config.toml is written once; metadata.toml at every start, because it counts
 * them: a number that must never go back, or two transactions would have one name.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from './layout.ts';
import type { Disk } from './layout.ts';
import type { Recovered } from './recovery.ts';
import { formatToml, parseToml } from './toml.ts';

export interface Config {
  /** A segment of this size is followed by a new one. */
  readonly segment_size_bytes: number;
  /** Transactions from one snapshot to the next. */
  readonly snapshot_interval: number;
}

const formatVersion = 1;

export async function readOrWriteConfig(disk: Disk, config: Config): Promise<Config> {
  const path = join(disk.data, 'config.toml');
  if (!existsSync(path)) {
    // Defends against: a cut after the first start, which would leave an empty file. No barrier for the name: without the
    // file a start writes it anew, and the next barrier for names in this directory (metadata-name) covers it.
    const text = formatToml('Written at the first start; edit and restart.', { ...config });
    await replaceFile(disk, 'config.toml', text, 'config-file');
  }
  return parseToml('config.toml', readFileSync(path, 'utf8'), ['segment_size_bytes', 'snapshot_interval']);
}

/** The epoch of the start before; nothing where there is no metadata.toml. */
export function readEpoch({ data }: Disk): number | undefined {
  const path = join(data, 'metadata.toml');
  if (!existsSync(path)) return undefined;
  const { version, epoch } = parseToml('metadata.toml', readFileSync(path, 'utf8'), ['version', 'epoch']);
  if (version !== formatVersion) throw new Error(`metadata.toml: version ${version} is not ${formatVersion}`);
  return epoch;
}

/** The epoch of this start. Throws where the one before does not fit what was recovered. */
export function nextEpoch(epoch: number | undefined, { newest, snapshot }: Recovered): number {
  if (epoch === undefined && (newest !== undefined || snapshot > 0)) {
    throw new Error('metadata.toml: is missing, but there is a log or a snapshot');
  }
  if (newest !== undefined && newest.epoch > epoch!) {
    const written = `${newest.name} was written in epoch ${newest.epoch}`;
    throw new Error(`metadata.toml: says epoch ${epoch}, but ${written}: an older metadata.toml came back`);
  }
  return (epoch ?? 0) + 1;
}

export async function writeEpoch(disk: Disk, epoch: number): Promise<void> {
  // Defends against: a cut after the start, which would leave an empty file under a name that is durable.
  const text = formatToml('Do not edit.', { version: formatVersion, epoch });
  await replaceFile(disk, 'metadata.toml', text, 'metadata-file');
  // Defends against: a cut after the start, which would bring back the epoch before. It covers the names of config.toml,
  // clog and snapshots, too, before anything is promised that needs them.
  await disk.barriers.path('metadata-name', disk.data);
}
