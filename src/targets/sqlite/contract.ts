/**
 * What SQLite's documentation promises after a power loss, by journal mode and synchronous. Sources:
 * sqlite.org/pragma.html#pragma_synchronous, sqlite.org/wal.html, sqlite.org/atomiccommit.html. Transactions are durable
 * across application crashes whatever the settings ("regardless of the synchronous setting or journal mode"), so that no
 * setting has a `kill` of its own.
 */
import { strictContract } from '../../checkers/contract.ts';
import { settingOf } from '../settings.ts';
import type { Documented, Settings } from '../target.ts';

const synchronousPage = 'https://www.sqlite.org/pragma.html#pragma_synchronous';
const walPage = 'https://www.sqlite.org/wal.html#performance_considerations';

export function sqliteContract(settings: Settings): Documented {
  const mode = settingOf(settings, 'journal_mode');
  const synchronous = settingOf(settings, 'synchronous');
  if (synchronous === 'OFF') {
    return {
      unsafe: 'synchronous=OFF: "the database might become corrupted" in a power loss',
      link: synchronousPage,
    };
  }
  if (mode === 'WAL') return walContract(synchronous);
  return rollbackContract(mode, synchronous);
}

function walContract(synchronous: string): Documented {
  if (synchronous !== 'NORMAL') {
    return {
      ...strictContract,
      reason: `WAL with synchronous=${synchronous} syncs the log at each commit: every commit is durable`,
      link: synchronousPage,
    };
  }
  return {
    ...strictContract,
    acknowledged: 'any',
    reason:
      'WAL with synchronous=NORMAL stays consistent, but commits since the last checkpoint may roll back in a power loss',
    link: walPage,
  };
}

function rollbackContract(mode: string, synchronous: string): Documented {
  // A truncated or overwritten journal is synced as a file under FULL; only the unlink of DELETE needs its directory.
  const durable = synchronous === 'EXTRA' || (synchronous === 'FULL' && mode !== 'DELETE');
  if (durable) {
    return {
      ...strictContract,
      reason: `journal_mode=${mode} with synchronous=${synchronous} syncs the end of the journal: every commit is durable`,
      link: synchronousPage,
    };
  }
  const why =
    mode === 'DELETE'
      ? 'the journal is unlinked without a sync of its directory (EXTRA adds it)'
      : 'the end of the journal is not synced';
  return {
    ...strictContract,
    acknowledged: { lossLastOps: 1 },
    reason: `journal_mode=${mode} with synchronous=${synchronous} may roll back the last commit in a power loss: ${why}`,
    link: synchronousPage,
  };
}
