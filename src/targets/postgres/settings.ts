/**
 * Settings of PostgreSQL: a few are listed because promises hang on them, every other one is handed to the server by its
 * name. Which names and values there are is the server's to say, before a cluster is made for nothing.
 */
import { join } from 'node:path';
import type { Machine } from '../../machine/machine.ts';
import { settingOf, startTimeout } from '../settings.ts';
import type { Setting, Settings } from '../target.ts';
import { UsageError } from '../usage-error.ts';

const onOff = ['on', 'off'] as const;

export const postgresSettings: readonly Setting[] = [
  { name: 'fsync', values: onOff, default: 'on', about: 'whether anything is synced at all' },
  {
    name: 'synchronous_commit',
    values: ['on', 'remote_apply', 'remote_write', 'local', 'off'],
    default: 'on',
    about: 'whether a commit waits for its log record to be synced',
  },
  {
    name: 'full_page_writes',
    values: onOff,
    default: 'on',
    about: 'whether a page goes to the log as a whole when it changes first after a checkpoint',
  },
  {
    name: 'wal_writer_delay',
    default: '200ms',
    about: 'how often the log is synced under synchronous_commit=off',
  },
  {
    name: 'data_checksums',
    values: ['default', 'on'],
    default: 'default',
    about: "checksums on data pages, chosen when the cluster is made; default: initdb's",
  },
  { name: 'port', default: 'auto', about: 'the port on 127.0.0.1; auto: a free one' },
  startTimeout,
];

/** Settings that are powercut's and not the server's. */
const own = new Set(['data_checksums', 'port', startTimeout.name]);
/** Settings of the server that powercut makes itself. */
const reserved = new Set([
  'config_file',
  'data_directory',
  'hba_file',
  'ident_file',
  'listen_addresses',
  'unix_socket_directories',
  'logging_collector',
  'log_destination',
]);
/** In lower case only: to the server `FSYNC` is `fsync`, and a promise must not hang on how it was written. */
const namePattern = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/;

/** `-c name=value` for each; throws a UsageError for names that no server could have or that powercut needs itself. */
export function serverArguments(settings: Settings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    if (own.has(name)) return [];
    if (!namePattern.test(name))
      throw new UsageError(`\`${name}\` cannot be the name of a setting of PostgreSQL`);
    if (reserved.has(name.toLowerCase()))
      throw new UsageError(`${name} cannot be set: powercut sets it itself`);
    return ['-c', `${name}=${value}`];
  });
}

export function wantedPort(settings: Settings): number | 'auto' {
  const text = settingOf(settings, 'port');
  if (text === 'auto') return text;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port >= 1024 && port <= 65_535) return port;
  throw new UsageError(`port: \`${text}\` is not a port; write a number from 1024 to 65535, or auto`);
}

/** Lets the server itself read the settings, without a cluster. Rejects with a UsageError that says what it refuses. */
export async function checkByServer(machine: Machine, binaries: string, settings: Settings): Promise<void> {
  const empty = ['config_file', 'hba_file', 'ident_file'].flatMap((name) => ['-c', `${name}=/dev/null`]);
  const args = ['-C', 'fsync', ...empty, '-c', 'data_directory=/nonexistent', ...serverArguments(settings)];
  const { code, stderr } = await machine.run(join(binaries, 'postgres'), args, {
    cwd: '/',
    timeoutMs: 30_000,
  });
  if (code === 0) return;
  const complaint = /(?:FATAL|ERROR): {2}(.*)/.exec(stderr)?.[1] ?? stderr.trim().split('\n').at(-1) ?? '';
  throw new UsageError(`PostgreSQL refuses a setting: ${complaint}`);
}
