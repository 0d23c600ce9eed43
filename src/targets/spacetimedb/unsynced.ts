/**
 * What SpacetimeDB leaves un-synced, path by path, and whether its loss hurts. 1.2.0 syncs the data of the commit log's segments
 * (every 500 ms), of sled's log (every 50 ms) and its snapshots in control-db, and of each module once; no other file, and not
 * one directory. That the harmless ones are harmless was tried: docs/case-studies/spacetimedb.md.
 */
import type { ExpectedUnsynced, Settings } from '../target.ts';
import { isConfirmed } from './settings.ts';

export const dataDirectory = 'data';
export const keysDirectory = 'keys';
/** Powercut's own: see credentials.ts. */
export const credentialsFile = 'powercut-credentials';

export function spacetimedbUnsynced(settings: Settings, version: string): readonly ExpectedUnsynced[] {
  return [...startFiles, ...byproducts, log(isConfirmed(settings, version)), ...names, keys];
}

const startFiles: readonly ExpectedUnsynced[] = [
  trouble(
    'metadata.toml',
    'truncated and written anew at every start and never synced: the server does not start when it is empty',
  ),
  harmless('config.toml', 'written with defaults when it is absent; empty or absent it means the same'),
  harmless('spacetime.pid', 'the lock on it counts, not what it holds'),
];

const compiled = 'compiled modules, compiled again when they are missing or damaged';

const byproducts: readonly ExpectedUnsynced[] = [
  harmless('logs/**', 'log files of the server'),
  harmless('logs', 'log files of the server'),
  harmless('cache/**', compiled),
  harmless('cache', compiled),
  harmless('replicas/*/module_logs/**', 'log files of the module'),
  harmless('replicas/*/module_logs', 'log files of the module'),
  harmless('replicas/*/db.lock', 'the lock on it counts, and it holds nothing'),
  harmless(
    'replicas/*/clog/*.stdb.ofs',
    'an index of the commit log, which is read without it where need be',
  ),
  harmless(
    'replicas/*/snapshots/**',
    'a snapshot is checked by its hashes, and the commit log is replayed from its beginning where there is no good one',
  ),
  harmless('replicas/*/snapshots', 'snapshots: without them the commit log is replayed from its beginning'),
  harmless('control-db/conf', "sled's parameters, written again with defaults when they are missing"),
  harmless('control-db/snap.*', "a snapshot of sled's, which replays its log without it"),
  harmless('control-db/blobs/**', 'large values of sled; there are none'),
];

function log(confirmed: boolean): ExpectedUnsynced {
  const path = 'replicas/*/clog/*.stdb.log';
  return confirmed
    ? harmless(path, 'commits before their sync: nobody was told of them yet')
    : trouble(path, 'acknowledged commits, which are synced a little later: losing them is by design');
}

const names: readonly ExpectedUnsynced[] = [
  trouble(
    'replicas/*/clog',
    "the names of the commit log's segments, never synced: without them the database is empty",
  ),
  trouble('control-db/db', 'the list of databases, synced every 50 ms: a publication in between'),
  trouble(
    'control-db',
    "the names of sled's files, never synced: without the first ones the server knows no database; later ones are snapshots, which may go",
  ),
  harmless('program-bytes/**', 'the module, which the database holds, too: missed only where that is lost'),
  harmless(
    'program-bytes',
    'the names of modules, which databases hold, too: missed only where those are lost',
  ),
  trouble(
    'replicas/**',
    "the names of the database's parts, never synced: without them the database is empty",
  ),
  trouble('replicas', 'the names of databases, never synced: without them they are empty'),
  {
    glob: dataDirectory,
    harmless: false,
    why: 'the names of all that the server keeps, never synced: without them it starts as if it were new',
  },
];

const keys: ExpectedUnsynced = {
  glob: `${keysDirectory}{,/**}`,
  harmless: false,
  why: 'the signing keys, never synced: without them every token is refused, or the server does not start',
};

function harmless(path: string, why: string): ExpectedUnsynced {
  return { glob: `${dataDirectory}/${path}`, harmless: true, why };
}

function trouble(path: string, why: string): ExpectedUnsynced {
  return { glob: `${dataDirectory}/${path}`, harmless: false, why };
}
