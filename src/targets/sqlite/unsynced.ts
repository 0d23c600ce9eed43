/** What SQLite leaves un-synced by design, and whether its loss hurts, which depends on the settings. */
import { settingOf } from '../settings.ts';
import type { ExpectedUnsynced, Settings } from '../target.ts';

export function sqliteUnsynced(settings: Settings): readonly ExpectedUnsynced[] {
  const index = {
    glob: 'elements.db-shm',
    harmless: true,
    why: 'the index of the write-ahead log; rebuilt from the log when the database is opened first',
  };
  return [index, ...(settingOf(settings, 'synchronous') === 'OFF' ? neverSynced() : synced(settings))];
}

function neverSynced(): readonly ExpectedUnsynced[] {
  const why = 'synchronous=OFF syncs nothing: acknowledged commits are in it';
  return [{ glob: 'elements.db*', harmless: false, why }];
}

function synced(settings: Settings): readonly ExpectedUnsynced[] {
  const lazyLog =
    settingOf(settings, 'journal_mode') === 'WAL' && settingOf(settings, 'synchronous') === 'NORMAL';
  return [
    {
      glob: 'elements.db-wal',
      harmless: !lazyLog,
      why: lazyLog
        ? 'commits since the last checkpoint, which synchronous=NORMAL does not sync one by one'
        : 'commits before their sync: nobody was told of them yet',
    },
    directory(settings),
    {
      glob: 'elements.db-journal',
      harmless: true,
      why: 'a transaction under way: nobody was told of it yet',
    },
    {
      glob: 'elements.db',
      harmless: true,
      why: 'pages before their sync; the log or the journal is kept until then',
    },
  ];
}

function directory(settings: Settings): ExpectedUnsynced {
  const unlinks =
    settingOf(settings, 'journal_mode') === 'DELETE' && settingOf(settings, 'synchronous') !== 'EXTRA';
  const why = unlinks
    ? "the unlink of the last commit's journal, without which that commit is rolled back; EXTRA syncs it"
    : 'the names of the log or the journal before their sync: no commit in them was acknowledged yet';
  return { glob: '.', harmless: !unlinks, why };
}
