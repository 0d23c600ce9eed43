/**
 * What Redis's documentation promises after a crash, by the settings that change it. Sources: the pages "Redis persistence"
 * and "Diagnosing latency issues", which tells how long a write to the log may wait in memory.
 */
import { strictContract } from '../../checkers/contract.ts';
import { settingOf } from '../settings.ts';
import type { Documented, Settings } from '../target.ts';
import { isSaved } from './saved.ts';

const manual = 'https://redis.io/docs/latest/operate/oss_and_stack/management';
const link = `${manual}/persistence/`;

/** "If there is an fsync still in progress, Redis uses a buffer to delay the write call up to two seconds." */
const everysecWindowMs = 2_000;

export function redisContract(settings: Settings): Documented {
  if (settingOf(settings, 'appendonly') === 'no') return withoutLog(settings);
  switch (settingOf(settings, 'appendfsync')) {
    case 'always':
      return {
        ...strictContract,
        reason: 'appendfsync=always writes and syncs the log before replies are sent: every write is durable',
        link,
      };
    case 'everysec':
      return everysec();
    default:
      return {
        ...strictContract,
        acknowledged: 'any',
        reason:
          'appendfsync=no leaves the sync of the log to the kernel, whenever it comes: a tail of any length may be lost, in order',
        link,
      };
  }
}

function everysec(): Documented {
  const loss = { acknowledged: { lossWindowMs: everysecWindowMs }, order: 'prefix' } as const;
  return {
    ...strictContract,
    ...loss,
    reason:
      'appendfsync=everysec syncs the log each second, and delays a write for up to two while a sync is under way: the last ' +
      `${everysecWindowMs} ms may be lost, in order`,
    link: `${manual}/optimization/latency/`,
    // A write that is delayed waits in the memory of the process.
    kill: loss,
  };
}

function withoutLog(settings: Settings): Documented {
  const loss = { acknowledged: 'any', order: 'prefix' } as const;
  if (!isSaved(settings)) {
    return {
      unsafe: 'appendonly=no without snapshots: "you can disable persistence completely"',
      link,
      kill: loss,
    };
  }
  return {
    ...strictContract,
    ...loss,
    reason:
      'appendonly=no keeps snapshots alone: "you should be prepared to lose the latest minutes of data", back to the last snapshot',
    link,
    kill: loss,
  };
}
