/**
 * Settings of Redis: those that promises hang on are listed, every other directive is handed to the server by its name. They
 * make a configuration that the server reads from its stdin, so that nothing of it lies on a disk.
 */
import { startTimeout } from '../settings.ts';
import type { Setting, Settings } from '../target.ts';
import { UsageError } from '../usage-error.ts';
import { directory } from './unsynced.ts';

const yesNo = ['yes', 'no'] as const;

export const redisSettings: readonly Setting[] = [
  {
    name: 'appendonly',
    values: yesNo,
    default: 'yes',
    about: "whether commands go to a log; Redis's own default is no",
  },
  {
    name: 'appendfsync',
    values: ['always', 'everysec', 'no'],
    default: 'everysec',
    about: 'when the log is synced',
  },
  {
    name: 'save',
    default: '3600 1 300 100 60 10000',
    about: 'snapshots: pairs of seconds and changes within them; empty: none',
  },
  startTimeout,
];

/** What powercut sets itself: no port, a socket that only the user of programs can reach, everything on the disk. */
const reserved = new Set([
  ...['port', 'tls-port', 'bind', 'unixsocket', 'unixsocketperm', 'requirepass', 'user', 'aclfile'],
  ...['dir', 'dbfilename', 'appendfilename', 'appenddirname', 'logfile', 'pidfile', 'syslog-enabled'],
  ...['daemonize', 'supervised', 'include', 'cluster-enabled', 'replicaof', 'slaveof'],
]);
/** In lower case only: to the server `APPENDFSYNC` is `appendfsync`, and a promise must not hang on how it was written. */
const namePattern = /^[a-z][a-z0-9-]*$/;

/** The configuration file. Throws a UsageError for directives that powercut needs itself or that are none. */
export function configurationOf(settings: Settings, place: { disk: string; socket: string }): string {
  const own = [
    ['port', '0'],
    ['unixsocket', place.socket],
    ['unixsocketperm', '700'],
    ['dir', place.disk],
    ['appenddirname', directory],
    ['daemonize', 'no'],
    ['logfile', '""'],
    // Bytes that were dropped are searched for the text of an element.
    ...(settings['rdbcompression'] === undefined ? [['rdbcompression', 'no']] : []),
  ];
  const given = Object.entries(settings)
    .filter(([name]) => name !== startTimeout.name)
    .map(([name, value]) => [name, checkValue(name, value)]);
  return [...own, ...given].map((words) => `${words.join(' ')}\n`).join('');
}

function checkValue(name: string, value: string): string {
  if (!namePattern.test(name)) throw new UsageError(`\`${name}\` cannot be the name of a directive of Redis`);
  if (reserved.has(name)) throw new UsageError(`${name} cannot be set: powercut sets it itself`);
  if (/\p{Cc}/u.test(value))
    throw new UsageError(`${name}: a value of Redis is on one line, got \`${value}\``);
  return value.trim() === '' ? '""' : value;
}
