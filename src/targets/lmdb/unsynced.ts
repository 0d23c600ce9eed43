/** What LMDB leaves un-synced by design, and whether its loss hurts, which depends on the settings. */
import { settingOf } from '../settings.ts';
import type { ExpectedUnsynced, Settings } from '../target.ts';

export function lmdbUnsynced(settings: Settings): readonly ExpectedUnsynced[] {
  return [
    {
      glob: 'elements.mdb-lock',
      harmless: true,
      why: 'readers and locks of running processes; made anew by the first that opens the database',
    },
    database(settings),
    { glob: '.', harmless: true, why: 'the name of the lock file' },
  ];
}

function database(settings: Settings): ExpectedUnsynced {
  const glob = 'elements.mdb';
  const sync = settingOf(settings, 'sync');
  const neverSynced =
    sync === 'noSync' ||
    (settingOf(settings, 'useWritemap') === 'yes' && settingOf(settings, 'mapAsync') === 'yes');
  if (neverSynced) return { glob, harmless: false, why: 'nothing is synced: acknowledged writes are in it' };
  if (sync === 'noMetaSync') {
    return { glob, harmless: false, why: 'the meta page of the last commit, which noMetaSync does not sync' };
  }
  return {
    glob,
    harmless: true,
    why: 'pages of a commit before their sync: nobody was told of it yet, and the pages before it are not touched',
  };
}
