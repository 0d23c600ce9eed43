/** Settings of SpacetimeDB: how clients write, what an answer waits for, where the server's keys lie. */
import { settingOf, startTimeout } from '../settings.ts';
import type { Setting, Settings } from '../target.ts';
import { UsageError } from '../usage-error.ts';
import { isTwo } from './version.ts';

export const spacetimedbSettings: readonly Setting[] = [
  {
    name: 'via',
    values: ['sql', 'call'],
    default: 'sql',
    about: 'how clients write: an INSERT, or a call of a reducer',
  },
  {
    name: 'confirmed',
    values: ['default', 'true', 'false'],
    default: 'default',
    about: 'whether an answer waits until its transaction is durable (2.x only, where SQL does by default)',
  },
  {
    name: 'keys',
    values: ['off-disk', 'on-disk'],
    default: 'off-disk',
    about: "where the server's signing keys lie: on the disk they can be lost, and clients' tokens with them",
  },
  {
    name: 'disk-logging',
    values: ['on', 'off'],
    default: 'on',
    about: 'whether the server writes its own log files to the disk',
  },
  { name: 'port', default: 'auto', about: 'the port on 127.0.0.1; auto: a free one' },
  { name: 'pg-port', default: 'off', about: "the port of the server's PostgreSQL protocol (2.x only)" },
  startTimeout,
];

/** A number, `auto`, or `off` where that is allowed. */
export function portOf<Word extends string>(
  settings: Settings,
  name: 'port' | 'pg-port',
  word: Word,
): number | Word {
  const text = settingOf(settings, name);
  if (text === word) return word;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port >= 1024 && port <= 65_535) return port;
  throw new UsageError(`${name}: \`${text}\` is not a port; write a number from 1024 to 65535, or ${word}`);
}

/** Throws a UsageError for what this version does not have. */
export function checkForVersion(settings: Settings, version: string): void {
  if (isTwo(version)) return;
  if (settingOf(settings, 'confirmed') === 'true') {
    throw new UsageError(
      `SpacetimeDB ${version} has no confirmed answers (2.x has): leave out --set confirmed=true`,
    );
  }
  if (settingOf(settings, 'pg-port') !== 'off') {
    throw new UsageError(
      `SpacetimeDB ${version} has no PostgreSQL port (2.x has): leave out --set pg-port=…`,
    );
  }
}

/** What a write by SQL says of confirmation; `undefined` says nothing and takes the server's default. */
export function confirmedWord(settings: Settings, version: string): 'true' | 'false' | undefined {
  const word = settingOf(settings, 'confirmed');
  return isTwo(version) && word !== 'default' ? (word as 'true' | 'false') : undefined;
}

/** Whether an acknowledged write waited until it was durable. */
export function isConfirmed(settings: Settings, version: string): boolean {
  if (!isTwo(version)) return false;
  const word = settingOf(settings, 'confirmed');
  // A call never waits by itself: with confirmed=true a confirmed read follows it.
  return settingOf(settings, 'via') === 'sql' ? word !== 'false' : word === 'true';
}
