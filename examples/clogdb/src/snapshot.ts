/**
 * Snapshots: the state after a transaction, in objects that are named by the hash of what they hold, and a manifest that
 * lists them. One is built aside and renamed when all of it is durable, so that under its name it is whole.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from './crc32.ts';
import { digits, offsetIn, snapshotsIn } from './layout.ts';
import type { Disk } from './layout.ts';
import type { State, Value } from './transaction.ts';

const shardCount = 16;
const suffix = '.snapshot_dir';

/** A state as it will be written, taken in one go: the objects by hash. */
export interface Capture {
  readonly offset: number;
  readonly objects: ReadonlyMap<string, string>;
}

/** Entries are spread by key over a few objects. */
export function capture(state: State, offset: number): Capture {
  const shards = Array.from({ length: shardCount }, (): [string, Value][] => []);
  for (const entry of state) shards[crc32(Buffer.from(entry[0])) % shardCount]!.push(entry);
  const texts = shards.filter((shard) => shard.length > 0).map((shard) => JSON.stringify(shard));
  return { offset, objects: new Map(texts.map((text) => [hashOf(text), text])) };
}

/** Returns when the snapshot is durable, and the log below it can go. */
export async function writeSnapshot({ data, barriers }: Disk, { offset, objects }: Capture): Promise<void> {
  const path = join(data, nameOf(offset));
  const aside = `${path}.tmp`;
  for (const old of [aside, path]) await rm(old, { recursive: true, force: true });
  for (const [hash, text] of objects) {
    const object = join(aside, objectName(hash));
    await mkdir(dirname(object), { recursive: true });
    // Not a link to that of an older snapshot, where nothing changed: what they share, they would lose together.
    await writeFile(object, text);
    // Defends against: a cut after the log below is gone, which would leave an object empty or torn.
    await barriers.path('object-file', object);
  }
  // Defends against: the same cut, which would take the names of objects …
  const directories = new Set([...objects.keys()].map((hash) => dirname(join(aside, objectName(hash)))));
  for (const directory of directories) await barriers.path('object-name', directory);
  // … and of the directories that they are in.
  await barriers.path('object-directory', join(aside, 'objects'));
  const manifest = JSON.stringify({ offset, objects: [...objects.keys()] });
  await writeFile(join(aside, manifestName(offset)), `${hashOf(manifest)}\n${manifest}`);
  // Defends against: the same cut, which would leave the manifest empty or torn.
  await barriers.path('manifest-file', join(aside, manifestName(offset)));
  // Defends against: the same cut, which would take the names of the manifest and of `objects`.
  await barriers.path('snapshot-directory', aside);
  await rename(aside, path);
  // Defends against: the same cut, which would take the name of the snapshot.
  await barriers.path('snapshot-name', snapshotsIn(data));
}

export interface Loaded {
  /** Of the last transaction that is in it; 0 where there is none. */
  readonly snapshot: number;
  readonly state: State;
  /** Newer snapshots that are not whole, and why: a sentence each. */
  readonly damaged: readonly string[];
}

/** The newest snapshot that is whole; none and an empty state where there is none. */
export function loadNewest(data: string): Loaded {
  const damaged: string[] = [];
  const offsets = readdirSync(snapshotsIn(data)).flatMap((name) => offsetIn(name, suffix) ?? []);
  for (const offset of offsets.sort((a, b) => b - a)) {
    try {
      return { snapshot: offset, state: load(data, offset), damaged };
    } catch (error) {
      damaged.push((error as Error).message);
    }
  }
  return { snapshot: 0, state: new Map(), damaged };
}

/** Removes all snapshots but these, whole or not. No barrier: one that comes back is older, and removed the next time. */
export async function pruneSnapshots(data: string, kept: readonly number[]): Promise<void> {
  const names = kept.map((offset) => digits(offset) + suffix);
  const others = readdirSync(snapshotsIn(data)).filter((name) => !names.includes(name));
  for (const name of others) await rm(join(snapshotsIn(data), name), { recursive: true, force: true });
}

function load(data: string, offset: number): State {
  const state: State = new Map();
  const manifestPath = join(nameOf(offset), manifestName(offset));
  const [hash, manifest] = read(data, manifestPath).split('\n');
  if (manifest === undefined || hashOf(manifest) !== hash) throw damage(data, manifestPath);
  const { objects } = JSON.parse(manifest) as { readonly objects: readonly string[] };
  for (const object of objects) {
    const path = join(nameOf(offset), objectName(object));
    const text = read(data, path);
    if (hashOf(text) !== object) throw damage(data, path);
    for (const [key, value] of JSON.parse(text) as [string, Value][]) state.set(key, value);
  }
  return state;
}

function read(data: string, name: string): string {
  if (!existsSync(join(data, name))) throw new Error(`${name}: is missing`);
  return readFileSync(join(data, name), 'utf8');
}

function damage(data: string, name: string): Error {
  return new Error(`${name}: does not match its hash (it has ${statSync(join(data, name)).size} bytes)`);
}

function nameOf(offset: number): string {
  return join('snapshots', digits(offset) + suffix);
}

function objectName(hash: string): string {
  return join('objects', hash.slice(0, 2), hash.slice(2));
}

function manifestName(offset: number): string {
  return `${digits(offset)}.snapshot`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
