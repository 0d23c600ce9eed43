/**
 * What SpacetimeDB promises after a crash, by version and by way of writing. A transaction is committed in memory and goes to
 * the commit log behind that. The documentation names no number for how far behind; the bounds below are read from the source.
 */
import { strictContract } from '../../checkers/contract.ts';
import { settingOf } from '../settings.ts';
import type { Documented, Settings } from '../target.ts';
import { isConfirmed } from './settings.ts';
import { isTwo } from './version.ts';

/** "In 1.0, … results were sent to the client immediately, before the underlying transaction was confirmed to be durable." */
const link = 'https://spacetimedb.com/docs/upgrade';

/** The log is synced this often in 1.2: `sync_interval` of its durability crate. */
export const syncIntervalMs = 500;

/**
 * A commit waits in the queue to the log, then for the rest of the interval, then for its sync. The source bounds neither the
 * first nor the last: each of the three is granted an interval, which a computer that is busy with a test needs.
 */
const intervalWindowMs = 3 * syncIntervalMs;

/** 2.x writes and syncs one batch after the other: the one that is under way, and the one that gathers behind it. */
const batchWindowMs = 500;

export function spacetimedbContract(settings: Settings, version: string): Documented {
  if (isConfirmed(settings, version)) {
    return {
      ...strictContract,
      reason: 'an answer is held back until its transaction is durable: every acknowledged write is there',
      link: `${link}#confirmed-reads-enabled-by-default`,
    };
  }
  const loss = {
    acknowledged: { lossWindowMs: isTwo(version) ? batchWindowMs : intervalWindowMs },
    order: 'prefix',
  } as const;
  return {
    ...strictContract,
    ...loss,
    reason: `${wayOf(settings, version)}; the last ${loss.acknowledged.lossWindowMs} ms may be lost, in order, whole transactions at a time`,
    link,
    // The commits that wait in the process's memory for their turn at the log go with the process.
    kill: loss,
  };
}

function wayOf(settings: Settings, version: string): string {
  const what = settingOf(settings, 'via') === 'sql' ? 'SQL' : 'a call';
  return isTwo(version)
    ? `${what} is answered once it is committed in memory, and the log is synced batch by batch`
    : `${what} is answered once it is committed in memory, and the log is synced every ${syncIntervalMs} ms`;
}
